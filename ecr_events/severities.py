"""Numbers of findings by severity.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html and
https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html
"""

from collections.abc import Iterator, Mapping

__all__ = ["SEVERITIES", "SeverityCounts"]

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED")
"""The severities of ECR and Inspector, worst first. The last two are findings without a severity."""

_TOTAL = "TOTAL"


class SeverityCounts(Mapping[str, int | float]):
    """Numbers of findings by severity, worst severity first; immutable.

    ``counts["HIGH"]`` is 0 without findings of that severity. A name that is neither one of `SEVERITIES` nor counted is
    a KeyError, since it is more likely misspelled than new. Iteration and ``len`` are over the severities that AWS
    listed: those of AWS's order first, then any others by name. Equal are those with the same counts and `total`.

    A failed scan has no findings either: an empty value does not mean a clean image.
    """

    __slots__ = ("_counts", "_total")

    def __init__(self, counts: Mapping[str, int | float] | None = None) -> None:
        counts = counts or {}
        known = [severity for severity in SEVERITIES if severity in counts]
        others = sorted(counts.keys() - {*SEVERITIES, _TOTAL})
        self._counts: dict[str, int | float] = {severity: counts[severity] for severity in known + others}
        self._total = counts.total if isinstance(counts, SeverityCounts) else counts.get(_TOTAL)

    @property
    def worst(self) -> str | None:
        """The worst severity with findings; None without findings."""
        return next((severity for severity, count in self._counts.items() if count > 0), None)

    @property
    def total(self) -> int | float:
        """Number of all findings: AWS's ``TOTAL``, which includes severities that it does not list, else the sum."""
        return sum(self._counts.values()) if self._total is None else self._total

    def at_least(self, severity: str) -> int | float:
        """Return the number of findings of a severity or a worse one.

        Raises:
            ValueError: `severity` is not one of `SEVERITIES`.
        """
        if severity not in SEVERITIES:
            raise ValueError(_unknown(severity))
        return sum(self[worse] for worse in SEVERITIES[: SEVERITIES.index(severity) + 1])

    def __getitem__(self, severity: str) -> int | float:
        count = self._counts.get(severity)
        if count is not None:
            return count
        if severity in SEVERITIES:
            return 0
        raise KeyError(_unknown(severity))

    def __contains__(self, severity: object) -> bool:
        return severity in self._counts

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SeverityCounts):
            return (self._counts, self.total) == (other._counts, other.total)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(frozenset(self._counts.items()))

    def __repr__(self) -> str:
        total = {} if self._total is None else {_TOTAL: self._total}
        return f"{self.__class__.__name__}({self._counts | total})"


def _unknown(severity: object) -> str:
    return f"unknown severity {severity!r:.200}: must be one of {', '.join(SEVERITIES)}"
