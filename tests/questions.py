"""An archive of a registry that replicates and scans, and five questions about it, each answered by a plain loop."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

from ecr_events import (
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanEvent,
    UnknownEvent,
)
from ecr_events.samples import sample, variants

__all__ = ["QUESTIONS", "answers", "make_events"]

_START = datetime(2026, 5, 4, 9, 15, tzinfo=UTC)

Answer: TypeAlias = Any
"""Sorted rows."""


def make_events(count: int = 120) -> Iterator[EventBridgeEvent]:
    """Yield the events of some images: pushed, replicated to two regions, scanned, with failures and duplicates."""
    for number in range(count):
        digest, name = f"sha256:{number:064x}", f"team/app-{number % 5}"
        pushed = _START + timedelta(minutes=number)
        image = {"repository_name": name, "image_digest": digest, "image_tag": f"1.{number}"}
        result = "FAILURE" if number % 17 == 3 else "SUCCESS"
        push = sample(ECRImageActionEvent, id=f"push-{number}", time=pushed, result=result, **image)
        yield push
        if number % 13 == 0:
            yield push
        for delay, region in enumerate(("us-east-1", "eu-central-1"), number % 11 + 1):
            if number % 7 == 0 and result == "SUCCESS":
                continue
            failed = number % 6 == 5 and (region == "us-east-1" or number % 4 == 1)
            yield sample(
                ECRReplicationActionEvent,
                id=f"{region}-{number}",
                time=pushed + timedelta(seconds=delay),
                region=region,
                source_region=push.region,
                source_account=push.account,
                result="FAILED" if failed else "SUCCESS",
                **image,
            )
        counts = None if number % 3 else {"CRITICAL": number % 4, "HIGH": 7}
        for cls in (ECRImageScanEvent, Inspector2ScanEvent) if number % 2 else (ECRImageScanEvent,):
            yield sample(
                cls,
                id=f"{cls.__name__}-{number}",
                repository_name=name,
                image_digest=digest,
                finding_severity_counts=counts,
            )
        if number % 10 == 0:
            yield sample(Inspector2FindingEvent, id=f"finding-{number}", severity="CRITICAL" if number % 20 else "HIGH")
    yield sample(UnknownEvent)
    yield from variants(ECRImageScanEvent).values()


def answers(events: Iterable[EventBridgeEvent]) -> dict[str, Answer]:
    """Return the answers to the questions, by name."""
    every = list(events)
    return {name: answer(every) for name, answer in QUESTIONS.items()}


def _failed_replications(events: list[EventBridgeEvent]) -> Answer:
    """Count the failed replications by destination and hour."""
    found = Counter(
        (event.region, event.account, int(event.time.timestamp()) // 3600 * 3600)
        for event in events
        if isinstance(event, ECRReplicationActionEvent) and event.detail.result == "FAILED"
    )
    return sorted((*key, count) for key, count in found.items())


def _never_replicated(events: list[EventBridgeEvent]) -> Answer:
    """Return the repositories and digests of pushed images that reached no destination."""
    pushed = {
        (event.detail.repository_name, event.detail.image_digest)
        for event in events
        if isinstance(event, ECRImageActionEvent)
        and (event.detail.action_type, event.detail.result) == ("PUSH", "SUCCESS")
    }
    return sorted(pushed - {image for image, _ in _replications(events)})


def _critical_findings(events: list[EventBridgeEvent]) -> Answer:
    """Add up the critical findings of scans, and those of Inspector, by repository."""
    found: Counter[str] = Counter()
    for event in events:
        if isinstance(event, ScanEvent) and (repository := event.repository_reference):
            found[repository.repository_name] += int(event.detail.severities["CRITICAL"])
        elif isinstance(event, Inspector2FindingEvent) and event.detail.severity == "CRITICAL":
            found[event.detail.resources[0].details.aws_ecr_container_image.repository_name] += 1
    return sorted((name, count) for name, count in found.items() if count)


def _replication_delay(events: list[EventBridgeEvent]) -> Answer:
    """Return the 50th and the 99th percentile of the seconds between a push and its replications."""
    pushed = {
        (event.detail.repository_name, event.detail.image_digest): event.time
        for event in events
        if isinstance(event, ECRImageActionEvent)
        and (event.detail.action_type, event.detail.result) == ("PUSH", "SUCCESS")
    }
    delays = sorted(
        (event.time - pushed[image]).total_seconds() for image, event in _replications(events) if image in pushed
    )
    return [round(_quantile(delays, share), 6) for share in (0.5, 0.99)]


def _duplicates(events: list[EventBridgeEvent]) -> Answer:
    """Return the ids that occur more than once, and how often."""
    return sorted((id, count) for id, count in Counter(event.id for event in events).items() if count > 1)


def _replications(events: list[EventBridgeEvent]) -> Iterator[tuple[tuple[str, str | None], EventBridgeEvent]]:
    for event in events:
        if isinstance(event, ECRReplicationActionEvent) and event.detail.result == "SUCCESS":
            yield (event.detail.repository_name, event.detail.image_digest), event


def _quantile(values: list[float], share: float) -> float:
    """Return a quantile of sorted values, between two of them in proportion."""
    position = share * (len(values) - 1)
    low, high = [*pairwise([*values, values[-1]])][int(position)]
    return low + (high - low) * (position % 1)


QUESTIONS = {
    "failed replications": _failed_replications,
    "never replicated": _never_replicated,
    "critical findings": _critical_findings,
    "replication delay": _replication_delay,
    "duplicates": _duplicates,
}
