"""The README's workers against moto's SQS over HTTP; ``tests/worker_ledger.py`` does the same with 10,000 messages."""

from collections import Counter

import pytest
from worker_ledger import SLOW, Ledger, Recipe, recipe, run


@pytest.mark.parametrize("name", ["threads", "asyncio"])
@pytest.mark.timeout(180)
def test_every_message_is_processed_or_still_in_the_queue(name: Recipe) -> None:
    """Although workers are killed or told to end, and handlers fail; what takes long is not processed twice."""
    ledger = run(name, 200, kills=2)
    good = ledger.sent.keys() - ledger.failing
    assert ledger.lost == []
    assert ledger.processed.keys() == good
    assert ledger.processed[SLOW] == 1
    assert ledger.left == {id_: ledger.sent[id_] for id_ in ledger.failing}


def test_the_ledger_finds_a_lost_message() -> None:
    """An event that was sent twice, processed once and is not in the queue."""
    ledger = Ledger(Counter(a=2, b=1), Counter(a=1, b=2), Counter(), frozenset(), 0)
    assert ledger.lost == ["a"]
    assert ledger.repeated == 1


@pytest.mark.parametrize("name", ["threads", "asyncio"])
def test_a_worker_is_short(name: Recipe) -> None:
    """Thirty lines at most."""
    assert len(recipe(name).splitlines()) <= 30
