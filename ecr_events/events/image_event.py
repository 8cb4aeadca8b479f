"""Base class of single-image events."""

from typing import TYPE_CHECKING, Protocol

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["ImageEvent", "first", "optional_image"]


def optional_image(repository: RepositoryReference, digest: str | None, tag: str | None) -> ImageReference | None:
    """Return a reference to an image of `repository`; None if digest and tag are both absent or ``""``."""
    return repository.image(digest=digest, tag=tag) if digest or tag else None


def first(tags: tuple[str, ...] | None) -> str | None:
    """Return the first tag, if any."""
    return tags[0] if tags else None


class ImageDetail(Protocol):
    """A detail that names an image, or only a repository if it has neither digest nor tag."""

    @property
    def repository_name(self) -> str: ...
    @property
    def image_digest(self) -> str | None: ...
    @property
    def image_tag(self) -> str | None: ...


class ImageEvent(EventBridgeEvent, frozen=True, kw_only=True):
    """Base class of events whose detail names one image in the event's own registry."""

    if TYPE_CHECKING:
        detail: ImageDetail

    @property
    def repository_reference(self) -> RepositoryReference:
        """Reference to the repository named by the event."""
        return self._repository_reference(self.detail.repository_name)

    @property
    def image_reference(self) -> ImageReference | None:
        """Reference to the image, by digest, else by tag; None if the event has neither."""
        return optional_image(self.repository_reference, self.detail.image_digest, self.detail.image_tag)

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """`repository_reference` as a one-element tuple."""
        return (self.repository_reference,)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """`image_reference` as a one-element tuple; empty without one."""
        reference = self.image_reference
        return () if reference is None else (reference,)
