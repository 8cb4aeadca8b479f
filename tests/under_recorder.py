"""What `test_security` has recorded: uses of the library in a process of its own, first with samples, then forged.

``python tests/under_recorder.py USE``. With the samples everything is imported and built that is once.
"""

import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import boto3
import hostile
import msgspec
from botocore.config import Config

from ecr_events import (
    ECREventsError,
    EventBridgeEvent,
    ImageReference,
    InvalidReferenceError,
    RepositoryReference,
    decode,
    encode,
)
from ecr_events.archives import read
from ecr_events.columns import from_arrow, to_arrow
from ecr_events.deliveries import InvalidRecord, process, transform, unwrap
from ecr_events.patterns import EventPattern
from ecr_events.service import ECRService
from ecr_events.testing import SOURCES, deliver

REGION, ACCOUNT = "eu-west-1", "012345678901"
REGIONS = {"eu-west-1", "us-east-1", "evil-west-1"}

CONFIG = Config(retries={"total_max_attempts": 1})

HOST = re.compile(r"([a-z0-9-]+\.)*(amazonaws\.com|amazonaws\.com\.cn|console\.aws\.amazon\.com)")
"""AWS's hosts in the partitions of the forged regions."""


def samples() -> list[bytes]:
    return [msgspec.json.encode(document) for document in hostile.documents()]


def check_text(error: object) -> None:
    """Fail unless a message is harmless on a terminal and in a log, and names no event data but what it refuses."""
    assert str(error).isprintable(), repr(error)


def use_events(payloads: list[bytes]) -> None:
    """Decode events, and use all that needs no network."""
    for payload in payloads:
        try:
            event = decode(payload)
        except ECREventsError as error:
            check_text(error)
            continue
        assert decode(encode(event)) == event
        hash(event)
        use_references(event)
        use_patterns(event)
        for name in ("severities", "worst"):
            getattr(event.detail, name, None)
    text = b"\n".join(payloads)
    events = list(read(text, on_error=check_text))
    table = to_arrow(events)
    assert list(from_arrow(table)) == events
    for payload in payloads:
        use_delivery([payload], "sqs")


def use_references(event: EventBridgeEvent) -> None:
    try:
        references = (*event.repository_references, *event.image_references)
    except ECREventsError as error:
        check_text(error)
        return
    for reference in references:
        check_text(reference)
        for name in ("registry", "uri", "tag_uri", "arn", "console_url", "partition"):
            try:
                text = getattr(reference, name, None)
            except ECREventsError as error:
                check_text(error)
                continue
            if not isinstance(text, str):
                continue
            assert text.isascii()
            assert text.isprintable()
            url = urlsplit({"uri": f"https://{text}", "registry": f"https://{text}"}.get(name, text))
            if name in {"registry", "uri", "console_url"}:
                assert HOST.fullmatch(url.netloc), text


def use_patterns(event: EventBridgeEvent) -> None:
    """Match the event with a pattern of its own values, and with what they are as wildcards."""
    document = msgspec.to_builtins(event)
    conditions = {"region": [event.region], "id": [{"prefix": event.id}, {"equals-ignore-case": event.id}]}
    pattern = EventPattern.parse(conditions)
    assert pattern.matches(document)
    assert pattern.matches(event)
    check_text(repr(pattern))
    with suppress(ValueError):
        EventPattern.parse({"id": [{"wildcard": event.id}]}).matches(document)


def use_delivery(payloads: list[Any], source: str) -> None:
    """Unwrap a delivery, and process it."""
    use_parsed(deliver(payloads, source))


def use_parsed(delivery: Any) -> None:
    for record in unwrap(delivery):
        if isinstance(record, InvalidRecord):
            check_text(record.error)
    for run in (process, transform):
        try:
            run(delivery, lambda _: None)
        except (ECREventsError, TypeError) as error:
            check_text(error)


def use_deliveries(deliveries: Iterable[Any]) -> None:
    for delivery in deliveries:
        use_parsed(delivery)


def sample_deliveries() -> list[Any]:
    payload = samples()[0]
    return [deliver([payload], source) for source in SOURCES]


def forged_deliveries() -> Iterator[Any]:
    """Yield deliveries with hostile strings in all places, also in the wrapping."""
    for delivery in sample_deliveries():
        yield from hostile.forged(delivery, list(hostile.places(delivery)))


def use_lookups(payloads: list[bytes], service: ECRService, *, alone: bool = False) -> None:
    """Look up what events name in batches, and what some of them name alone, by every method."""
    events = [event.using(service) for event in read(b"\n".join(payloads), on_error="skip")]
    images: dict[ImageReference, None] = {}
    repositories: dict[RepositoryReference, None] = {}
    for event in events:
        with suppress(InvalidReferenceError):
            images |= dict.fromkeys(event.image_references)
            repositories |= dict.fromkeys(event.repository_references)
    look_ups: list[Callable[[], object]] = [
        partial(service.images, images),
        partial(service.repositories, repositories),
    ]
    if alone:
        for event in events[::_STEP]:
            look_ups += (partial(getattr, event, name, None) for name in _LOOKUPS)
        for image in list(images)[::_STEP]:
            look_ups += (partial(getattr(service, name), image) for name in _IMAGE_LOOKUPS)
        for repository in list(repositories)[::_STEP]:
            look_ups += partial(service.tags, repository), partial(list_images, service, repository)
    for look_up in look_ups:
        try:
            look_up()
        except ECREventsError as error:
            check_text(error)


def list_images(service: ECRService, repository: RepositoryReference) -> None:
    """Look up the images of a repository."""
    list(service.list_images(repository))


_STEP = 25
_LOOKUPS = "repository", "image", "repositories", "images", "scan_findings", "source_repository", "source_image"
_IMAGE_LOOKUPS = "manifest", "scan_findings", "replication_status"


class Log(logging.Handler):
    """A log that fails if a line is not harmless."""

    def emit(self, record: logging.LogRecord) -> None:
        """Check the message."""
        check_text(record.getMessage())


def record(use: Callable[[], object], label: str) -> None:
    """Use the library, and have the recorder note where that begins and ends."""
    sys.audit("recorder.begin", label)
    use()
    sys.audit("recorder.end", label)


def main(use: str) -> None:
    """Do what a test has asked for."""
    logging.getLogger("ecr_events").addHandler(Log())
    warnings.simplefilter("ignore")
    if use == "events":
        forged = list(hostile.forged_events())
        use_events(samples())
        record(partial(use_events, forged), "events")
        deliveries = list(forged_deliveries())
        use_deliveries(sample_deliveries())
        record(partial(use_deliveries, deliveries), "deliveries")
    else:
        forged = list(hostile.forged_events())
        use_lookups(samples(), ECRService(config=CONFIG), alone=True)
        asked: list[tuple[str, str]] = []

        def session_for(account: str, region: str) -> boto3.Session:
            asked.append((account, region))
            return boto3.Session()

        record(partial(use_lookups, forged, ECRService(config=CONFIG), alone=True), "any")
        record(partial(use_lookups, forged, ECRService(config=CONFIG, accounts={ACCOUNT}, regions={REGION})), "bounded")
        record(partial(use_lookups, forged, ECRService(config=CONFIG, session_for=session_for)), "session_for")
        assert all(re.fullmatch("[0-9]{12}", account) and region in REGIONS for account, region in asked), asked


if __name__ == "__main__":
    main(*sys.argv[1:])
