"""The README, executed: its Python and its tables. Its commands are run by CI."""

import copy
import gzip
import io
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import msgspec
import pytest
from conftest import LoopbackSession
from fake_ecr import ECRServer
from readme import BLOCKS, README, rows

import ecr_events
from ecr_events import ECREvent, ECRReplicationActionEvent, UnknownEvent, decode, encode, json_schema
from ecr_events.cli.parser import parse
from ecr_events.events.envelope import detail_type_of
from ecr_events.samples import sample, sample_json


class _Archive:
    """An S3 client with one object, as Firehose writes it."""

    def get_object(self, **_: str) -> dict[str, io.BytesIO]:
        """Return two events, one after the other, compressed."""
        return {"Body": io.BytesIO(gzip.compress(encode(EVENT) * 2))}


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.split("\n")[0])
def test_every_python_block_runs(
    code: str, server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each block stands on its own, with a server on loopback in AWS's place, and its assertions hold."""
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
    exec(compile(code, file, "exec"), {"__name__": "__main__"})  # noqa: S102 - the README is ours


@pytest.mark.parametrize("line", re.findall(r"^\$ ecr-events (.*?)(?:\s+#.*)?$", README, re.MULTILINE))
def test_every_command_line_is_one(line: str) -> None:
    """With arguments that the program takes; what it does with them is tested with the command."""
    assert callable(parse(shlex.split(line)).run)


def test_the_table_of_events_is_complete() -> None:
    """Every class of the union, in its order, with its detail-type and its detail."""
    table = rows("| `detail-type`")
    assert [row[:3] for row in table[:-1]] == [
        [str(detail_type_of(cls)), f"`{cls.__name__}`", f"`{cls.__annotations__['detail'].__name__}`"]
        for cls in get_args(ECREvent)
    ], "list each class of ECREvent in README.md, under The events"
    assert table[-1][1] == f"`{UnknownEvent.__name__}`"


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
