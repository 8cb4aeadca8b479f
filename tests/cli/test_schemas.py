import json
import subprocess
import sys
import textwrap
from typing import get_args

import pytest
from command_line import run

from ecr_events import (
    ECREvent,
    EventBridgeEvent,
    json_schema,
)
from ecr_events.columns import athena_ddl
from ecr_events.events.envelope import detail_type_of
from ecr_events.samples import sample_json


@pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)
def test_sample_and_schema_print_the_library_s(type: type[EventBridgeEvent], capfd: pytest.CaptureFixture[str]) -> None:
    """For every type."""
    status, out, _ = run(capfd, "sample", type.__name__)
    assert (status, json.loads("".join(out))) == (0, json.loads(sample_json(type)))
    status, out, _ = run(capfd, "schema", str(detail_type_of(type)))
    assert (status, json.loads("".join(out))) == (0, json_schema(type))


def test_the_schema_of_all_events_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    """It is the schema of the union."""
    assert json.loads("".join(run(capfd, "schema")[1])) == json_schema()


def test_the_table_in_athena_is_the_library_s(capfd: pytest.CaptureFixture[str]) -> None:
    """As one statement."""
    status, out, err = run(capfd, "schema", "--athena", "audit.events", "s3://bucket/events/")
    assert (status, err) == (0, [])
    assert out == athena_ddl("audit.events", "s3://bucket/events/").splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["image-scan", "--athena", "events", "s3://bucket/"], "schema needs either a TYPE or --athena"),
        (["--athena", "Events", "s3://bucket/"], "table must be a name of lower-case letters"),
        (["--athena", "events", "bucket"], "location must be a folder such as 's3://bucket/events/', not 'bucket'"),
        (["--athena", "events"], "expected 2 arguments"),
    ],
)
def test_an_invalid_table_exits_with_2(arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """With one clear error."""
    status, out, err = run(capfd, "schema", *arguments)
    assert (status, out) == (2, [])
    assert message in err[-1]


def test_the_table_requires_pyarrow() -> None:
    """The message names the extra to install."""
    code = """
        import sys
        sys.modules['pyarrow'] = None
        from ecr_events.cli import main
        sys.exit(main(['schema', '--athena', 'events', 's3://bucket/']))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert process.stderr.endswith("--athena requires: pip install pyarrow\n")
