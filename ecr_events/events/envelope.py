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

__all__ = ["EventBridgeEvent", "bind"]


class _SessionSlot:
    """One slot beside the fields of a Struct.

    What it holds is neither encoded, decoded, compared, hashed nor shown, and a frozen
    event can still be bound to a session through the slot's descriptor.
    """

    __slots__ = ("_session",)

    _session: object | None


def bind(event: "EventBridgeEvent", session: Session | None) -> None:
    """Bind a new `event`, one that nobody else holds yet, to `session`."""
    _set_session(event, session)


class EventBridgeEvent(KebabStruct, _SessionSlot, frozen=True, kw_only=True):
    """The base of all events: EventBridge's own fields. Every subclass adds its `detail`.

    Events are values: frozen, hashable, comparable, picklable. Two events that differ only
    in their session are equal.
    """

    version: InternedStr
    """The version of the envelope; always ``0``."""

    id: str
    """A unique id of the event. EventBridge may deliver an event twice, with the same id."""

    source: str
    """The service that sent the event: ``aws.ecr``, ``aws.inspector2``, another for an `UnknownEvent`."""

    account: str
    """The AWS account that the event is about, 12 digits, leading zeros included."""

    time: Annotated[datetime, Meta(tz=True)]
    """When the event was made, as the service reports it; always timezone-aware."""

    region: InternedStr
    """The AWS region that sent the event. For a replication that is the destination."""

    resources: tuple[str, ...]
    """The ARNs of what the event is about; empty for many events of ECR."""

    replay_name: str | None = None
    """The name of the replay, when the event comes out of an EventBridge archive."""

    @property
    def detail_type(self) -> str:
        """The kind of event, ``detail-type`` in the JSON: ``ECR Image Action``."""
        return str(self.__struct_config__.tag)

    @property
    def session(self) -> Session | None:
        """The boto3 session that lookups on this event go through; None is boto3's default."""
        return getattr(self, "_session", None)

    def using(self, session: Session | None) -> Self:
        """Return the same event bound to `session`; this event stays as it is."""
        bound = structs.replace(self)
        bind(bound, session)
        return bound

    @property
    def repository_reference(self) -> RepositoryReference | None:
        """Where the repository is that the event names; None if it names none, or several. No network."""
        references = self.repository_references
        return references[0] if len(references) == 1 else None

    @property
    def image_reference(self) -> ImageReference | None:
        """Where the image is that the event names; None if it names none, or several. No network."""
        references = self.image_references
        return references[0] if len(references) == 1 else None

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where all the repositories are that the event names, each once. No network."""
        return ()

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where all the images are that the event names, each once. No network."""
        return ()

    @property
    def repository(self) -> "Repository | None":
        """The repository of `repository_reference`, as ECR knows it now; None if there is none.

        Asks ECR, as `ECRService.repository` does, in the event's region and account through
        the event's `session`, and keeps the answer for a minute. Raises what it raises.
        """
        reference = self.repository_reference
        return None if reference is None else self._service.repository(reference)

    @property
    def image(self) -> "Image | None":
        """The image of `image_reference`, as ECR knows it now; None if there is none.

        Asks ECR, as `ECRService.image` does, in the event's region and account through the
        event's `session`, and keeps the answer for a minute. Raises what it raises.
        """
        reference = self.image_reference
        return None if reference is None else self._service.image(reference)

    @property
    def repositories(self) -> "dict[RepositoryReference, Repository | None]":
        """All of `repository_references`, as `ECRService.repositories` returns them."""
        return self._service.repositories(self.repository_references)

    @property
    def images(self) -> "dict[ImageReference, Image | None]":
        """All of `image_references`, as `ECRService.images` returns them."""
        return self._service.images(self.image_references)

    def _repository_reference(self, name: str, registry_id: str | None = None) -> RepositoryReference:
        """Return the repository of that name, in the event's region and account unless another is given."""
        return RepositoryReference(registry_id=registry_id or self.account, region=self.region, repository_name=name)

    @property
    def _service(self) -> "ECRService":
        from ecr_events.service import service_for

        return service_for(self.session)

    @classmethod
    def claims(cls, document: dict[str, Any]) -> bool:
        """Return whether `document`, which has this class's detail-type, is for this class.

        Only asked about a document that does not fit the class. If it claims the document,
        the contract is broken; if not, the event is somebody else's and unknown here.
        """
        return document.get("source") == "aws.ecr"


_set_session: Callable[[EventBridgeEvent, object | None], None] = _SessionSlot.__dict__["_session"].__set__
