"""The envelope that EventBridge puts around every event, and what all events can do.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from msgspec import Meta, structs

from ecr_events.events.interning import InternedStr
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.session import Session
from ecr_events.structs import KebabStruct

if TYPE_CHECKING:
    from ecr_events.service import ECRService, Image, Repository

__all__ = ["EventBridgeEvent", "bind", "detail_type_of", "matches"]


class _SessionSlot:
    """A slot beside the fields of a Struct.

    Its value is not encoded, decoded, compared, hashed or shown, and its descriptor can set it
    on a frozen event.
    """

    __slots__ = ("_session",)

    _session: Session | None


class EventBridgeEvent(KebabStruct, _SessionSlot, frozen=True, kw_only=True):
    """Base class of all events: the fields of EventBridge's envelope. Subclasses add `detail`.

    Events are immutable, hashable, comparable and picklable. The session takes no part in
    comparing, hashing and pickling.

    References are computed without network access. `repository`, `image`, `repositories` and
    `images` call ECR.
    """

    version: InternedStr
    """Version of the envelope, always ``0``."""

    id: str
    """Unique id of the event. EventBridge may deliver an event more than once, with the same id."""

    source: str
    """Service that sent the event: ``aws.ecr``, ``aws.inspector2``, or another for an `UnknownEvent`."""

    account: str
    """AWS account that the event is about: 12 digits, including leading zeros."""

    time: Annotated[datetime, Meta(tz=True)]
    """Time of the event as reported by the service; always timezone-aware."""

    region: InternedStr
    """AWS region that sent the event. For a replication this is the destination."""

    resources: tuple[str, ...]
    """ARNs of the resources that the event is about; empty for many ECR events."""

    replay_name: str | None = None
    """Name of the replay that delivered the event from an EventBridge archive."""

    @property
    def detail_type(self) -> str:
        """Type of the event, ``detail-type`` in JSON: ``ECR Image Action``."""
        return detail_type_of(self.__class__) or ""

    @property
    def session(self) -> Session | None:
        """The boto3 session used by lookups on this event; None for boto3's default session."""
        return getattr(self, "_session", None)

    def using(self, session: Session | None) -> Self:
        """Return a copy of this event whose lookups use `session`."""
        bound = structs.replace(self)
        bind(bound, session)
        return bound

    @property
    def repository_reference(self) -> RepositoryReference | None:
        """Reference to the repository named by the event; None if it names none or several."""
        references = self.repository_references
        return references[0] if len(references) == 1 else None

    @property
    def image_reference(self) -> ImageReference | None:
        """Reference to the image named by the event; None if it names none or several."""
        references = self.image_references
        return references[0] if len(references) == 1 else None

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """References to the repositories named by the event, without duplicates."""
        return ()

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """References to the images named by the event, without duplicates."""
        return ()

    @property
    def repository(self) -> "Repository | None":
        """The repository of `repository_reference`, from ECR; None if it does not exist.

        Calls `ECRService.repository` in the event's region and account, using the event's
        `session`: one DescribeRepositories request, or none if the response is cached. Raises the same errors.
        """
        reference = self.repository_reference
        return None if reference is None else self._service.repository(reference)

    @property
    def image(self) -> "Image | None":
        """The image of `image_reference`, from ECR; None if it does not exist.

        Calls `ECRService.image` in the event's region and account, using the event's
        `session`: one DescribeImages request, or none if the response is cached. Raises the same errors.
        """
        reference = self.image_reference
        return None if reference is None else self._service.image(reference)

    @property
    def repositories(self) -> "dict[RepositoryReference, Repository | None]":
        """The repositories of `repository_references`, from `ECRService.repositories`."""
        return self._service.repositories(self.repository_references)

    @property
    def images(self) -> "dict[ImageReference, Image | None]":
        """The images of `image_references`, from `ECRService.images`."""
        return self._service.images(self.image_references)

    def _repository_reference(self, name: str, registry_id: str | None = None) -> RepositoryReference:
        """Return a reference in the event's region; the registry defaults to the event's account."""
        return RepositoryReference(registry_id=registry_id or self.account, region=self.region, repository_name=name)

    @property
    def _service(self) -> "ECRService":
        from ecr_events.service.ecr_service import service_for

        return service_for(self.session)

    @classmethod
    def _matches(cls, document: dict[str, Any]) -> bool:
        """Return whether a document with this class's detail-type is about ECR."""
        return document.get("source") == "aws.ecr"


_set_session: Callable[[EventBridgeEvent, Session | None], None] = _SessionSlot.__dict__["_session"].__set__


def bind(event: EventBridgeEvent, session: Session | None) -> None:
    """Set the session of a new `event` that has not been handed out yet."""
    _set_session(event, session)


def detail_type_of(cls: type[EventBridgeEvent]) -> str | None:
    """Return the ``detail-type`` of an event class; None for `UnknownEvent` and for base classes."""
    tag = cls.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def matches(cls: type[EventBridgeEvent], document: dict[str, Any]) -> bool:
    """Return whether a document that is not a valid `cls`, but has its detail-type, should have been one.

    If so, the document breaks the contract. Otherwise it is another service's event, and unknown.
    """
    return cls._matches(document)  # pyright: ignore[reportPrivateUsage] - subclasses override it, users do not
