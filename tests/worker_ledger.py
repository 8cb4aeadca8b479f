"""The README's workers, killed and restarted, and the ledger of what they did: `python tests/worker_ledger.py`.

Every message must be processed or still in the queue. Some are sent twice, one in twenty fails each time, one takes
longer than its visibility timeout, and workers are killed and told to end while they work.
"""

import argparse
import json
import logging
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
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from readme import block

from ecr_events import ECRImageActionEvent
from ecr_events.samples import sample_json

Recipe: TypeAlias = Literal["threads", "asyncio"]

_MARKS: dict[Recipe, str] = {"threads": "ThreadPoolExecutor", "asyncio": "TaskGroup"}
_VISIBILITY = 2

SLOW = f"{1:08x}-0000-4000-8000-000000000000"
"""The event that takes longer than the visibility timeout. No worker is ended before that."""

_HANDLER = f"""
import asyncio, os, sys, time

ledger = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
OPTIONS["WaitTimeSeconds"] = 1


def handle(event):
    if event.detail.image_tag == "failing":
        raise RuntimeError(event.id)
    if event.detail.image_tag == "slow":
        time.sleep({_VISIBILITY * 1.5})
    os.write(ledger, (event.id + "\\n").encode())


async def handle_later(event):
    if event.detail.image_tag == "failing":
        raise RuntimeError(event.id)
    if event.detail.image_tag == "slow":
        await asyncio.sleep({_VISIBILITY * 1.5})
    os.write(ledger, (event.id + "\\n").encode())
"""

_RUN: dict[Recipe, str] = {
    "threads": f"run(sys.argv[1], handle, visibility={_VISIBILITY})",
    "asyncio": f"asyncio.run(run(sys.argv[1], handle_later, visibility={_VISIBILITY}))",
}


@dataclass(frozen=True)
class Ledger:
    """What was sent, processed and left, each counted by event id."""

    sent: Counter[str]
    processed: Counter[str]
    left: Counter[str]
    failing: frozenset[str]
    kills: int

    @property
    def lost(self) -> list[str]:
        """Return the events with a message that was deleted and not processed."""
        return [id_ for id_, count in self.sent.items() if self.processed[id_] + self.left[id_] < count]

    @property
    def repeated(self) -> int:
        """Return how often an event was processed more often than it was sent."""
        return sum((self.processed - self.sent).values())


def recipe(name: Recipe) -> str:
    """Return the code of a worker from the README."""
    return block(_MARKS[name])


def run(name: Recipe, count: int, kills: int, seed: int = 0) -> Ledger:
    """Return the ledger of `count` messages, of which two workers were ended `kills` times and replaced."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _Run(name, kills, f"http://{host}:{port}", Path(folder), random.Random(seed)).ledger(count)
    finally:
        server.stop()


class _Run:
    def __init__(self, name: Recipe, kills: int, url: str, folder: Path, choose: random.Random) -> None:
        self.kills, self.choose = kills, choose
        self.script, self.processed, self.log = folder / "worker.py", folder / "ledger", folder / "log"
        self.script.write_text(recipe(name) + _HANDLER + _RUN[name])
        self.processed.touch()
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": url}
        self.environment = os.environ | keys
        session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-west-1")
        self.sqs: Any = session.client("sqs", endpoint_url=url)
        self.queue: str = self.sqs.create_queue(QueueName="events")["QueueUrl"]

    def ledger(self, count: int) -> Ledger:
        sent, failing = self._send(count)
        expected = len(sent.keys() - failing)
        running = [self._start() for _ in range(2)]
        try:
            self._wait_for(1, SLOW)
            for number in range(self.kills):
                self._wait_for(expected * (number + 1) // (self.kills + 1))
                self._replace(running, signal.SIGKILL if number % 2 else signal.SIGTERM)
            self._wait_for(expected)
            time.sleep(_VISIBILITY)  # for what was received by workers that were killed
        finally:
            ended = [self._end(worker, signal.SIGTERM) for worker in running]
        if {*ended} != {0}:
            raise RuntimeError(f"workers ended with {ended}: {self.log.read_text()[-2000:]}")
        return Ledger(sent, Counter(self._processed()), self._drain(), failing, self.kills)

    def _send(self, count: int) -> tuple[Counter[str], frozenset[str]]:
        """Send the messages. Return the ids of all events, and of those that fail."""
        sent: Counter[str] = Counter()
        failing: set[str] = set()
        bodies: list[str] = []
        event = json.loads(sample_json(ECRImageActionEvent))
        while len(bodies) < count:
            number = len(sent)
            id_ = f"{number:08x}-0000-4000-8000-000000000000"
            tag = "slow" if number == 1 else "failing" if number % 20 == 0 else "good"
            if tag == "failing":
                failing.add(id_)
            body = json.dumps(event | {"id": id_, "detail": event["detail"] | {"image-tag": tag}})
            copies = 2 if number % 50 == 7 else 1
            bodies += [body] * copies
            sent[id_] += copies
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            if self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries).get("Failed"):
                raise RuntimeError("a message could not be sent")
        return sent, frozenset(failing)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(self.script), self.queue, str(self.processed)]
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

    def _wait_for(self, count: int, id_: str = "") -> None:
        """Wait until so many different events have been processed, or one of them."""
        seen, deadline = 0, time.monotonic() + 120
        while (now := len({*self._processed()})) < count or (id_ and id_ not in self._processed()):
            if now > seen:
                seen, deadline = now, time.monotonic() + 120
            if time.monotonic() > deadline:
                raise RuntimeError(f"{now} of {count} events were processed: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def _processed(self) -> list[str]:
        return self.processed.read_text().split()

    def _drain(self) -> Counter[str]:
        """Return the ids of the events in the queue, once all messages are visible again."""
        time.sleep(_VISIBILITY + 1)
        left: Counter[str] = Counter()
        while messages := self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages"):
            left.update(json.loads(message["Body"])["id"] for message in messages)
        return left


def main() -> None:
    """Print the ledger of each recipe."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    for name in _MARKS:
        start = time.monotonic()
        ledger = run(name, options.messages, options.kills)
        good = ledger.sent.keys() - ledger.failing
        print(
            f"{name}: {ledger.sent.total():,} messages with {len(ledger.sent):,} events, {ledger.kills} workers ended; "
            f"processed {len(good & ledger.processed.keys()):,} of {len(good):,} events, "
            f"{ledger.repeated} times once more; left {ledger.left.total():,} messages of {len(ledger.failing):,} "
            f"failing events; lost {len(ledger.lost)}; {time.monotonic() - start:.0f} s"
        )


if __name__ == "__main__":
    main()
