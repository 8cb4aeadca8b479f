"""The fake ECR, which fails one request in twenty."""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ecr_events import ImageReference

sys.path.append(str(Path(__file__).parent.parent.parent / "tests"))
from fake_ecr import DENIED, EXPIRED, SERVER_ERROR, THROTTLED, Broken, ECRServer, Fault, Request

__all__ = ["FAULTS", "FaultyECR"]

FAULTS = 0.05
"""The share of requests that fail."""

_FAULTS: tuple[Fault, ...] = (
    DENIED,
    EXPIRED,
    SERVER_ERROR,
    THROTTLED,
    Broken.DROP,
    Broken.HANG_UP,
    Broken.TRUNCATED,
)


class FaultyECR(ECRServer):
    """ECR on loopback, with faults and a bounded memory."""

    def __init__(self, images: Iterator[ImageReference]) -> None:
        super().__init__()
        self._choose = random.Random(0)
        self.failed: Counter[str] = Counter()
        """The faults that were injected."""
        self.served = 0
        """The number of requests."""
        for image in images:
            self.add(image)

    def next_fault(self, request: Request) -> Fault | None:
        """Return a fault for one request in twenty, and forget the request, of which a soak has too many."""
        self.served += 1
        self.requests.clear()
        if self._choose.random() >= FAULTS:
            return super().next_fault(request)
        fault = self._choose.choice(_FAULTS)
        self.failed[fault.name if isinstance(fault, Broken) else getattr(fault, "code", type(fault).__name__)] += 1
        return fault
