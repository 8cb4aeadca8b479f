import atexit
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import PUSH

from ecr_events.cli import main, signals

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

DECODE = [sys.executable, "-m", "ecr_events", "decode", "-"]


def start(*command: str, env: dict[str, str] | None = None, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=env, start_new_session=start_new_session
    )


def feed(process: subprocess.Popen[bytes]) -> None:
    """Have a command read its input: it prints an event that it is followed by another chunk."""
    assert process.stdin
    assert process.stdout
    process.stdin.write((PUSH + b"\n") * 200)
    process.stdout.read(1)


def send(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command ``sample`` receive a signal."""

    def raise_signal(_: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("ecr_events.cli.schemas.sample_json", raise_signal)


# The process


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_process_without_a_word(number: signal.Signals) -> None:
    """With whole lines of what it has printed, and the status that the signal itself would give."""
    process = start(*DECODE)
    feed(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (-number, b"")
    assert out.endswith(b"}\n")


def test_a_signal_ends_the_loop_of_a_shell() -> None:
    """A loop goes on if a program only exits with 130."""
    loop = f"for i in 1 2; do {' '.join(DECODE)}; done; echo not ended"
    process = start("/bin/bash", "-c", loop, start_new_session=True)
    feed(process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (-signal.SIGINT, b"")
    assert out.endswith(b"}\n")


def test_an_ignored_signal_stays_ignored() -> None:
    """As that of a closed terminal with nohup."""
    process = start("nohup", *DECODE)
    feed(process)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(PUSH, timeout=50)
    assert (process.returncode, err) == (0, b"")
    assert len(out) + 1 == 201 * (len(PUSH) + 1)


def test_an_interrupt_while_modules_are_imported_prints_no_traceback(tmp_path: Path) -> None:
    """There is nothing to clean up."""
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    process = start(*DECODE, env=os.environ | {"PYTHONPATH": path})
    _, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (-signal.SIGINT, b"")


def test_a_signal_that_the_system_ignores_is_an_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first process of a container is not ended by its own signal."""
    registered: list[Callable[[], None]] = []
    sent: list[int] = []
    monkeypatch.setattr(atexit, "register", registered.append)
    monkeypatch.setattr(signal, "raise_signal", sent.append)
    monkeypatch.setattr(signal, "signal", print)
    at_exit = signals.AtExit()
    registered[0]()
    assert sent == []
    at_exit.number = signal.SIGTERM
    registered[0]()
    assert sent == [signal.SIGTERM]


@pytest.mark.usefixtures("restored_interrupt")
def test_the_program_ends_by_the_signal_of_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """When Python has cleaned up."""
    registered: list[Callable[[], None]] = []
    sent: list[int] = []
    monkeypatch.setattr(sys, "argv", ["ecr-events", "sample", "image-action"])
    send(signal.SIGTERM, monkeypatch)
    monkeypatch.setattr(atexit, "register", registered.append)
    assert main() == 128 + signal.SIGTERM
    monkeypatch.setattr(signal, "raise_signal", sent.append)
    registered[0]()
    assert sent == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.usefixtures("restored_interrupt")
def test_an_ignored_interrupt_stays_ignored(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """As that of a shell's background job."""
    monkeypatch.setattr(sys, "argv", ["ecr-events", "sample", "image-action"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert main() == 0
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert capfd.readouterr().out


# The function


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_the_status_of_the_function(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the handlers of the program that calls it as they were."""
    before = [signal.getsignal(other) for other in ENDING]
    send(number, monkeypatch)
    assert main(["sample", "image-action"]) == 128 + number
    assert [signal.getsignal(other) for other in ENDING] == before


def test_the_handlers_of_a_program_are_kept() -> None:
    """It may call a command, and has its own way to end."""
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        with signals.raised():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM]


def test_a_command_runs_in_a_thread(archive: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """In which Python handles no signals."""
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(main(["decode", str(archive)])))
    thread.start()
    thread.join()
    assert statuses == [0]
    assert capfdbinary.readouterr().out.count(b"\n") == 11


# Clean-up and output


def test_a_signal_waits_until_something_is_complete() -> None:
    """Also if a thread of a library receives it."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    complete: list[bool] = []

    def work() -> None:
        with signals.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            complete.append(True)

    with signals.raised() as received, pytest.raises(KeyboardInterrupt):
        work()
    stop.set()
    thread.join()
    assert complete
    assert received.number == signal.SIGINT


def test_the_same_signal_does_not_interrupt_the_clean_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users press Ctrl-C twice, and both a terminal and a parent send it. Later it does, for clean-up may hang."""
    with signals.raised() as received:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        monkeypatch.setattr(signals, "_PATIENCE", 0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert received.number == signal.SIGINT


def test_a_signal_that_waits_does_not_hide_an_error() -> None:
    """Its number is known, and the command ends by it."""

    def fail() -> None:
        with signals.deferred():
            signal.raise_signal(signal.SIGTERM)
            raise LookupError

    with signals.raised() as received, pytest.raises(LookupError):
        fail()
    assert received.number == signal.SIGTERM


LINES = """
import sys
from ecr_events.cli import signals, streams
streams.prepare_streams()
lines = b"x" * 999_999 + b"\\n"
with signals.raised():
    try:
        while True:
            streams.write_lines(lines)
    except KeyboardInterrupt:
        sys.exit(3)
"""


def test_output_is_given_up_once() -> None:
    """After three seconds here, although several pieces of it are left."""
    program = LINES.replace("sys.exit(3)", "streams.write_lines(lines)")
    process = start(sys.executable, "-c", program.replace("lines =", "signals._PATIENCE = 3.0; lines =", 1))
    assert process.stdout
    process.stdout.read(500_000)
    before = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=50) != 0
    assert 2.9 < time.monotonic() - before < 5.5
    process.communicate()


@pytest.mark.parametrize("is_read", [True, False])
def test_a_signal_waits_for_the_reader_of_a_pipe(*, is_read: bool) -> None:
    """A reader gets whole lines, and has a second for the next piece."""
    process = start(sys.executable, "-c", textwrap.dedent(LINES))
    assert process.stdout
    process.stdout.read(500_000)
    process.send_signal(signal.SIGTERM)
    if not is_read:
        assert process.wait(timeout=50) == 3
    out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (3, b"")
    assert out.endswith(b"\n") == is_read
