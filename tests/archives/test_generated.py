import pytest
from generated_archives import DAMAGES, SIZES, check, make_archive


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_event_is_lost_to_damage_beside_it(damage: str) -> None:
    """Nor does one surface that is inside of another, and errors have the right bytes; wherever pieces end.

    In archives made at random: see ``python tests/generated_archives.py --help`` for more of them.
    """
    for seed in range(60):
        archive = make_archive(seed, damage)
        results = [check(archive, size) for size in (SIZES[seed % len(SIZES)], SIZES[-1])]
        assert results[0] == results[1], seed
        assert (results[0].lost, results[0].surfaced, results[0].wrong) == ([], [], []), seed
