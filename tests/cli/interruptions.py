"""Commands and `write`, ended by signals at many moments, and what they left: `python tests/cli/interruptions.py`.

The old file or the new one is there, whole. Unless it was killed, a command leaves nothing else, no traceback, and
whole lines. No worker outlives it.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent
from ecr_events.archives import write
from ecr_events.drafts import DRAFT
from ecr_events.samples import sample

Files: TypeAlias = dict[str, str]
"""The digests of visible files, by name."""

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL

_WRITE = "from ecr_events.archives import read, write; write(read('in', on_error='skip'), 'out.ndjson')"

COMMANDS: dict[str, str] = {
    "decode": "decode in --jobs 1",
    "decode, workers": "decode in --jobs 2",
    "summary": "summary in --jobs 1",
    "summary, workers": "summary in --jobs 2",
    "convert, Parquet": "convert in --to out.parquet --jobs 1",
    "convert, Parquet, workers": "convert in --to out.parquet --jobs 2",
    "convert, Arrow": "convert in --to out.arrow --jobs 1",
    "convert, table": "convert in --to out --partition --jobs 1",
    "convert, table, workers": "convert in --to out --partition --jobs 2",
    "lookup": "lookup in/0.ndjson",
    "pattern": "pattern image-action result=SUCCESS --match in/0.ndjson",
    "sample": "sample image-action",
    "schema": "schema",
    "schema, Athena": "schema --athena events s3://bucket/folder/",
    "demo": "demo",
    "write": "",
}

_CALLS = "write,pwrite64,fsync,fchmod,rename,unlink,unlinkat,mkdir,rmdir"
"""The system calls that change files."""


@dataclass
class Tally:
    """The state that runs of a command left when a signal ended them."""

    command: str
    number: signal.Signals
    runs: int = 0
    found: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    seconds: float = 0.0
    """The longest time from a signal to the end."""

    def __str__(self) -> str:
        """Return a row of a table."""
        found = ", ".join(f"{what} {count}" for what, count in sorted(self.found.items()) if count)
        faults = f"{len(self.faults)}: {self.faults[0]}" if self.faults else "nothing"
        return f"| {self.command} | {self.number.name} | {self.runs} | {found} | {self.seconds:.1f} s | {faults} |"


@dataclass
class _End:
    status: int
    out: bytes
    err: bytes
    seconds: float
    session: int


class Interruptions:
    """A folder with an archive, in which commands run."""

    def __init__(self, folder: Path, events: int) -> None:
        self._archive, self._work = folder / "archive", folder / "work"
        self._archive.mkdir()
        samples = [sample(cls) for cls in (ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent)]
        for number in range(5):
            write((samples * events)[: events // 5], self._archive / f"{number}.ndjson{'.gz' * (number == 4)}")
        with (self._archive / "3.ndjson").open("ab") as file:
            file.write(b'{"broken": \n' * 3)
        self._silent = socket.create_server(("127.0.0.1", 0))  # an ECR that does not respond
        self._environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._silent.getsockname()[1]}",
            "TMPDIR": str(self._work),
        }
        self._whole: dict[str, tuple[_End, Files]] = {}

    def close(self) -> None:
        """Close the socket."""
        self._silent.close()

    def end_after(self, fraction: float, tally: Tally) -> None:
        """End a command after a part of its time: every other time its workers too, as a terminal does."""
        seconds = self._whole_run(tally.command)[0].seconds
        process = self._start(tally.command)
        time.sleep(seconds * fraction)
        if process.poll() is None:
            (os.killpg if tally.runs % 2 else os.kill)(process.pid, tally.number)
        self._judge(process, tally, f"after {fraction:.4f} of {seconds:.2f} s")

    def end_at_call(self, count: int, tally: Tally) -> bool:
        """End a command when it changes files for the n-th time. Return whether it got there. Requires strace."""
        inject = f"inject={_CALLS}:signal={tally.number.name}:when={count}"
        tracer = "strace", "-qq", "-o", os.devnull, "-e", f"trace={_CALLS}", "-e", inject
        self._whole_run(tally.command)
        before = tally.found["ended"]
        self._judge(self._start(tally.command, *tracer), tally, f"at call {count}")
        return tally.found["ended"] > before

    def _whole_run(self, command: str) -> tuple[_End, Files]:
        """Return the end and the files of a command that nothing interrupts."""
        if command not in self._whole:
            process, start = self._start(command), time.monotonic()
            if command == "lookup":
                time.sleep(3)
                process.terminate()
            end = _wait(process)
            end.seconds = time.monotonic() - start
            self._whole[command] = end, self._files()
        return self._whole[command]

    def _start(self, command: str, *tracer: str) -> subprocess.Popen[bytes]:
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        (self._work / "in").symlink_to(self._archive)
        for name in ("out.parquet", "out.arrow", "out.ndjson"):
            (self._work / name).write_text("old")
            (self._work / f"{name}.errors.ndjson").write_text("old")
        return self._run(command, *tracer)

    def _run(self, command: str, *tracer: str) -> subprocess.Popen[bytes]:
        arguments = COMMANDS[command].split()
        program = [*tracer, sys.executable, *(["-m", "ecr_events", *arguments] if arguments else ["-c", _WRITE])]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            program, cwd=self._work, env=self._environment, stdout=pipe, stderr=pipe, start_new_session=True
        )

    def _files(self) -> Files:
        return {
            str(path.relative_to(self._work)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self._work.rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(self._work).parts)
        }

    def _judge(self, process: subprocess.Popen[bytes], tally: Tally, moment: str) -> None:
        end = _wait(process)
        tally.runs += 1
        tally.seconds = max(tally.seconds, end.seconds)
        faults = [*self._faults(tally, end)]
        whole, files = self._whole_run(tally.command)
        if tally.number is signal.SIGKILL and tally.runs % 10 == 0 and self._files() != files:
            again = _wait(self._run(tally.command))
            if (again.status, self._files()) != (whole.status, files):
                faults.append(f"the next run ended with {again.status}")
        tally.faults += [f"{fault}, {moment}" for fault in faults]

    def _faults(self, tally: Tally, end: _End) -> Iterator[str]:
        whole, new = self._whole_run(tally.command)
        # Python's own start, and the import of the package, are before its main function.
        is_early = b"Traceback" in end.err and b"/cli/" not in end.err and tally.command != "write"
        is_ended = end.status == -tally.number or is_early
        tally.found["ended" if is_ended else "complete"] += 1
        tally.found["traceback of Python's start"] += is_early
        if not (is_ended or is_early or end.status == whole.status):
            yield f"status {end.status}"
        if left := _processes(end.session):
            yield f"{len(left)} processes left"
            for process in left:
                os.kill(process, signal.SIGKILL)
        yield from self._faults_of_files(tally, new, is_ended=is_ended)
        if not whole.out.startswith(end.out) or (end.out and not end.out.endswith(b"\n")):
            if tally.number is signal.SIGKILL:
                tally.found["half a line"] += 1
            else:
                yield "half a line"
        if tally.command == "write" or tally.number is signal.SIGKILL:
            return
        if not is_early and not all(line.startswith(b"ecr-events: ") for line in end.err.splitlines()):
            yield end.err.decode()

    def _faults_of_files(self, tally: Tally, new: Files, *, is_ended: bool) -> Iterator[str]:
        is_unhandled = tally.number is signal.SIGKILL or (tally.command == "write" and tally.number != signal.SIGINT)
        drafts = [path for path in self._work.iterdir() if path.name.startswith(".")]
        if drafts and is_unhandled and all(path.name.startswith(DRAFT) for path in drafts):
            tally.found["with a draft"] += 1
        elif drafts:
            yield f"{len(drafts)} drafts left"
        found, old = self._files(), dict.fromkeys(_OLD_FILES, _OLD)
        if found == new:
            tally.found["new"] += 1
            return
        if not is_ended:
            yield "not complete"
        if found == old:
            tally.found["old"] += 1
        else:
            yield f"neither old nor new: {found}"


_OLD = hashlib.sha256(b"old").hexdigest()
_OLD_FILES = [f"out.{kind}{end}" for kind in ("parquet", "arrow", "ndjson") for end in ("", ".errors.ndjson")]


def _wait(process: subprocess.Popen[bytes]) -> _End:
    start = time.monotonic()
    out, err = process.communicate(timeout=60)
    return _End(process.returncode, out, err, time.monotonic() - start, process.pid)


def _processes(session: int) -> list[int]:
    """Return the processes of a session that do not end within ten seconds."""
    found: list[int] = []
    for _ in range(1_000):
        found = [
            int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and _session(path) == session
        ]
        if not found:
            break
        time.sleep(0.01)
    return found


def _session(process: Path) -> int:
    """Return the session of a process, 0 if it has ended."""
    try:
        state, _, _, session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if state in "ZX" else int(session)


def main() -> None:
    """Print what was left."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--moments", type=int, default=40, help="number of moments for each command and signal")
    parser.add_argument("--calls", action="store_true", help="end commands at each change of a file instead (strace)")
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--only", default="", help="only commands whose names begin so")
    parser.add_argument("--signals", default="INT,TERM,HUP,KILL")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    choose = random.Random(options.seed)
    sys.stdout.write("| command | signal | runs | found | longest end | lost |\n|---|---|---:|---|---:|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        runs = Interruptions(Path(folder), options.events)
        for command in COMMANDS:
            for name in options.signals.split(",") if command.startswith(options.only) else ():
                tally = Tally(command, signal.Signals[f"SIG{name}"])
                if options.calls:
                    count = 1
                    while runs.end_at_call(count, tally):
                        count += 1
                else:
                    for moment in range(options.moments):
                        runs.end_after(1.3 * (moment + choose.random()) / options.moments, tally)
                sys.stdout.write(f"{tally}\n")
                sys.stdout.flush()
        runs.close()


if __name__ == "__main__":
    main()
