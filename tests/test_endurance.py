"""Memory after some repetitions of everything; ``python tests/endurance.py`` repeats it up to ten million times."""

import sys

import pytest
from endurance import CASES, LEAK, MAX_GROWTH, Growth, measure_in_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def measured() -> dict[str, Growth]:
    """Return what each case has left, measured in one process."""
    return {found.case: found for found in measure_in_process(CASES, 1_000)}


@pytest.mark.parametrize("case", CASES)
def test_memory_does_not_grow_and_no_reference_cycles_are_made(measured: dict[str, Growth], case: str) -> None:
    """Also not by errors, of which some are held for a while."""
    assert measured[case].garbage == []
    assert measured[case].growth <= MAX_GROWTH


def test_a_leak_and_reference_cycles_are_found() -> None:
    """In a case that makes both."""
    (found,) = measure_in_process([LEAK], 1_000)
    assert len(found.garbage) == 100
    assert found.growth > MAX_GROWTH
