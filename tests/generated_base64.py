"""Base64 made at random, valid and damaged: `python tests/generated_base64.py --strings 1000000`."""

import argparse
import base64
import random
from binascii import a2b_base64
from collections.abc import Iterator

import msgspec

from ecr_events.deliveries.expansion import ExpansionLimit, expand

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
ODD = "=-_ \n\r\t.,\0é\u0100\ud800" + "=" * 5


def strings(count: int, seed: int = 0) -> Iterator[str]:
    """Yield base64, text of its alphabet with any padding, and text of odd characters; half of it damaged."""
    choose = random.Random(seed)
    for _ in range(count):
        kind = choose.random()
        if kind < 0.3:
            text = base64.b64encode(choose.randbytes(choose.randrange(24))).decode()
        elif kind < 0.6:
            text = "".join(choose.choices(ALPHABET, k=choose.randrange(12))) + "=" * choose.randrange(4)
        else:
            text = "".join(choose.choices(ALPHABET[:8] + ODD, k=choose.randrange(9)))
        for _ in range(choose.choice((0, 0, 0, 1, 2))):
            place = choose.randrange(len(text) + 1)
            text = text[:place] + choose.choice(ODD + ALPHABET) + text[place + choose.randrange(2) :]
        yield text


def expected(text: str) -> bytes | None:
    """Return what the standard library's strict decoder makes of `text`; None if it refuses it."""
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


def by_msgspec(text: str) -> bytes | None:
    """Return the same of msgspec."""
    try:
        return msgspec.convert(text, bytes)
    except ValueError:
        return None


def expanded(text: str) -> bytes | None:
    """Return the same of `expand`."""
    try:
        return expand(text, ExpansionLimit(1_000_000))
    except ValueError:
        return None


def main() -> None:
    """Compare the decoders."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--strings", type=int, default=1_000_000)
    count = parser.parse_args().strings
    valid = differ = stricter = other = 0
    for text in strings(count):
        right = expected(text)
        valid += right is not None
        differ += expanded(text) != right
        found = by_msgspec(text)
        stricter += found is None and right is not None
        other += found is not None and found != right
    print(
        f"{count:,} strings, {valid:,} of them valid: `expand` differs in {differ}, msgspec refuses {stricter:,} more"
    )
    print(f"and accepts {other} with another result")


if __name__ == "__main__":
    main()
