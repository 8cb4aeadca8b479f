"""Each fault at some calls of a long batch: nothing is lost. `python tests/generated_faults.py` tries every call."""

import pytest
from generated_faults import CALLS, FAULTS, MODES, Tried, bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_a_call_of_a_long_batch(name: str) -> None:
    """Each image has a result or an error of the right class; what was found is cached, and the next call has the rest.

    The other region is not disturbed, and one fault alone is repaired by botocore's retries, or by another request.
    """
    calls = dict(zip(MODES, (1, CALLS // 2, 3), strict=True))
    with bench(name) as tested:
        for mode, call in calls.items():
            tried = Tried(name, mode)
            tried.add(call, tested.attempt(name, call, mode))
            assert not tried.lost, tried
