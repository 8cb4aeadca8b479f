"""Effects of forged events, and of the names of forged files: none but the library's work."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import hostile
import pytest
from command_line import run_on_terminal
from fake_ecr import ECRServer

import ecr_events

pytestmark = pytest.mark.slow

TESTS, PACKAGE = Path(__file__).parent, Path(ecr_events.__file__).parent

PROGRAM = [sys.executable, str(TESTS / "under_recorder.py")]


def commands(*commands: list[str]) -> list[str]:
    """Return a program that runs commands of the command line."""
    return [sys.executable, str(TESTS / "commands_under_recorder.py"), json.dumps(commands)]


class Action(NamedTuple):
    """An act of a process, as an event of Python's audit hooks."""

    use: str
    event: str
    arguments: list[str]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a recorded process, whose user has profiles that no event may select."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    profiles = [
        f"[profile {value}]\ncredential_process = touch {tmp_path}/evil\n" for value in ("evil", "evil.example")
    ]
    (home / ".aws/config").write_text("".join(profiles))
    return {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "COLUMNS": "120",
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, (TESTS / "recorder", TESTS, PACKAGE.parent))),
        "RECORDER_FILE": str(tmp_path / "recorded"),
        "TERM": "xterm-256color",
        "TMPDIR": str(tmp_path / "home"),
    }


def recorded(environment: dict[str, str]) -> Iterator[Action]:
    """Yield what processes did while they used forged events."""
    use = ""
    for line in Path(environment["RECORDER_FILE"]).read_text().splitlines():
        event, *arguments = json.loads(line)
        if event == "recorder.begin":
            use = arguments[0]
        elif event == "recorder.end":
            use = ""
        elif use:
            yield Action(use, event, arguments)


def test_forged_events_do_nothing(environment: dict[str, str]) -> None:
    """Decoding, references, patterns, columns and deliveries open no file, import nothing and compile nothing."""
    subprocess.run([*PROGRAM, "events"], check=True, env=environment)
    assert list(recorded(environment)) == []


# Network and files


def test_lookups_contact_ecr_in_the_region_of_the_event(environment: dict[str, str], tmp_path: Path) -> None:
    """Only in the service's regions, if it has any. Sessions are asked for by account and region, and by nothing else.

    What looks like a region of AWS may be none yet; its host is one of AWS all the same.
    """
    subprocess.run([*PROGRAM, "lookups"], check=True, env=environment)
    actions = list(recorded(environment))
    assert forbidden(actions, tmp_path) == []
    hosts: dict[str, set[str]] = {}
    for action in actions:
        if action.event == "socket.getaddrinfo":
            hosts.setdefault(action.use, set()).add(action.arguments[0])
    everywhere = {f"api.ecr.{region}.amazonaws.com" for region in ("eu-west-1", "us-east-1", "evil-west-1")}
    assert hosts == {"any": everywhere, "session_for": everywhere, "bounded": {"api.ecr.eu-west-1.amazonaws.com"}}


HOST = re.compile(r"127\.0\.0\.1|api\.ecr\.[a-z0-9-]+\.amazonaws\.com")

CREATED = "out", "home"
"""The folders in which files are created: the results, and what is removed in the end."""

NAMED = *CREATED, "in", "home/.aws"


def forbidden(actions: Iterable[Action], folder: Path) -> list[Action]:
    """Return the actions that are not part of the work on files in a folder.

    Files are read that a command names, and those of Python and of the libraries; and files are created or removed in
    the folder of the results. Modules come from where Python looks for them, whatever the events say.
    """
    python = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *map(str, (PACKAGE, TESTS))]
    readable = [*python, *PLATFORM, os.devnull, *(str(folder / name) for name in NAMED)]
    writable = [os.devnull, *(str(folder / name) for name in CREATED)]

    def is_in(path: str, folders: list[str]) -> bool:
        path = os.path.normpath(folder / "out" / path)
        roots = {*folders, *map(os.path.realpath, folders)}
        return any(path == root or path.startswith(f"{root}{os.sep}") for root in roots)

    def may_open(arguments: list[str]) -> bool:
        path, _, flags = arguments
        creates = int(flags) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return path.isdecimal() or is_in(path, writable if creates else readable)

    def may_list(arguments: list[str]) -> bool:
        return arguments[0] in {str(PACKAGE.parent), *sys.path} or is_in(arguments[0], readable)

    def may_change(arguments: list[str]) -> bool:
        return arguments[0].isdecimal() or is_in(arguments[0], writable)

    def is_unmarked(arguments: list[str]) -> bool:
        return hostile.MARK not in arguments[0] or is_in(arguments[-1], readable)

    def is_harmless(_: list[str]) -> bool:
        return True

    rules: dict[str, Callable[[list[str]], bool]] = {
        "open": may_open,
        **dict.fromkeys(("glob.glob", "glob.glob/2", "os.chdir", "os.listdir", "os.scandir", "os.walk"), may_list),
        **dict.fromkeys(("os.chmod", "os.mkdir", "os.remove", "os.rmdir", "os.utime"), may_change),
        **dict.fromkeys(("shutil.rmtree", "tempfile.mkdtemp"), may_change),
        "os.rename": lambda arguments: may_change(arguments) and may_change(arguments[1:]),
        **dict.fromkeys(("compile", "exec"), is_unmarked),
        "import": lambda arguments: hostile.MARK not in arguments[0],
        "ctypes.dlopen": lambda arguments: arguments == ["None"],
        "http.client.connect": lambda arguments: arguments[1] == "127.0.0.1",
        "http.client.send": lambda arguments: "\nX-Evil:" not in arguments[1],
        "pickle.find_class": lambda arguments: PICKLED.fullmatch(".".join(arguments)) is not None,
        "socket.bind": lambda arguments: arguments[1] == "('::1', 0)",  # urllib3 looks whether that is possible
        "socket.getaddrinfo": lambda arguments: HOST.fullmatch(arguments[0]) is not None,
        # The recorder keeps sockets from every host but this one.
        **dict.fromkeys(("os.putenv", "os.unsetenv", "socket.__new__", "socket.connect"), is_harmless),
    }
    return [action for action in actions if action.event not in rules or not rules[action.event](action.arguments)]


PLATFORM = ["/dev/urandom", "/etc", "/proc", "/sys", "/usr/lib", "/usr/share"]

PICKLED = re.compile(
    r"(concurrent\.futures|ecr_events\.(cli|events)|multiprocessing)\.[\w.]+|collections\.Counter|functools\.partial"
    r"|msgspec\._utils\.rebuild|pyarrow\.lib\.\w+"
)


# Terminals

EVIL = "\x1b]0;evil\x07\u202e\x9b2J\nevil"

CODE = r"([0-4]|[34][0-79]|38;5;\d{1,3})"

STYLE = re.compile(rf"\x1b\[{CODE}(;{CODE})*m")
"""Colours and weights of text."""

PROGRESS = re.compile(rb"\x1b\[(\?25[lh]|2K|1A)|\r")
"""The codes that draw a progress bar again, and remove it."""


def hidden(shown: bytes) -> list[str]:
    """Return what a terminal would not show as text, apart from line breaks, tabs and styles."""
    text = STYLE.sub("", shown.decode().replace("\r\n", "\n"))
    return [
        text[max(0, found.start() - 80) : found.end()]
        for found in re.finditer(r"[^\n\t]", text)
        if not found[0].isprintable()
    ]


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return forged events, after they have been written to files with forged names. Commands run in ``out``."""
    events = list(hostile.forged_events())
    folder = tmp_path / "in" / EVIL
    folder.mkdir(parents=True)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    (folder / f"{EVIL}.json").write_bytes(events[0] + b"\n{broken" + EVIL.encode() + b"\n")
    (folder / f"{EVIL}.gz").write_bytes(b"\x1f\x8b" + EVIL.encode())
    (tmp_path / "in/events.ndjson").write_bytes(b"\n".join([*events[::8], b'{"evil\x1b[2J":']))
    (tmp_path / "in/rule.json").write_text(
        json.dumps({"source": [{"anything-but": EVIL}], "account": [{"prefix": ""}]})
    )
    (tmp_path / "in/invalid.json").write_text(json.dumps({EVIL: [{EVIL: EVIL}]}))
    return events


EVENTS, FOLDER = "../in/events.ndjson", f"../in/{EVIL}"

COMMANDS = [
    ["decode", EVENTS],
    ["decode", "--json", EVENTS],
    ["decode", "--repository", "*evil*", EVENTS],
    ["decode", FOLDER],
    ["decode", f"{FOLDER}/{EVIL}"],
    ["decode", f"{FOLDER}/*"],
    ["decode", "--on-error", "stop", FOLDER],
    ["decode", "--type", EVIL, EVENTS],
    ["decode", "--since", EVIL, EVENTS],
    ["decode", "--jobs", EVIL, EVENTS],
    ["decode", "--on-error", EVIL, EVENTS],
    [EVIL],
    ["summary", EVENTS],
    ["summary", FOLDER],
    ["convert", EVENTS, "--to", "out.parquet"],
    ["convert", EVENTS, "--to", "out.arrow"],
    ["convert", EVENTS, "--to", "table", "--partition"],
    ["convert", EVENTS, "--to", "table", "--partition"],
    ["convert", EVENTS, "--to", EVIL],
    ["convert", EVENTS, "--to", f"{EVIL}.parquet"],
    ["convert", EVENTS, "--to", f"{EVIL}/out.parquet"],
    ["convert", EVENTS, "--to", "out.parquet", "--columns", EVIL],
    ["convert", FOLDER, "--to", "out.parquet", "--on-error", "stop"],
    ["lookup", EVENTS],
    ["lookup", "--json", EVENTS],
    ["lookup", "--profile", EVIL, EVENTS],
    ["pattern", "image-action", f"image-tag={EVIL}"],
    ["pattern", "image-action", f"{EVIL}={EVIL}"],
    ["pattern", "image-action", EVIL],
    ["pattern", EVIL],
    ["pattern", "--rule", EVIL],
    ["pattern", "--rule", "../in/invalid.json"],
    ["pattern", "--rule", "../in/rule.json", "--match", EVENTS],
    ["pattern", "image-action", "--match", FOLDER],
    ["sample", EVIL],
    ["sample", "image-action", EVIL],
    ["decode", EVENTS, f"--{EVIL}"],
    ["sample", "image-action"],
    ["schema", EVIL],
    ["schema", "image-action"],
    ["schema", "--athena", EVIL, EVIL],
    ["demo"],
]


@pytest.mark.usefixtures("inputs")
def test_no_command_sends_controls_to_a_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    """Nor does one touch other files than those that it is called with."""
    status, shown = run_on_terminal(commands(*COMMANDS), environment)
    assert (status, hidden(shown)) == (0, [])
    assert hostile.MARK.encode() in shown
    assert forbidden(recorded(environment), tmp_path) == []
    created = {path.name for path in (tmp_path / "out").iterdir()}
    assert created == {
        *("out.parquet", "out.parquet.errors.ndjson", "out.arrow", "out.arrow.errors.ndjson"),
        *("table", "table.errors.ndjson", f"{EVIL}.parquet", f"{EVIL}.parquet.errors.ndjson"),
    }
    for path in (tmp_path / "out/table").rglob("*"):
        assert not path.is_symlink()
        assert re.fullmatch(
            r"date=\d{4}-\d\d-\d\d(/detail_type=[^/]+(/part-\d{5}\.parquet)?)?",
            str(path.relative_to(tmp_path / "out/table")),
            re.DOTALL,
        )
    assert {path.name for path in tmp_path.iterdir()} == {"home", "in", "out", "recorded"}
    assert [path.name for path in (tmp_path / "home").iterdir()] == [".aws"]


def test_no_error_of_a_pipe_sends_controls_to_a_terminal(
    environment: dict[str, str], inputs: list[bytes], tmp_path: Path
) -> None:
    """The results go to a file, in lines of JSON or as a table without styles. ECR responds."""
    (tmp_path / "in/events.ndjson").write_bytes(b"\n".join(inputs[::8]))
    program = commands(*([name, path] for name in ("decode", "summary", "lookup") for path in (EVENTS, FOLDER)))
    with ECRServer() as server, (tmp_path / "out/lines").open("wb") as out:
        environment["AWS_ENDPOINT_URL_ECR"] = server.url
        status, shown = run_on_terminal(program, environment, stdout=out.fileno())
    assert (status, hidden(shown)) == (0, [])
    assert forbidden(recorded(environment), tmp_path) == []
    assert server.requests
    for request in server.requests:
        assert request.region in {"eu-west-1", "us-east-1", "evil-west-1"}
        assert re.fullmatch("[0-9]{12}", request.body["registryId"])


def test_workers_do_no_more_than_the_work(environment: dict[str, str], inputs: list[bytes], tmp_path: Path) -> None:
    """They pickle messages of their own classes only. A progress bar is drawn again where it was."""
    for name in ("first", "second"):
        (tmp_path / "in" / f"{name}.ndjson").write_bytes(b"\n".join(inputs))
    files = ["../in/first.ndjson", "../in/second.ndjson", "--jobs", "2"]
    program = commands(["summary", *files], ["convert", *files, "--to", "out.parquet"])
    status, shown = run_on_terminal(program, environment)
    assert (status, hidden(PROGRESS.sub(b"", shown))) == (0, [])
    actions = list(recorded(environment))
    assert any(action.event == "pickle.find_class" for action in actions)
    assert forbidden(actions, tmp_path) == []


# Source

BANNED_MODULES = {
    "_pickle",
    "asyncio",
    "cloudpickle",
    "code",
    "codeop",
    "copyreg",
    "ctypes",
    "dbm",
    "dill",
    "ftplib",
    "http",
    "imp",
    "joblib",
    "marshal",
    "pickle",
    "pty",
    "requests",
    "runpy",
    "shelve",
    "smtplib",
    "socket",
    "subprocess",
    "telnetlib",
    "urllib",
    "webbrowser",
    "xml",
    "xmlrpc",
    "yaml",
}

BANNED_NAMES = {
    "__import__",
    "breakpoint",
    "compile",
    "eval",
    "exec",
    "execfile",
    "execv",
    "execve",
    "fork",
    "import_module",
    "input",
    "popen",
    "posix_spawn",
    "spawnv",
    "startfile",
    "system",
}

EXCEPTIONS = {
    ("cli/jobs.py", "pickle"),  # of messages between the processes of a command, in a folder of its own
    ("__init__.py", "import_module"),  # of a subpackage whose name is in `__all__`
    ("testing/__init__.py", "import_module"),
}


def test_no_module_can_run_data() -> None:
    """Nothing in the library unpickles, evaluates, starts a program or opens a connection but by boto3."""
    found: set[tuple[str, str]] = set()
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names=names):
                    found |= {(name, alias.name.partition(".")[0]) for alias in names} & {
                        (name, module) for module in BANNED_MODULES
                    }
                case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in BANNED_MODULES:
                    found.add((name, module))
                case ast.Call(func=ast.Name(id=called)) if called in BANNED_NAMES:
                    found.add((name, called))
                case ast.Call(func=ast.Attribute(value=ast.Name(id="os" | "importlib" | "builtins"), attr=called)) if (
                    called in BANNED_NAMES
                ):
                    found.add((name, called))
                case _:
                    pass
    assert found == EXCEPTIONS
