"""AWS API Call via CloudTrail: a call of ECR's API.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterable
from typing import cast

from ecr_events.events.cloudtrail_record import CloudTrailEvent, CloudTrailRecord
from ecr_events.events.image_event import optional_image
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["ECRAWSAPICallViaCloudTrail", "ECRAWSAPICallViaCloudTrailEvent"]


class ECRAWSAPICallViaCloudTrail(CloudTrailRecord, frozen=True, kw_only=True):
    """CloudTrail's record of an API call such as ``PutImage``, ``BatchGetImage`` or ``CreateRepository``."""


class ECRAWSAPICallViaCloudTrailEvent(
    CloudTrailEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="AWS API Call via CloudTrail"
):
    """A call of ECR's API. Requires a trail with management events.

    Read-only calls are delivered only to rules in the state
    ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS``.
    """

    detail: ECRAWSAPICallViaCloudTrail
    """CloudTrail's record of the call."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """References to the repositories named by the call, else those listed in the record.

        The registry is the one named by the call, else the event's account.
        """
        match self.detail.request_parameters:
            case {"repositoryName": str(name), **others} if name:
                names = [name]
            case {"repositoryNames": [*names], **others}:
                pass
            case _:
                return super().repository_references
        registry_id = _text(others, "registryId")
        found = (self._repository_reference(name, registry_id) for name in names if isinstance(name, str))
        return tuple(dict.fromkeys(found))

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """References to the images named by the call, in its order and without duplicates.

        For PutImage, the reference has the digest from ECR's response.
        """
        repository = self.repository_reference
        if repository is None:
            return ()
        request, response = self.detail.request_parameters, self.detail.response_elements
        requested = [item for key in ("imageId", "subjectId", "imageIds") for item in _items(request, key)]
        return (
            _images(repository, _items(response, "image", "imageId"))
            or _images(repository, requested)
            or _images(repository, [request])
        )


def _images(repository: RepositoryReference, identifiers: Iterable[object]) -> tuple[ImageReference, ...]:
    """Return references to the images named by ECR's image identifiers, without duplicates."""
    images = (
        optional_image(repository, _text(identifier, "imageDigest"), _text(identifier, "imageTag"))
        for identifier in identifiers
    )
    return tuple(dict.fromkeys(image for image in images if image))


def _items(value: object, *keys: str) -> list[object]:
    """Return the value at the path `keys`, wrapped in a list unless it is one."""
    for key in keys:
        value = _get(value, key)
    return cast(list[object], value) if isinstance(value, list) else [value]


def _text(value: object, key: str) -> str | None:
    """Return the value of `key` if it is a string."""
    text = _get(value, key)
    return text if isinstance(text, str) else None


def _get(value: object, key: str) -> object:
    return cast(dict[str, object], value).get(key) if isinstance(value, dict) else None
