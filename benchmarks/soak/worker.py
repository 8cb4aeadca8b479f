"""The program of a worker: the README's recipe, and a handler with lookups, failures and a ledger."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent.parent / "tests"))
from worker_ledger import recipe

__all__ = ["FAILURES", "FIRST", "POISON", "program"]

FAILURES = 0.05
"""The share of handlings that fail."""

POISON = "f"
"""The first character of the ids of events that always fail."""

FIRST = "-"
"""Stands for the name of the replay in the ledger if an event is not a replay."""

_HANDLER = f"""
import logging, os, random, sys, time

from botocore.config import Config
from ecr_events.service import ECRService

QUEUE, LEDGER, ERRORS, NAME, VISIBILITY = sys.argv[1:]
OPTIONS["WaitTimeSeconds"] = 1
ledger, errors = (os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for path in (LEDGER, ERRORS))
service = ECRService(config=Config(retries={{"mode": "standard", "total_max_attempts": 2}}, read_timeout=5))


class Errors(logging.Handler):
    def emit(self, record):
        # "record ... failed: DecodeError: ..." or "record ... failed: RuntimeError", with a traceback
        name = str(record.args[1]).split("\\n")[0].split(":")[0]
        os.write(errors, (name + "\\n").encode())


logging.getLogger("ecr_events").addHandler(Errors())


def handle(event):
    for reference in event.image_references[:1]:
        service.image(reference, event.time)
    service.images(event.image_references, event.time, timeout=20)
    service.repositories(event.repository_references, event.time, timeout=20)
    if event.id.startswith("{POISON}") or random.random() < {FAILURES}:
        raise RuntimeError(event.id)
    os.write(ledger, f"{{event.id}} {{event.replay_name or '{FIRST}'}} {{NAME}} {{time.time()}}\\n".encode())


run(QUEUE, handle, visibility=int(VISIBILITY))
"""


def program() -> str:
    """Return the program, whose arguments are the queue's URL, two files, a name and the visibility timeout."""
    return recipe("threads") + _HANDLER
