"""The README, executed: its Python, its commands and its tables. CI runs the two commands that set everything up."""

import contextlib
import copy
import gzip
import io
import json
import os
import re
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import msgspec
import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.parser import BaseModel, envelopes
from aws_lambda_powertools.utilities.parser import parse as parse_model
from conftest import LoopbackSession
from fake_ecr import ECRServer
from pydantic import Field
from readme import BLOCKS, COMMANDS, OUTPUTS, README, rows, without_details

import ecr_events
from ecr_events import (
    ECREvent,
    ECRImageActionEvent,
    ECRReplicationActionEvent,
    UnknownEvent,
    decode,
    encode,
    json_schema,
)
from ecr_events.archives import write
from ecr_events.cli.parser import parse
from ecr_events.deliveries import process
from ecr_events.events.envelope import detail_type_of
from ecr_events.samples import sample, sample_json, variants
from ecr_events.testing import deliver

ROOT = Path(__file__).parent.parent


class _Archive:
    """An S3 client with one object, as Firehose writes it."""

    def get_object(self, **_: str) -> dict[str, io.BytesIO]:
        """Return two events, one after the other, compressed."""
        return {"Body": io.BytesIO(gzip.compress(encode(EVENT) * 2))}


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.split("\n")[0])
def test_every_python_block_runs(
    code: str, server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each block stands on its own, with a server on loopback in AWS's place, and prints the output below it."""
    reference = EVENT.image_reference
    assert reference is not None
    server.add_image(
        reference.repository.repository_name,
        str(reference.image_digest),
        region=reference.repository.region,
        registry_id=reference.repository.registry_id,
        imageSizeInBytes=3_370_706,
    )
    monkeypatch.setattr("boto3.Session", lambda: session)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")  # as in a Lambda function

    def client(name: str, **options: Any) -> Any:
        return _Archive() if name == "s3" else session.client(name, **options)

    monkeypatch.setattr("boto3.client", client)
    file = tmp_path / "block.py"  # Hypothesis reads the source of a function that it runs
    file.write_text(code)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, file, "exec"), {"__name__": "__main__"})  # noqa: S102 - the README is ours
    if code in OUTPUTS:
        assert printed.getvalue() == OUTPUTS[code]


def test_every_output_is_compared() -> None:
    """Each block of text is the output of the Python block above it."""
    assert README.count("```text\n") == len(OUTPUTS) > 0


MYPY = """
[mypy]
strict = True
# That of Powertools has no types.
disallow_untyped_decorators = False

[mypy-boto3.*,botocore.*]
ignore_missing_imports = True
"""

PYRIGHT = {
    "typeCheckingMode": "strict",
    # boto3 has no types.
    "reportMissingTypeStubs": False,
    "reportUnknownArgumentType": False,
    "reportUnknownMemberType": False,
    "reportUnknownVariableType": False,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_python_block_passes_strict_type_checkers(tmp_path: Path) -> None:
    """Every function is annotated: users copy the blocks into code that is checked."""
    names = [f"block_{number}.py" for number in range(len(BLOCKS))]
    for name, code in zip(names, BLOCKS, strict=True):
        (tmp_path / name).write_text(code)
    (tmp_path / "mypy.ini").write_text(MYPY)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    mypy = ["mypy", "--config-file", "mypy.ini", "--cache-dir", "cache", *names]
    pyright = ["pyright", "--pythonpath", sys.executable]
    for checker in mypy, pyright:
        command = [sys.executable, "-m", *checker]
        checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_at_most_300_lines_are_outside_details() -> None:
    """Those are what every reader sees."""
    assert len(without_details()) <= 300


def test_no_line_is_too_long() -> None:
    """Except for rows of tables, which cannot be broken."""
    assert [line for line in README.splitlines() if len(line) > 120 and not line.startswith("|")] == []


def test_details_are_rendered() -> None:
    """GitHub reads Markdown after an empty line only, and an unclosed element hides the rest of the text."""
    count = README.count("<details>")
    assert re.findall(r"^</?details>$", README, re.MULTILINE) == ["<details>", "</details>"] * count
    assert len(re.findall(r"^<details>\n<summary>.+</summary>\n\n", README, re.MULTILINE)) == count
    assert README.count("\n\n</details>\n") == count


def test_the_first_shell_block_sets_everything_up() -> None:
    """CI runs its first two lines."""
    block = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
    assert block
    environment = "python3 -m venv .venv && .venv/bin/pip install"
    assert block[1].splitlines() == [
        f"{environment} '.[demo]' && .venv/bin/python -m ecr_events demo",
        f"{environment} -e '.[dev]' && .venv/bin/python -m pytest",
    ]


def test_every_anchor_is_a_heading() -> None:
    """GitHub's anchor of a heading is its words in lower case, joined by hyphens."""
    headings = [line.removeprefix("## ").lower() for line in without_details() if line.startswith("## ")]
    anchors = {re.sub(r"[^a-z -]", "", heading).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", README)) == anchors - {"why"}


@pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="not a checkout")
@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?:\]\(|src=\"|srcset=\")([^#:)\"]+)[)\"]", README))))
def test_every_linked_file_exists(path: str) -> None:
    """Relative to the README."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("command", "output"), COMMANDS)
def test_every_console_block_shows_what_is_printed(command: str, output: str, tmp_path: Path) -> None:
    """In a folder with an archive, of which one file has a broken line."""
    archive = tmp_path / "archive"
    archive.mkdir()
    write([sample(cls) for cls in get_args(ECREvent)], archive / "monday.ndjson.gz")
    lines = encode(sample(ECRImageActionEvent)), b'{"broken', encode(variants(ECRReplicationActionEvent)["failed"])
    (archive / "tuesday.ndjson").write_bytes(b"\n".join(lines))
    program, *arguments = shlex.split(command)
    assert program == "ecr-events"
    run = subprocess.run(
        [sys.executable, "-m", "ecr_events", *arguments],
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.stdout == output


@pytest.mark.parametrize("line", re.findall(r"^(?:\$| {3}) ecr-events (.*?)(?:\s+#.*)?$", README, re.MULTILINE))
def test_every_command_line_is_one(line: str) -> None:
    """With arguments that the program takes; what it does with them is tested with the command."""
    assert callable(parse(shlex.split(line)).run)


def test_the_table_of_events_is_complete() -> None:
    """Every class of the union, in its order, with its detail-type."""
    table = rows("| `detail-type`")
    assert [row[:2] for row in table[:-1]] == [
        [str(detail_type_of(cls)), f"`{cls.__name__}`"] for cls in get_args(ECREvent)
    ], "list each class of ECREvent in README.md, under Events"
    assert table[-1][1] == f"`{UnknownEvent.__name__}`"


def test_details_are_named_after_their_events() -> None:
    """The README has no table of them."""
    for cls in get_args(ECREvent):
        assert cls.__annotations__["detail"].__name__ + "Event" == cls.__name__


EVENT = sample(ECRReplicationActionEvent)
DETAIL = msgspec.structs.asdict(EVENT.detail)
BY_NAME = json.loads(json.dumps({**msgspec.structs.asdict(EVENT), "time": "2026-05-04T09:15:48Z", "detail": DETAIL}))
DOCUMENT: dict[str, Any] = json.loads(sample_json(ECRReplicationActionEvent))

MIGRATION = {row[0].strip("`"): row[1].strip("`") for row in rows("| a pydantic model")}

EXPECTED = {
    "E.model_validate_json(raw)": EVENT,
    "E.parse_raw(raw)": EVENT,
    "E.parse_file(path)": EVENT,
    "E.model_validate(document)": EVENT,
    "E.model_validate(document, strict=True)": EVENT,
    "E.model_validate(thing, from_attributes=True)": EVENT,
    "E.model_validate_strings(document)": EVENT,
    "E.parse_obj(document)": EVENT,
    "E.model_construct(**values)": EVENT,
    "E.construct(**values)": EVENT,
    "event.model_copy()": EVENT,
    'event.model_copy(update={"region": "eu-west-1"})': decode(DOCUMENT | {"region": "eu-west-1"}),
    "event.model_copy(deep=True)": EVENT,
    "event.model_dump_json(by_alias=True)": DOCUMENT,
    "event.model_dump_json(by_alias=True, exclude_none=True)": DOCUMENT,
    "event.model_dump_json(by_alias=True, indent=2)": DOCUMENT,
    'event.model_dump_json(by_alias=True, include={"id", "detail"})': {k: DOCUMENT[k] for k in ("id", "detail")},
    'event.model_dump_json(by_alias=True, exclude={"detail"})': {k: v for k, v in DOCUMENT.items() if k != "detail"},
    "event.model_dump_json()": BY_NAME,
    "event.model_dump()": msgspec.structs.asdict(EVENT) | {"detail": DETAIL},
    'event.model_dump(mode="json", by_alias=True)': DOCUMENT | {"resources": EVENT.resources},
    "E.model_json_schema()": json_schema(ECRReplicationActionEvent),
    "E.model_fields": msgspec.structs.fields(ECRReplicationActionEvent),
    "event.detail_type": "ECR Replication Action",
    "event.repository": None,
    "event.image": None,
    "event.session": ...,
    "E(**values, session=session)": EVENT,
}


@pytest.mark.parametrize("theirs", EXPECTED)
def test_every_line_of_the_migration_table_does_what_pydantic_does(
    theirs: str, tmp_path: Path, session: LoopbackSession
) -> None:
    """The right-hand side is evaluated as it stands and compared with a whole value."""
    path = tmp_path / "event.json"
    path.write_bytes(sample_json(ECRReplicationActionEvent))
    values = msgspec.structs.asdict(EVENT)
    names = vars(ecr_events) | {
        "E": ECRReplicationActionEvent,
        "raw": path.read_bytes(),
        "path": path,
        "document": DOCUMENT,
        "thing": SimpleNamespace(**values | {"detail": SimpleNamespace(**DETAIL)}),
        "values": values,
        "event": EVENT.using(session),
        "session": session,
        "Path": Path,
        "copy": copy,
        "msgspec": msgspec,
    }
    result: Any = eval(MIGRATION[theirs], names)  # noqa: S307 - the README is ours
    expected = session if EXPECTED[theirs] is ... else EXPECTED[theirs]
    assert (json.loads(result) if isinstance(result, bytes) else result) == expected
    if isinstance(result, ECRReplicationActionEvent):
        # Only what binds an event says so.
        assert (result.session is session) is ("session=session" in theirs)


def test_no_line_of_the_migration_table_is_left_out() -> None:
    """The test above has an expectation for each line, and for no other."""
    assert list(MIGRATION) == list(EXPECTED)


POWERTOOLS = [[cell.strip("`") for cell in row] for row in rows("| Powertools")]


class Model(BaseModel):
    """A detail for Powertools' parser."""

    image_tag: str = Field(alias="image-tag")


@pytest.mark.parametrize(("theirs", "ours"), POWERTOOLS, ids=[theirs for theirs, _ in POWERTOOLS])
def test_every_line_of_the_table_of_powertools_does_the_same(theirs: str, ours: str) -> None:
    """Both sides are evaluated as they stand."""
    seen: list[Any] = []

    def record_handler(record: SQSRecord) -> None:
        seen.append(decode(record.body))

    names = {
        "BatchProcessor": BatchProcessor,
        "E": ECRImageActionEvent,
        "EventBridgeEnvelope": envelopes.EventBridgeEnvelope,
        "EventBridgeEvent": EventBridgeEvent,
        "EventType": EventType,
        "Model": Model,
        "datetime": datetime,
        "decode": decode,
        "delivery": deliver([sample(ECRImageActionEvent), b"{"], "sqs"),
        "document": json.loads(sample_json(ECRImageActionEvent)),
        "handle": seen.append,
        "parse": parse_model,
        "process": process,
        "process_partial_response": process_partial_response,
        "record_handler": record_handler,
    }
    assert eval(theirs, names) == eval(ours, names)  # noqa: S307 - the README is ours
    assert seen in ([], [sample(ECRImageActionEvent)] * 2)
