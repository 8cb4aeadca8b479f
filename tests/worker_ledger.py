"""The README's workers, killed and restarted, and the ledger of what they did: `python tests/worker_ledger.py`.

Every message must be processed, or in the queue or its dead-letter queue. Some are sent twice, one in twenty fails each
time, one takes longer than its visibility timeout, and workers are killed and told to end while they work.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import boto3
from readme import block
from sqs_server import sqs_server

from ecr_events import ECRImageActionEvent
from ecr_events.samples import sample_json

Recipe: TypeAlias = Literal["threads", "asyncio"]

_MARKS: dict[Recipe, str] = {"threads": "import ThreadPoolExecutor, wait", "asyncio": "TaskGroup"}
_VISIBILITY = 4

SLOW = "slow-1"
"""The message that takes longer than the visibility timeout. No worker is ended before that."""

_HANDLER = f"""
import asyncio, os, sys, time

ledger = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
OPTIONS["WaitTimeSeconds"] = 1


def handle(event):
    if event.detail.image_tag.startswith("failing"):
        raise RuntimeError(event.id)
    if event.detail.image_tag.startswith("slow"):
        time.sleep({_VISIBILITY * 1.5})
    os.write(ledger, (event.detail.image_tag + "\\n").encode())


async def handle_later(event):
    if event.detail.image_tag.startswith("slow"):
        await asyncio.sleep({_VISIBILITY * 1.5})
    elif event.detail.image_tag.startswith("good"):
        await asyncio.sleep(0)
    else:
        raise RuntimeError(event.id)
    os.write(ledger, (event.detail.image_tag + "\\n").encode())
"""

_RUN: dict[Recipe, str] = {
    "threads": f"run(sys.argv[1], handle, visibility={_VISIBILITY})",
    "asyncio": f"asyncio.run(run(sys.argv[1], handle_later, visibility={_VISIBILITY}))",
}


@dataclass(frozen=True)
class Ledger:
    """Messages that were sent, processed and left in a queue, by the image tag of their event."""

    sent: list[str]
    processed: Counter[str]
    left: Counter[str]
    kills: int

    @property
    def lost(self) -> list[str]:
        """Return the messages that were deleted and not processed."""
        return [tag for tag in self.sent if tag not in self.processed and tag not in self.left]

    @property
    def failing(self) -> set[str]:
        """Return the messages whose handler always fails."""
        return {tag for tag in self.sent if tag.startswith("failing")}

    @property
    def repeated(self) -> int:
        """Return how often a message was processed once more."""
        return self.processed.total() - len(self.processed)


def recipe(name: Recipe) -> str:
    """Return the code of a worker from the README."""
    return block(_MARKS[name])


def run(name: Recipe, count: int, kills: int, seed: int = 0) -> Ledger:
    """Return the ledger of `count` messages, of which two workers were ended `kills` times and replaced."""
    with sqs_server() as server, tempfile.TemporaryDirectory() as folder:
        return _Run(name, kills, server.url, Path(folder), random.Random(seed)).ledger(count)


class _Run:
    def __init__(self, name: Recipe, kills: int, url: str, folder: Path, choose: random.Random) -> None:
        self.kills, self.choose = kills, choose
        self.script, self.ledger_file, self.log = folder / "worker.py", folder / "ledger", folder / "log"
        self.script.write_text(recipe(name) + _HANDLER + _RUN[name])
        self.ledger_file.touch()
        options = {"AWS_ENDPOINT_URL": url, "PYTHONFAULTHANDLER": "1"}
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.environment = os.environ | keys | options
        session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-west-1")
        self.sqs: Any = session.client("sqs", endpoint_url=url)
        self.dead_letters: str = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        names = self.sqs.get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=["QueueArn"])["Attributes"]
        policy = json.dumps({"deadLetterTargetArn": names["QueueArn"], "maxReceiveCount": 5})
        attributes = {"RedrivePolicy": policy}
        self.queue: str = self.sqs.create_queue(QueueName="events", Attributes=attributes)["QueueUrl"]

    def ledger(self, count: int) -> Ledger:
        """Send the messages in portions, since moto is slow with long queues, and end a worker amid each."""
        sent = [_tag(number) for number in range(count)]
        running = [self._start() for _ in range(2)]
        portion = -(-count // (self.kills + 1))
        try:
            for start in range(0, count, portion):
                self._send(start, sent[start : start + portion])
                self._wait_for({SLOW})
                if start + portion < count:
                    self._wait_for({*_good(sent[: start + portion // 2])})
                    self._replace(running, self.choose.choice((signal.SIGKILL, signal.SIGTERM)))
            self._wait_for({*_good(sent)})
            time.sleep(_VISIBILITY)  # for what was received by workers that were killed
        finally:
            ended = [self._end(worker, signal.SIGTERM) for worker in running]
        if {*ended} != {0}:
            raise RuntimeError(f"workers ended with {ended}: {self.log.read_text()[-2000:]}")
        return Ledger(sent, Counter(self._processed()), self._drain(), self.kills)

    def _send(self, first: int, tags: list[str]) -> None:
        """Send messages, of which some have an event that was sent before."""
        event = json.loads(sample_json(ECRImageActionEvent))
        bodies: list[str] = []
        for number, tag in enumerate(tags, first):
            id_ = f"{number - (number % 50 == 7):08x}-0000-4000-8000-000000000000"
            bodies.append(json.dumps(event | {"id": id_, "detail": event["detail"] | {"image-tag": tag}}))
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            if self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries).get("Failed"):
                raise RuntimeError("a message could not be sent")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(self.script), self.queue, str(self.ledger_file)]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def _replace(self, running: list[subprocess.Popen[bytes]], number: signal.Signals) -> None:
        worker = running.pop(self.choose.randrange(len(running)))
        if self._end(worker, number) not in (0, -signal.SIGKILL):
            raise RuntimeError(f"a worker ended with {worker.returncode}: {self.log.read_text()[-2000:]}")
        running.append(self._start())

    @staticmethod
    def _end(worker: subprocess.Popen[bytes], number: signal.Signals) -> int:
        worker.send_signal(number)
        return worker.wait(timeout=60)

    def _wait_for(self, tags: set[str]) -> None:
        """Wait until messages have been processed, or nothing happens any more: what is left is in a queue, or lost."""
        missing, since = len(tags) + 1, time.monotonic()
        while (now := len(tags.difference(self._processed()))) and time.monotonic() < since + 10 * _VISIBILITY:
            if now < missing:
                missing, since = now, time.monotonic()
            time.sleep(0.1)

    def _processed(self) -> list[str]:
        return self.ledger_file.read_text().split()

    def _drain(self) -> Counter[str]:
        """Return the messages in both queues, once all are visible again."""
        time.sleep(_VISIBILITY + 1)
        left: Counter[str] = Counter()
        for queue in (self.queue, self.dead_letters):
            while messages := self.sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=600
            ).get("Messages"):
                left.update(json.loads(message["Body"])["detail"]["image-tag"] for message in messages)
        return left


def _tag(number: int) -> str:
    return SLOW if number == 1 else f"failing-{number}" if number % 20 == 0 else f"good-{number}"


def _good(tags: list[str]) -> list[str]:
    return [tag for tag in tags if not tag.startswith("failing")]


def main() -> None:
    """Print the ledger of each recipe."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=19)
    options = parser.parse_args()
    for name in _MARKS:
        start = time.monotonic()
        ledger = run(name, options.messages, options.kills)
        print(
            f"{name}: {len(ledger.sent):,} messages, {ledger.kills} workers ended amid their work; processed "
            f"{len(ledger.processed):,}, {ledger.repeated} of them once more; left {len(ledger.left):,}, of which "
            f"{len(ledger.failing & ledger.left.keys()):,} of {len(ledger.failing):,} that always fail; "
            f"lost {len(ledger.lost)}; {time.monotonic() - start:.0f} s"
        )


if __name__ == "__main__":
    main()
