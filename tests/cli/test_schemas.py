import json
from typing import get_args

import pytest
from command_line import run

from ecr_events import (
    ECREvent,
    EventBridgeEvent,
    json_schema,
)
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
