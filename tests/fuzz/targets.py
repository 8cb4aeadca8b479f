"""The targets by name."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from fuzz import archives, commands, deliveries, events, patterns, references

__all__ = ["CORPUS", "TARGETS", "Target"]

CORPUS = Path(__file__).parent / "corpus"
"""A folder for each target, with inputs that runs have found."""


class Target(NamedTuple):
    """A function that checks what the library does with an input."""

    check: Callable[[bytes], None]
    """Raises for a finding."""

    seeds: Callable[[], Iterable[bytes]]

    mutate: Callable[[bytes, Random], bytes]
    """Changes an input, and leaves most of its structure."""

    max_size: int = 8_192
    """Maximum size of an input, in bytes."""

    def inputs(self, name: str) -> list[bytes]:
        """Return the seeds that are not too long, and the inputs in the corpus."""
        found = [seed for seed in self.seeds() if len(seed) <= self.max_size]
        return found + [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


TARGETS = {
    "decode": Target(events.decode_bytes, events.seeds, events.mutate_document),
    "decode-dict": Target(events.decode_dict, events.odd_seeds, events.mutate_document),
    "read": Target(archives.read_archive, archives.seeds, archives.mutate_archive, 6_144),
    "read-small": Target(archives.read_small, archives.seeds, archives.mutate_archive),
    "read-memory": Target(archives.bound_memory, archives.memory_seeds, archives.mutate_memory),
    "unwrap": Target(deliveries.unwrap_delivery, deliveries.seeds, deliveries.mutate_delivery),
    "unwrap-memory": Target(deliveries.bound_memory, deliveries.memory_seeds, deliveries.mutate_memory, 65_536),
    "pattern": Target(patterns.parse_pattern, patterns.pattern_seeds, patterns.mutate_pattern, 4_096),
    "match": Target(patterns.match_pattern, patterns.match_seeds, patterns.mutate_match, 8_192),
    "reference": Target(references.parse_references, references.seeds, references.mutate_reference, 1_024),
    "command": Target(commands.read_input, archives.seeds, archives.mutate_archive),
    "arguments": Target(commands.parse_arguments, commands.argument_seeds, commands.mutate_arguments, 512),
}
