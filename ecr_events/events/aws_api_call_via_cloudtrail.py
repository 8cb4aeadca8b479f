"""AWS API Call via CloudTrail: somebody called an operation of ECR's API.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterable
from itertools import chain
from typing import cast

from ecr_events.events.cloudtrail_record import CloudTrailEvent, CloudTrailRecord
from ecr_events.events.image_event import optional_image
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["ECRAWSAPICallViaCloudTrail", "ECRAWSAPICallViaCloudTrailEvent"]


class ECRAWSAPICallViaCloudTrail(CloudTrailRecord, frozen=True, kw_only=True):
    """The record of one call: ``PutImage``, ``BatchGetImage``, ``CreateRepository`` ..."""


class ECRAWSAPICallViaCloudTrailEvent(
    CloudTrailEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="AWS API Call via CloudTrail"
):
    """Somebody called ECR's API. Needs a trail with management events.

    Calls that only read reach a rule in the state
    ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`` alone.
    """

    detail: ECRAWSAPICallViaCloudTrail
    """CloudTrail's record of the call."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repositories are that the call names, else those that the record lists. No network.

        The registry is the one that the call names, else the one of the event's account.
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
        """Where the images are that the call names, in its order and each once. No network.

        What PutImage pushed is named by the digest that ECR answered with.
        """
        repository = self.repository_reference
        if repository is None:
            return ()
        asked, answered = self.detail.request_parameters, self.detail.response_elements
        return (
            _images(repository, _items(answered, "image", "imageId"))
            or _images(repository, _items(asked, "imageId"), _items(asked, "subjectId"), _items(asked, "imageIds"))
            or _images(repository, [asked])
        )


def _images(repository: RepositoryReference, *identifiers: Iterable[object]) -> tuple[ImageReference, ...]:
    """Return the images that the identifiers name, of which ECR's API takes one or a list in several places."""
    images = (
        optional_image(repository, _text(identifier, "imageDigest"), _text(identifier, "imageTag"))
        for identifier in chain(*identifiers)
    )
    return tuple(dict.fromkeys(image for image in images if image))


def _items(value: object, *keys: str) -> list[object]:
    """Return what is found down the keys, as a list; an empty one if there is nothing."""
    for key in keys:
        value = _get(value, key)
    return cast(list[object], value) if isinstance(value, list) else [value]


def _text(value: object, key: str) -> str | None:
    """Return what is under the key, if it is a string."""
    text = _get(value, key)
    return text if isinstance(text, str) else None


def _get(value: object, key: str) -> object:
    return cast(dict[str, object], value).get(key) if isinstance(value, dict) else None
