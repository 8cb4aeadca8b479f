from typing import Any

import pytest
from documents import document

from ecr_events import (
    ECREvent,
    ECRImageScanEvent,
    Inspector2ScanEvent,
    ScanEvent,
    SeverityCounts,
    UnknownEvent,
    decode,
)
from ecr_events.samples import sample
from ecr_events.service import Image, ImageScanFindings
from ecr_events.service.image import ImageScanFindingsSummary, ImageScanStatus
from ecr_events.service.scan_findings import EnhancedImageScanFinding, ImageScanFinding

IMAGE = Image(registry_id="012345678901", repository_name="team/app", digest="sha256:1")
ACTIVE = ImageScanStatus(status="ACTIVE")


def test_a_severity_without_findings_is_zero() -> None:
    """Whether AWS listed it or not; only what it listed is a member."""
    counts = SeverityCounts({"LOW": 2, "HIGH": 0})
    assert [counts["LOW"], counts["HIGH"], counts["CRITICAL"], counts["UNTRIAGED"]] == [2, 0, 0, 0]
    assert "HIGH" in counts
    assert "CRITICAL" not in counts
    assert "CRITICAL={CRITICAL} LOW={LOW}".format_map(counts) == "CRITICAL=0 LOW=2"


@pytest.mark.parametrize("name", ["INFORMAL", "high", "", "TOTAL", "NEW"])
def test_another_name_is_an_error(name: str) -> None:
    """The error lists the severities."""
    counts = SeverityCounts({"HIGH": 1, "TOTAL": 1})
    with pytest.raises(KeyError, match=rf"unknown severity '{name}': must be one of CRITICAL, HIGH"):
        counts[name]
    with pytest.raises(ValueError, match=rf"unknown severity '{name}': must be one of CRITICAL, HIGH"):
        counts.at_least(name)
    assert counts.get(name, 0) == 0


def test_severities_are_in_order_and_unknown_ones_are_last() -> None:
    """The total is none of them."""
    counts = SeverityCounts({"Z": 1, "LOW": 1, "TOTAL": 9, "UNDEFINED": 1, "CRITICAL": 1, "A": 3, "UNTRIAGED": 0})
    assert list(counts.items()) == [
        ("CRITICAL", 1),
        ("LOW", 1),
        ("UNDEFINED", 1),
        ("UNTRIAGED", 0),
        ("A", 3),
        ("Z", 1),
    ]
    assert len(counts) == 6
    assert repr(counts) == (
        "SeverityCounts({'CRITICAL': 1, 'LOW': 1, 'UNDEFINED': 1, 'UNTRIAGED': 0, 'A': 3, 'Z': 1, 'TOTAL': 9})"
    )


def test_equal_are_counts_with_the_same_total() -> None:
    """They are hashable, and a copy has the total too."""
    counts = SeverityCounts({"HIGH": 1, "TOTAL": 5})
    assert SeverityCounts(counts) == counts
    assert hash(SeverityCounts(counts)) == hash(counts)
    assert counts != SeverityCounts({"HIGH": 1})
    assert SeverityCounts({"HIGH": 1, "TOTAL": 1}) == SeverityCounts({"HIGH": 1})
    assert counts == {"HIGH": 1}
    assert counts != 1


@pytest.mark.parametrize(
    ("counts", "worst", "total", "at_least_high", "at_least_untriaged"),
    [
        (None, None, 0, 0, 0),
        ({}, None, 0, 0, 0),
        ({"CRITICAL": 0, "LOW": 3}, "LOW", 3, 0, 3),
        ({"HIGH": 4, "CRITICAL": 1, "MEDIUM": 2}, "CRITICAL", 7, 5, 7),
        ({"MEDIUM": 3, "HIGH": 16, "CRITICAL": 4, "TOTAL": 24}, "CRITICAL", 24, 20, 23),
        ({"NEW": 2}, "NEW", 2, 0, 0),
        ({"TOTAL": 5}, None, 5, 0, 0),
    ],
)
def test_worst_total_and_threshold(
    counts: Any, worst: str | None, total: int, at_least_high: int, at_least_untriaged: int
) -> None:
    """The total is AWS's own, if it sent one."""
    severities = SeverityCounts(counts)
    assert severities.worst == worst
    assert severities.total == total
    assert severities.at_least("HIGH") == at_least_high
    assert severities.at_least("UNTRIAGED") == at_least_untriaged


def test_one_case_matches_both_scans() -> None:
    """And no other event."""

    def worst(event: ECREvent | UnknownEvent) -> str | None:
        match event:
            case ScanEvent(detail=detail):
                return detail.severities.worst
            case _:
                return "no scan"

    assert worst(sample(ECRImageScanEvent)) == worst(sample(Inspector2ScanEvent)) == "CRITICAL"
    assert worst(sample(UnknownEvent)) == "no scan"
    assert sample(Inspector2ScanEvent).detail.severities.total == 29


@pytest.mark.parametrize("type", [ECRImageScanEvent, Inspector2ScanEvent])
def test_a_scan_without_counts_has_no_severities(type: type[ScanEvent]) -> None:
    """As of a clean or a failed scan."""
    event = decode(document(type, missing=("finding-severity-counts",)), type=type)
    assert event.detail.severities == {}
    assert event.detail.severities["CRITICAL"] == 0


def test_an_image_has_the_severities_of_its_last_scan() -> None:
    """None are listed without a summary."""
    assert IMAGE.severities == {}
    summary = ImageScanFindingsSummary(finding_severity_counts={"HIGH": 4})
    image = Image(registry_id="1", repository_name="app", digest="sha256:1", scan_findings_summary=summary)
    assert image.severities == summary.severities == {"HIGH": 4}


def test_findings_have_severities() -> None:
    """Those that ECR counted; without counts, the findings are counted."""
    basic, unnamed = ImageScanFinding(name="a", severity="HIGH"), ImageScanFinding(name="b")
    enhanced = EnhancedImageScanFinding(severity="LOW")
    findings = ImageScanFindings(image_scan_status=ACTIVE, findings=(basic, unnamed), enhanced_findings=(enhanced,))
    assert findings.severities == {"HIGH": 1, "LOW": 1, "UNDEFINED": 1}
    counted = ImageScanFindings(image_scan_status=ACTIVE, finding_severity_counts={"LOW": 9}, findings=(basic,))
    assert counted.severities == {"LOW": 9}
