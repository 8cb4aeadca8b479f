"""The command line: its commands on any standard input, and its arguments."""

import contextlib
import io
import json
import re
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple, get_args
from unittest import mock
from zlib import crc32

from pyarrow.parquet import read_metadata

from ecr_events import ArchiveError, ECREvent
from ecr_events.archives import read
from ecr_events.cli import main, parser
from fuzz.archives import plain_text
from fuzz.events import SAMPLES, outcome, same
from fuzz.mutation import SECRET

__all__ = ["argument_seeds", "mutate_arguments", "parse_arguments", "read_input"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Escapes that rich writes to a terminal, none of which comes from events."""


_REFUSED = ("as the name of a partition", "out of range in UTC", "9007199254740992")
"""The ends of reasons for which events have no row."""


class _Run(NamedTuple):
    """The output of a command."""

    status: int
    output: bytes
    errors: list[str]


class _Terminal(io.TextIOWrapper):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


_parse = cache(parser.parse)  # takes longer than to run most commands


def _run(*arguments: str, stdin: bytes = b"", stream: type[io.TextIOWrapper] = io.TextIOWrapper) -> _Run:
    """Run a command. Anything but an exit status of 0, 1 or 2 is a finding, and so are invisible characters."""
    output, errors = io.BytesIO(), io.BytesIO()
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin)),
        "stdout": stream(output, encoding="utf-8"),
        "stderr": io.TextIOWrapper(errors, encoding="utf-8"),
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(parser, "parse", _parse))
        for name, replaced in streams.items():
            stack.enter_context(mock.patch.object(sys, name, replaced))
        try:
            status = main(arguments)
        except SystemExit as error:
            assert error.code == 2, error.code
            status = 2
        for name in ("stdout", "stderr"):
            streams[name].flush()
    assert status in {0, 1, 2}
    lines = errors.getvalue().decode().splitlines()
    assert all(line.isprintable() for line in lines)
    # The error of a rule has its value.
    assert SECRET not in errors.getvalue().decode() or stdin == b"" or "--rule" in arguments
    return _Run(status, output.getvalue(), lines)


def read_input(data: bytes) -> None:
    """Compare what the commands that read events do with an input with what `read` does."""
    invalid: list[ArchiveError] = []
    events = list(read(data, on_error=invalid.append))
    status = 1 if invalid else 0
    decoded = _run("decode", "-", stdin=data)
    assert decoded.status == status
    lines = decoded.output.splitlines()
    assert len(lines) == len(events)
    assert all(same(outcome(line), event) for line, event in zip(lines, events, strict=True))
    causes: dict[str, list[ArchiveError]] = {}
    for error in invalid:
        key = re.sub(r"""0x[0-9a-f]+|[0-9]+|(?<!\w)'[^']*'|"[^"]*\"""", "N", f"{error.reason} at {error.path}")
        causes.setdefault(key, []).append(error)
    more = [
        f"ecr-events: {len(errors) - 1:,} more: {errors[0].reason} at {errors[0].path}"
        for errors in causes.values()
        if len(errors) > 1
    ]
    firsts = [f"ecr-events: -{str(error).removeprefix('archive')}" for error, *_ in causes.values()]
    assert decoded.errors == firsts + more
    _check_other(data, len(events), len(invalid))


def _check_other(data: bytes, events: int, invalid: int) -> None:
    """Check one of the other ways to read the same, chosen by the input."""
    status = 1 if invalid else 0
    match crc32(data) % 10:
        case 0:
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "a\x1b[31m.json").write_bytes(data)
                found = _run("decode", folder, "--on-error", "skip")
            assert (found.status, found.output.count(b"\n")) == (0, events)
        case 1:
            stopped = _run("decode", "-", "--on-error", "stop", stdin=data)
            assert (stopped.status, len(stopped.errors)) == (status, min(1, invalid))
        case 2:
            matched = _run("pattern", "image-action", "--match", "-", stdin=data)
            assert matched.status in {status, 1}
            total = re.search(r" of (\d+) events match$", matched.errors[-1])
            assert total is not None
            # `read` skips the values of keys that no class has; here an event is refused if such a value is unreadable.
            reported = (re.match(r"ecr-events: ([\d,]+) more: ", line) for line in matched.errors[:-1])
            refused = sum(int(found[1].replace(",", "")) if found else 1 for found in reported)
            assert int(total[1]) + refused == events + invalid
            assert all(json.loads(line)["detail-type"] == "ECR Image Action" for line in matched.output.splitlines())
        case 3:
            rule = _run("pattern", "--rule", "-", stdin=plain_text(data)[0])
            assert rule.status in {0, 2}
            assert bool(rule.output) == (rule.status == 0)
        case 4:
            filters = ("--repository", "team/*", "--since", "2026-05-04", "--until", "2026-05-05T00:00+02:00")
            some = _run("decode", "-", "--type", "image-action", "--type", "unknown", *filters, stdin=data)
            assert some.output.count(b"\n") <= events
        case 5:
            summary = _run("summary", "-", stdin=data, stream=_Terminal if events % 2 else io.TextIOWrapper)
            assert summary.status == status
            assert _shown(summary)[-2] == f"{events:,} event{'' if events == 1 else 's'}"
        case 6:
            shown = _run("decode", "-", stdin=data, stream=_Terminal)
            assert shown.status == status
            assert len(_shown(shown)) > events
        case 7 | 8:
            _check_conversion(data, events, invalid)
        case _:
            lines = _shown(_run("decode", "-", "--json", stdin=data, stream=_Terminal))
            assert len(lines) == events + 1
            assert all(json.loads(line) for line in lines[:-1])


def _check_conversion(data: bytes, events: int, invalid: int) -> None:
    """Check that each document is a row or a dead letter. Few events have a value that columns or folders cannot."""
    with tempfile.TemporaryDirectory() as folder:
        out, letters = Path(folder, "out.parquet"), Path(folder, "out.parquet.errors.ndjson")
        is_folder = events % 2 == 1
        converted = _run("convert", "-", "--to", str(out), *(["--partition"] if is_folder else []), stdin=data)
        files = [*out.glob("*/*/*.parquet")] if is_folder else [out]
        rows = sum(read_metadata(file).num_rows for file in files)
        dead = [json.loads(line) for line in letters.read_bytes().splitlines()] if letters.exists() else []
        assert converted.status == (1 if dead else 0)
        assert rows + len(dead) == events + invalid
        refused = sum(found["reason"].endswith(_REFUSED) for found in dead)
        assert invalid <= len(dead) <= invalid + refused
        for found in dead:
            payload = b64decode(found["payload"])
            assert plain_text(data)[0][found["offset"] :].startswith(payload)


def _shown(run: _Run) -> list[str]:
    """Return what a terminal shows, and check that nothing of an event has another effect on it."""
    lines = _COLOURS.sub("", run.output.decode()).split("\n")
    assert all(line.isprintable() for line in lines)
    return lines


def parse_arguments(data: bytes) -> None:
    """Check that lines of arguments give a pattern or filters, or a usage error."""
    arguments = data.decode("utf-8", "surrogateescape").split("\n")
    # Options could name any file of the machine.
    if any(argument.startswith("-") or "\0" in argument for argument in arguments):
        return
    found = _run("pattern", *arguments)
    assert found.status in {0, 2}
    assert bool(found.output) == (found.status == 0)
    if found.output:
        assert json.loads(found.output)
    for option in ("--since", "--type", "--jobs", "--repository"):
        event = _run("decode", "-", option, arguments[0], stdin=SAMPLES[0])
        assert event.status in {0, 2}


def argument_seeds() -> Iterator[bytes]:
    """Yield types and conditions."""
    for cls in get_args(ECREvent):
        yield f"{cls.__name__}\nregion=eu-*\ndetail-type=x".encode()
    for text in (
        *("image-action\naction-type=PUSH\nresult=SUCCESS\nrepository-name=team/*", "image-action\nresult=[1,true]"),
        *('replication-action\nenvelope.account=["1",{"exists":false}]', "ImageScan\nfinding-severity-counts.HIGH=[1]"),
        *('aws-api-call-via-cloudtrail\nrequest-parameters.a.b="x"\nread-only=true', "2026-05-04T09:15", "unknown"),
    ):
        yield text.encode()


_PIECES = (
    *(
        "=",
        "=*",
        "=[",
        '="',
        '"]',
        "[1]",
        "\\*",
        "\\",
        ".",
        "*",
        "detail",
        "envelope.",
        "account",
        "result",
        "time",
        "true",
    ),
    *("action-type", "PUSH", '[{"exists":true}]', "image-scan", "1", "é", "\x1b[31m", "\udcff", "2026-05-04", "\n"),
)


def mutate_arguments(data: bytes, choose: Random) -> bytes:
    """Return arguments with parts inserted, removed or replaced."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(choose.choice((1, 1, 2, 3))):
        start = choose.randrange(len(text) + 1)
        text = text[:start] + choose.choice(("", *_PIECES)) + text[start + choose.choice((0, 0, 1, 5)) :]
    return text.encode("utf-8", "surrogateescape")
