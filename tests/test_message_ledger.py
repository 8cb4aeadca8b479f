from collections import Counter

import pytest
from message_ledger import Handling, MessageLedger


def ledger(handled: list[Handling], queued: str = "", dead: str = "") -> MessageLedger:
    """Return the ledger of two messages, of which the second is broken. The worker ``a`` was killed."""
    by_message: dict[str, list[Handling]] = {}
    for each in handled:
        by_message.setdefault(each.message, []).append(each)
    sent = {"1": "good", "2": "broken"}
    return MessageLedger(sent, by_message, Counter(queued), Counter(dead), {"a": 10.0}, visibility=5.0)


def test_a_ledger_finds_what_was_lost_and_what_was_invented() -> None:
    """A message is handled, in the queue or in the dead-letter queue."""
    found = ledger([Handling("1", "a", 8)], queued="3")
    assert (found.lost, found.invented, found.unexplained) == ({"2"}, {"3"}, set())
    found = ledger([Handling("1", "a", 8)], dead="2")
    assert (found.lost, found.invented, found.repeated) == (set(), set(), {})
    assert found.count("broken", found.dead) == 1
    assert found.count("good", found.dead) == 0


@pytest.mark.parametrize(
    ("worker", "time", "is_explained"), [("a", 8, True), ("a", 4, False), ("a", 11, False), ("b", 8, False)]
)
@pytest.mark.parametrize("queue", ["queued", "dead", ""])
def test_a_kill_explains_what_was_delivered_again(worker: str, time: float, queue: str, *, is_explained: bool) -> None:
    """If it followed the first handling, within the visibility timeout."""
    first, second = Handling("1", worker, time), Handling("1", "b", 20)
    found = ledger([first], **{queue: "1"}) if queue else ledger([first, second])
    assert found.repeated == {"1": [first]}
    assert found.unexplained == (set() if is_explained else {"1"})


def test_a_message_that_is_in_both_queues_is_unexplained() -> None:
    """SQS moves messages."""
    assert ledger([], queued="1", dead="1").unexplained == {"1"}
