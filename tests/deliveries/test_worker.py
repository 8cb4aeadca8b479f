"""The README's workers against moto's SQS over HTTP; ``tests/worker_ledger.py`` does the same with 10,000 messages."""

from collections import Counter

import pytest
from worker_ledger import SLOW, Ledger, Recipe, recipe, run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["threads", "asyncio"])
@pytest.mark.timeout(180)
def test_every_message_is_processed_or_still_in_the_queue(name: Recipe) -> None:
    """Although workers are killed or told to end, and handlers fail; what takes long is not processed twice."""
    ledger = run(name, 200, kills=2)
    assert ledger.lost == []
    assert ledger.left.keys() == ledger.failing
    assert ledger.processed.keys() == {*ledger.sent} - ledger.failing
    assert ledger.processed[SLOW] == 1


def test_the_ledger_finds_a_lost_message() -> None:
    """Another message was processed twice."""
    ledger = Ledger(["good-1", "good-2", "failing-3"], Counter({"good-2": 2}), Counter({"failing-3": 1}), kills=0)
    assert ledger.lost == ["good-1"]
    assert ledger.repeated == 1
    assert ledger.failing == {"failing-3"}


@pytest.mark.parametrize("name", ["threads", "asyncio"])
def test_a_worker_is_short(name: Recipe) -> None:
    """Thirty lines at most."""
    assert len(recipe(name).splitlines()) <= 30
