"""AWS API Call via CloudTrail: somebody called an operation of ECR's API.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from typing import TypeVar

from msgspec import Struct, ValidationError, convert

from ecr_events.events.cloudtrail_record import CloudTrailEvent, CloudTrailRecord
from ecr_events.events.image_event import image_of
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["ECRAWSAPICallViaCloudTrail", "ECRAWSAPICallViaCloudTrailEvent"]


_Shape = TypeVar("_Shape", bound=Struct)


class ECRAWSAPICallViaCloudTrail(CloudTrailRecord, frozen=True, kw_only=True, gc=False):
    """The record of one call: ``PutImage``, ``BatchGetImage``, ``CreateRepository`` ..."""


class _ImageIdentifier(Struct, frozen=True, gc=False, rename="camel"):
    image_digest: str | None = None
    image_tag: str | None = None


class _Parameters(_ImageIdentifier, frozen=True, gc=False, rename="camel"):
    """The parameters by which the operations of ECR's API name a repository and its images."""

    repository_name: str | None = None
    registry_id: str | None = None
    image_id: _ImageIdentifier | None = None
    image_ids: tuple[_ImageIdentifier, ...] = ()
    subject_id: _ImageIdentifier | None = None


class _Response(Struct, frozen=True, gc=False, rename="camel"):
    image: _Parameters | None = None


class ECRAWSAPICallViaCloudTrailEvent(
    CloudTrailEvent, frozen=True, kw_only=True, gc=False, tag_field="detail-type", tag="AWS API Call via CloudTrail"
):
    """Somebody called ECR's API. Needs a trail with management events.

    Calls that only read reach a rule in the state
    ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`` alone.
    """

    detail: ECRAWSAPICallViaCloudTrail
    """CloudTrail's record of the call."""

    @property
    def repository_reference(self) -> RepositoryReference | None:
        """Where the repository is that the call names; None if it names none. No network.

        The registry is the one that the call names, else the one of the event's account.
        """
        parameters = _read(self.detail.request_parameters, _Parameters)
        if not parameters.repository_name:
            return super().repository_reference
        return RepositoryReference(
            registry_id=parameters.registry_id or self.account,
            region=self.region,
            repository_name=parameters.repository_name,
        )

    @property
    def image_reference(self) -> ImageReference | None:
        """Where the first of the `image_references` is; None if the call names no image. No network."""
        return next(iter(self.image_references), None)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where the images are that the call names, in its order and each once. No network.

        What PutImage pushed is named by the digest that ECR answered with.
        """
        repository = self.repository_reference
        if repository is None:
            return ()
        asked = _read(self.detail.request_parameters, _Parameters)
        answered = _read(self.detail.response_elements, _Response).image or _Parameters()
        named = (answered.image_id or asked.image_id, asked.subject_id, *asked.image_ids)
        if not any(named):
            named = (asked,)
        images = (image_of(repository, image.image_digest, image.image_tag) for image in named if image)
        return tuple(dict.fromkeys(image for image in images if image))


def _read(parameters: object, shape: type[_Shape]) -> _Shape:
    """Return what of `parameters` has the `shape`; an empty one if they have another."""
    try:
        return convert(parameters or {}, shape)
    except ValidationError:
        return shape()
