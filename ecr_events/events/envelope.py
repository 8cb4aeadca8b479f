"""The envelope that EventBridge puts around every event, and what all events can do.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from msgspec import Meta, structs

from ecr_events.events.interning import InternedStr
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.session import EventSession, check_session
from ecr_events.structs import KebabStruct

if TYPE_CHECKING:
    from ecr_events.service import ECRService, Image, ImageScanFindings, Repository

__all__ = ["EventBridgeEvent", "bind", "detail_type_of", "matches"]


class _SessionSlot:
    """A slot beside the fields of a Struct.

    Its value is not encoded, decoded, compared, hashed or shown, and its descriptor can set it
    on a frozen event.
    """

    __slots__ = ("_session",)

    _session: Any


class EventBridgeEvent(KebabStruct, _SessionSlot, frozen=True, kw_only=True):
    """Base class of all events: the fields of EventBridge's envelope. Subclasses add `detail`.

    Events are immutable, hashable, comparable and picklable. The session takes no part in
    comparing, hashing and pickling.

    References are computed without network access. `repository`, `image`, `repositories`, `images` and
    `scan_findings` call ECR, unless a response is cached that was requested after the event; see `ECRService`.
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
        """Type of the event, ``detail-type`` in JSON."""
        return detail_type_of(self.__class__) or ""

    @property
    def session(self) -> EventSession | None:
        """The boto3 session or `ECRService` used by lookups on this event; None for boto3's default session."""
        return getattr(self, "_session", None)

    def using(self, session: EventSession | None) -> Self:
        """Return a copy of this event whose lookups use a session or an `ECRService`.

        Raises:
            TypeError: `session` is neither.
        """
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

        Calls `ECRService.repository` in the event's region and account, using the event's `session`: one
        DescribeRepositories request, or none if a response since the event is cached. Raises the same errors.
        """
        reference = self.repository_reference
        return None if reference is None else self._service.repository(reference, self.time)

    @property
    def image(self) -> "Image | None":
        """The image of `image_reference`, from ECR; None if it does not exist.

        Calls `ECRService.image` in the event's region and account, using the event's `session`: one DescribeImages
        request, or none if a response since the event is cached. Raises the same errors.
        """
        reference = self.image_reference
        return None if reference is None else self._service.image(reference, self.time)

    @property
    def repositories(self) -> "dict[RepositoryReference, Repository | None]":
        """The repositories of `repository_references`, from `ECRService.repositories`."""
        return self._service.repositories(self.repository_references, self.time)

    @property
    def images(self) -> "dict[ImageReference, Image | None]":
        """The images of `image_references`, from `ECRService.images`."""
        return self._service.images(self.image_references, self.time)

    @property
    def scan_findings(self) -> "ImageScanFindings | None":
        """The scan findings of the image of `image_reference`, from ECR; None if it does not exist.

        Calls `ECRService.scan_findings`: one DescribeImageScanFindings request for 1,000 findings, each time. Raises
        the same errors.
        """
        reference = self.image_reference
        return None if reference is None else self._service.scan_findings(reference)

    def _repository_reference(self, name: str, registry_id: str | None = None) -> RepositoryReference:
        """Return a reference in the event's region; the registry defaults to the event's account."""
        return RepositoryReference(registry_id=registry_id or self.account, region=self.region, repository_name=name)

    @property
    def _service(self) -> "ECRService":
        return _service_for(getattr(self, "_session", None))

    @classmethod
    def _matches(cls, document: dict[str, Any]) -> bool:
        """Return whether a document with this class's detail-type is about ECR."""
        return document.get("source") == "aws.ecr"


_set_session: Callable[[EventBridgeEvent, EventSession | None], None] = _SessionSlot.__dict__["_session"].__set__


def bind(event: EventBridgeEvent, session: EventSession | None) -> None:
    """Set the session of a new `event` that has not been handed out yet; raises TypeError if it is none."""
    check_session(session)
    _set_session(event, session)


def _import_and_call(session: EventSession | None) -> "ECRService":
    # An import statement costs a tenth of a cached lookup, even when it has nothing to do.
    global _service_for
    from ecr_events.service.ecr_service import service_for

    _service_for = service_for
    return service_for(session)


_service_for = _import_and_call


def detail_type_of(cls: type[EventBridgeEvent]) -> str | None:
    """Return the ``detail-type`` of an event class; None for `UnknownEvent` and for base classes."""
    tag = cls.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def matches(cls: type[EventBridgeEvent], document: dict[str, Any]) -> bool:
    """Return whether a document that is not a valid `cls`, but has its detail-type, should have been one.

    If so, the document breaks the contract. Otherwise it is another service's event, and unknown.
    """
    return cls._matches(document)  # pyright: ignore[reportPrivateUsage] - subclasses override it, users do not
