"""A soak: messages are sent at a steady rate, two workers handle them, and one of the two is killed again and again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import psutil

from benchmarks.soak.faulty_ecr import FaultyECR
from benchmarks.soak.messages import Message, images, messages
from benchmarks.soak.worker import program

sys.path.append(str(Path(__file__).parent.parent.parent / "tests"))
from message_ledger import Handling, MessageLedger
from sqs_server import SQSServer, sqs_server

__all__ = ["MOTO", "STEADY", "VICTIM", "Plan", "Result", "Sample", "soak"]

VICTIM, STEADY, MOTO = "killed", "steady", "moto"
"""The processes whose memory is sampled."""

_MAX_ENDED = 5
"""Workers that may end by themselves before the soak is given up."""

_MAX_WAITING = 1_000
"""Messages in the queue beyond which none are sent: moto's time per request grows with their number."""

_BATCH = 10
_TICK = 0.05
_QUEUES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(frozen=True)
class Plan:
    """The length, the speed and the kills of a soak."""

    seconds: float
    kill_seconds: float
    """Seconds from kill to kill."""
    sample_seconds: float
    visibility: int
    """The visibility timeout, in seconds."""
    wait_seconds: float
    """Seconds to wait at the end for what is still in the queue."""
    receives: int
    """A message that was received so often, and not deleted, moves to the dead-letter queue."""
    rate: float
    """Messages per second, at most: as fast as SQS takes them."""


@dataclass(frozen=True)
class Sample:
    """The state at a time, and totals up to then."""

    time: float
    """Seconds since the start."""
    sent: int
    handled: int
    waiting: int
    in_flight: int
    dead: int
    rss: dict[str, int]
    """Bytes of each process."""
    errors: dict[str, int]
    """Failed handlings, by the class of the error."""


@dataclass
class Result:
    """The outcome of a soak."""

    plan: Plan
    ledger: MessageLedger
    samples: list[Sample]
    kills: list[float]
    """Seconds since the start."""
    ended: list[str]
    """Workers that ended although nobody asked them to, with their exit status and the end of their log."""
    requests: int
    faults: dict[str, int]
    """Faults of ECR that were injected."""


def soak(plan: Plan, folder: Path) -> Result:
    """Run a soak, with its files in a folder."""
    with FaultyECR(images()) as ecr, sqs_server() as moto:
        run = _Run(plan, folder, moto, ecr.url)
        try:
            run.work()
        finally:
            for worker in run.workers.values():
                worker.process.kill()
        return run.result(ecr)


class _Lines:
    """The lines that are appended to a file."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self._file = path.open("rb")
        self._rest = b""

    def new(self) -> list[str]:
        """Return those since the last call."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [line.decode() for line in lines]


@dataclass
class _Worker:
    name: str
    process: subprocess.Popen[bytes]


@dataclass
class _Run:
    plan: Plan
    folder: Path
    moto: SQSServer
    ecr_url: str
    workers: dict[str, _Worker] = field(default_factory=dict[str, _Worker])

    def __post_init__(self) -> None:
        self.program = self.folder / "worker.py"
        self.program.write_text(program())
        self.log = self.folder / "log"
        self.ledger, self.errors = _Lines(self.folder / "ledger"), _Lines(self.folder / "errors")
        self.keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1"}
        session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-west-1")
        self.sqs: Any = session.client("sqs", endpoint_url=self.moto.url)
        self.dead_letters: str = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=["QueueArn"])["Attributes"]
        policy = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": self.plan.receives})
        self.queue: str = self.sqs.create_queue(QueueName="events", Attributes={"RedrivePolicy": policy})["QueueUrl"]
        self.start = time.time()
        self.started = 0
        self.sent: dict[str, str] = {}
        self.names: dict[str, str] = {}
        """The name of each message, by SQS's id."""
        self.handled: dict[str, list[Handling]] = {}
        self.failed: Counter[str] = Counter()
        self.killed: dict[str, float] = {}
        self.samples: list[Sample] = []
        self.ended: list[str] = []

    @property
    def elapsed(self) -> float:
        return time.time() - self.start

    def work(self) -> None:
        """Send, sample and kill, wait for what is left, and end the workers."""
        plan, source = self.plan, messages()
        for role in (VICTIM, STEADY):
            self._start(role)
        kill_at, sample_at = plan.kill_seconds, 0.0
        while self.elapsed < plan.seconds:
            if self.elapsed >= sample_at:
                self._sample()
                sample_at += plan.sample_seconds
            if self.elapsed >= kill_at and self._has_handled(self.workers[VICTIM]):
                self._kill()
                kill_at = self.elapsed + plan.kill_seconds
            if len(self.sent) < self.elapsed * plan.rate and self.samples[-1].waiting < _MAX_WAITING:
                self._send(islice(source, _BATCH))
            else:
                time.sleep(_TICK)
            self._check()
        while self.elapsed < plan.seconds + plan.wait_seconds:
            self._sample()
            if self.samples[-1].waiting + self.samples[-1].in_flight == 0:
                break
            self._check()
            time.sleep(plan.sample_seconds)
        for role in (VICTIM, STEADY):
            worker = self.workers[role]
            worker.process.send_signal(signal.SIGTERM)
            status = worker.process.wait(timeout=60)
            if status and (status != -signal.SIGTERM or self._has_handled(worker)):  # unless it was still starting
                self._note_end(worker.name, status)
        self._read()

    def result(self, ecr: FaultyECR) -> Result:
        """Return the result, with the messages that are left."""
        time.sleep(self.plan.visibility if self.samples[-1].in_flight else 0)
        ledger = MessageLedger(
            sent=self.sent,
            handled=self.handled,
            queued=Counter(self._drain(self.queue)),
            dead=Counter(self._drain(self.dead_letters)),
            killed=self.killed,
            visibility=self.plan.visibility,
        )
        kills = [killed - self.start for killed in self.killed.values()]
        return Result(self.plan, ledger, self.samples, kills, self.ended, ecr.served, dict(ecr.failed))

    def _send(self, portion: Iterator[Message]) -> None:
        batch = list(portion)
        entries = [{"Id": str(number), "MessageBody": message.body} for number, message in enumerate(batch)]
        response = self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
        for each in response["Successful"]:
            message = batch[int(each["Id"])]
            self.sent[message.name] = message.kind
            self.names[each["MessageId"]] = message.name
        if response.get("Failed"):
            raise RuntimeError(f"messages could not be sent: {response['Failed']}")

    def _start(self, role: str) -> None:
        self.started += 1
        name = f"{role}-{self.started}"
        environment = {"AWS_ENDPOINT_URL_SQS": self.moto.url, "AWS_ENDPOINT_URL_ECR": self.ecr_url}
        environment |= self.keys | {"PYTHONFAULTHANDLER": "1"}
        arguments = [self.queue, self.ledger.path, self.errors.path, name, self.plan.visibility]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(self.program), *map(str, arguments)],
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )
        self.workers[role] = _Worker(name, process)

    def _has_handled(self, worker: _Worker) -> bool:
        """Return whether a worker works, so that a kill ends it amid that, and not while it starts."""
        return f" {worker.name} " in self.ledger.path.read_text()

    def _kill(self) -> None:
        victim = self.workers[VICTIM]
        victim.process.kill()
        victim.process.wait()
        self.killed[victim.name] = time.time()
        self._start(VICTIM)

    def _check(self) -> None:
        """Replace workers that have ended by themselves, and remember it."""
        for role, worker in tuple(self.workers.items()):
            if (status := worker.process.poll()) is not None:
                self._note_end(worker.name, status)
                self._start(role)
                if len(self.ended) > _MAX_ENDED:
                    raise RuntimeError("\n".join(self.ended))

    def _note_end(self, name: str, status: int) -> None:
        self.ended.append(f"{name} ended with {status}: {self.log.read_text()[-300:]}")

    def _read(self) -> None:
        """Read what the workers have written."""
        for line in self.ledger.new():
            id_, replay, worker, moment = line.split()
            handling = Handling(f"{id_} {replay}", worker, float(moment))
            self.handled.setdefault(handling.message, []).append(handling)
        self.failed.update(self.errors.new())

    def _sample(self) -> None:
        self._read()
        waiting, in_flight = self._depths(self.queue)
        pids = {MOTO: self.moto.pid, **{role: worker.process.pid for role, worker in self.workers.items()}}
        self.samples.append(
            Sample(
                time=self.elapsed,
                sent=len(self.sent),
                handled=sum(map(len, self.handled.values())),
                waiting=waiting,
                in_flight=in_flight,
                dead=sum(self._depths(self.dead_letters)),
                rss={name: psutil.Process(pid).memory_info().rss for name, pid in pids.items()},
                errors=dict(self.failed),
            )
        )

    def _depths(self, queue: str) -> list[int]:
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[*_QUEUES])["Attributes"]
        return [int(attributes[name]) for name in _QUEUES]

    def _drain(self, queue: str) -> Iterator[str]:
        options = {"MaxNumberOfMessages": _BATCH, "VisibilityTimeout": 3_600}
        while found := self.sqs.receive_message(QueueUrl=queue, **options).get("Messages"):
            for message in found:
                id_: str = message["MessageId"]
                yield self.names.get(id_, id_)
