"""An archive of a registry that replicates and scans, and five questions about it, answered by a plain loop."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
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
    encode,
)
from ecr_events.samples import sample, variants

__all__ = ["QUESTIONS", "Answer", "answers", "documents", "make_events"]

_START = datetime(2026, 5, 4, 9, 15, tzinfo=UTC)

Answer: TypeAlias = Any
"""Sorted rows."""

_Image: TypeAlias = tuple[str, str | None]
"""A repository and a digest."""

QUESTIONS = {
    "failed replications": "The number of failed replications by region, account and hour.",
    "never replicated": "The repositories and digests of pushed images that reached no destination.",
    "critical findings": "The number of critical findings of scans, and of Inspector's findings, by repository.",
    "replication delay": "The 50th and the 99th percentile of the seconds between a push and its replications.",
    "duplicates": "The ids that occur more than once, and how often.",
}


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


def documents() -> list[tuple[str, bytes]]:
    """Return the events as JSON, each with the name of the file of its hour, sorted by it."""
    found = [(f"{event.time:%Y/%m/%d/%H}.gz", encode(event)) for event in make_events()]
    return sorted(found, key=lambda pair: pair[0])


def answers(events: Iterable[EventBridgeEvent]) -> dict[str, Answer]:
    """Return the answers to the questions, by name, from one pass over the events."""
    failed: Counter[tuple[str, str, int]] = Counter()
    critical: Counter[str] = Counter()
    pushed: dict[_Image, datetime] = {}
    replicated: dict[_Image, list[datetime]] = {}
    ids: set[str] = set()
    repeated: Counter[str] = Counter()
    for event in events:
        if event.id in ids:
            repeated[event.id] += 1
        ids.add(event.id)
        match event:
            case ECRReplicationActionEvent(detail=detail, time=time) if detail.result == "SUCCESS":
                replicated.setdefault((detail.repository_name, detail.image_digest), []).append(time)
            case ECRReplicationActionEvent(detail=detail, time=time) if detail.result == "FAILED":
                failed[event.region, event.account, int(time.timestamp()) // 3600 * 3600] += 1
            case ECRImageActionEvent(detail=detail, time=time) if (detail.action_type, detail.result) == (
                "PUSH",
                "SUCCESS",
            ):
                pushed[detail.repository_name, detail.image_digest] = time
            case ScanEvent(repository_reference=repository, detail=detail) if repository:
                critical[repository.repository_name] += int(detail.severities["CRITICAL"])
            case Inspector2FindingEvent(detail=detail) if detail.severity == "CRITICAL":
                critical[detail.resources[0].details.aws_ecr_container_image.repository_name] += 1
            case _:
                pass
    delays = sorted(
        (time - pushed[image]).total_seconds()
        for image, times in replicated.items()
        if image in pushed
        for time in times
    )
    return {
        "failed replications": sorted((*key, count) for key, count in failed.items()),
        "never replicated": sorted(pushed.keys() - replicated.keys()),
        "critical findings": sorted((name, count) for name, count in critical.items() if count),
        "replication delay": [round(_quantile(delays, share), 6) for share in (0.5, 0.99)],
        "duplicates": sorted((id, count + 1) for id, count in repeated.items()),
    }


def _quantile(values: list[float], share: float) -> float:
    """Return a quantile of sorted values, between two of them in proportion."""
    position = share * (len(values) - 1)
    low, high = values[int(position)], values[min(int(position) + 1, len(values) - 1)]
    return low + (high - low) * (position % 1)
