"""The account of messages that were sent to workers, of which some were killed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Handling", "MessageLedger"]


class Handling(NamedTuple):
    """A message that a worker has handled."""

    message: str
    worker: str
    time: float


@dataclass(frozen=True)
class MessageLedger:
    """Messages that were sent, handled, and left in the queue and in its dead-letter queue.

    A message may be delivered again if its worker was killed after it had handled the message, and before it deleted
    it. That is less than a visibility timeout, within which other workers do not see the message.
    """

    sent: Mapping[str, str]
    """The kind of each message, such as ``broken``."""
    handled: Mapping[str, list[Handling]]
    """The handlings of each message, by time."""
    queued: Counter[str]
    dead: Counter[str]
    killed: Mapping[str, float]
    """When each worker was killed that was."""
    visibility: float
    """The visibility timeout, in seconds."""

    @property
    def lost(self) -> set[str]:
        """Return the messages that were neither handled nor left in a queue."""
        return self.sent.keys() - self.handled.keys() - self.queued.keys() - self.dead.keys()

    @property
    def invented(self) -> set[str]:
        """Return the messages that were handled, or are in a queue, and were never sent."""
        return (self.handled.keys() | self.queued.keys() | self.dead.keys()) - self.sent.keys()

    @property
    def repeated(self) -> dict[str, list[Handling]]:
        """Return the handlings of each message after which it was delivered again."""
        again = {
            message: handlings if self.queued[message] + self.dead[message] else handlings[:-1]
            for message, handlings in self.handled.items()
        }
        return {message: handlings for message, handlings in again.items() if handlings}

    @property
    def unexplained(self) -> set[str]:
        """Return the messages that were delivered again although no worker was killed meanwhile, or are there twice."""
        again = {
            message
            for message, handlings in self.repeated.items()
            if not all(self._was_killed_after(handling) for handling in handlings)
        }
        twice = {message for message, count in (self.queued + self.dead).items() if count > 1}
        return again | twice

    def count(self, kind: str, messages: Iterable[str]) -> int:
        """Return how many of some messages are of a kind."""
        return sum(self.sent.get(message) == kind for message in messages)

    def _was_killed_after(self, handling: Handling) -> bool:
        killed = self.killed.get(handling.worker)
        return killed is not None and 0 <= killed - handling.time <= self.visibility
