import msgspec

from ecr_events import ECRImageScanEvent
from ecr_events.samples import sample

SCAN = sample(ECRImageScanEvent).detail


def test_values_that_differ_in_a_dict_share_a_hash() -> None:
    """They are unequal, so a set holds both."""
    other = msgspec.structs.replace(SCAN, finding_severity_counts={"HIGH": 1})
    assert hash(other) == hash(SCAN)
    assert len({SCAN, other}) == 2


def test_values_that_differ_in_another_field_have_different_hashes() -> None:
    """Every field that is not a dict takes part."""
    assert hash(msgspec.structs.replace(SCAN, image_tags=("2.0.0",))) != hash(SCAN)
    assert hash(msgspec.structs.replace(SCAN, image_digest=None)) != hash(SCAN)
