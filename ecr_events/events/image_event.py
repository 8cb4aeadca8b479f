"""What the events share that name one image: by repository, digest and tag."""

from typing import TYPE_CHECKING, Protocol

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["ImageEvent", "first", "optional_image"]


def optional_image(repository: RepositoryReference, digest: str | None, tag: str | None) -> ImageReference | None:
    """Return the image of `repository` by digest, else by tag; None if both are absent or ``""``."""
    return repository.image(digest=digest, tag=tag) if digest or tag else None


def first(tags: tuple[str, ...] | None) -> str | None:
    """Return the first of an image's tags; None if it has none."""
    return tags[0] if tags else None


class NamesImage(Protocol):
    """A detail that names one image, or a repository only, where digest and tag are missing."""

    @property
    def repository_name(self) -> str: ...
    @property
    def image_digest(self) -> str | None: ...
    @property
    def image_tag(self) -> str | None: ...


class ImageEvent(EventBridgeEvent, frozen=True, kw_only=True):
    """The base of the events whose detail names one image in the event's own registry."""

    if TYPE_CHECKING:
        detail: NamesImage

    @property
    def repository_reference(self) -> RepositoryReference:
        """Where the repository is that the event names. No network."""
        return self._repository_reference(self.detail.repository_name)

    @property
    def image_reference(self) -> ImageReference | None:
        """Where the image is: by digest, else by tag; None if the event has neither. No network."""
        return optional_image(self.repository_reference, self.detail.image_digest, self.detail.image_tag)

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """The same as a tuple. No network."""
        return (self.repository_reference,)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """The same as a tuple. No network."""
        return () if self.image_reference is None else (self.image_reference,)
