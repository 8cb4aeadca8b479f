from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, document, error_text, references

from ecr_events import ECRPullThroughCacheAction, ECRPullThroughCacheActionEvent, decode, encode
from ecr_events.samples import sample_json

EVENT = ECRPullThroughCacheActionEvent(
    version="0",
    id="0eb35c4c-260d-54b3-b377-2c60d5fd25cd",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 11, 42, 7, tzinfo=UTC),
    region="eu-west-1",
    resources=("arn:aws:ecr:eu-west-1:012345678901:repository/docker-hub/library/alpine",),
    detail=ECRPullThroughCacheAction(
        sync_status="SUCCESS",
        repository_name="docker-hub/library/alpine",
        rule_version="1",
        ecr_repository_prefix="docker-hub",
        upstream_registry_url="registry-1.docker.io",
        image_tag="3.23",
        image_digest="sha256:043ed8cf45ed546fd8f0c291ce9300694649ee64c1ab569a2005f8a218a1363e",
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRPullThroughCacheActionEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRPullThroughCacheActionEvent)
    assert decode(encode(EVENT)) == EVENT


ALPINE = msgspec.structs.replace(APP, repository_name="docker-hub/library/alpine")
ALPINE_DIGEST = "sha256:043ed8cf45ed546fd8f0c291ce9300694649ee64c1ab569a2005f8a218a1363e"


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"sync-status": 1}, "expected `str`, got `int` at $.detail.sync-status"),
        ({"upstream-registry-url": {}}, "expected `str | null`, got `object` at $.detail.upstream-registry-url"),
        ({"failure-code": 404}, "expected `str | null`, got `int` at $.detail.failure-code"),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(ECRPullThroughCacheActionEvent, detail)) == message


def test_a_day_that_does_not_exist_is_an_error() -> None:
    """AWS's own sample is dated 29 February 2023."""
    invalid = document(ECRPullThroughCacheActionEvent) | {"time": "2023-02-29T02:36:48Z"}
    assert error_text(invalid) == "invalid RFC3339 encoded datetime at $.time"


def test_the_cached_image_is_named() -> None:
    """The repository is the one in ECR, prefix included, not the one upstream."""
    image = ALPINE.image(digest=ALPINE_DIGEST, tag="3.23")
    assert references(document(ECRPullThroughCacheActionEvent)) == (ALPINE, image, (ALPINE,), (image,))


def test_a_failure_has_a_code_and_a_reason() -> None:
    """Digest and tag may be missing, and no image is named then."""
    detail = {"sync-status": "FAILED", "failure-code": "UpstreamUnavailable", "failure-reason": "timed out"}
    failed = document(ECRPullThroughCacheActionEvent, detail, missing=("image-digest", "image-tag"))
    event = decode(failed, type=ECRPullThroughCacheActionEvent)
    assert (event.detail.failure_code, event.detail.failure_reason) == ("UpstreamUnavailable", "timed out")
    assert references(failed) == (ALPINE, None, (ALPINE,), ())
