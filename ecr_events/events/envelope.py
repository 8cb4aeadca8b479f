"""The envelope that EventBridge puts around every event, and what all events can do.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta, Struct, structs

from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["EventBridgeEvent", "bind"]


_NO_LOOKUPS = "looking up what an event names is not part of this version; its reference says where it is"


class _SessionSlot:
    """One slot beside the fields of a Struct.

    What it holds is neither encoded, decoded, compared, hashed nor shown, and a frozen
    event can still be bound to a session through the slot's descriptor.
    """

    __slots__ = ("_session",)

    _session: object | None


def bind(event: "EventBridgeEvent", session: object | None) -> None:
    """Bind a new `event`, one that nobody else holds yet, to `session`."""
    _set_session(event, session)


class EventBridgeEvent(Struct, _SessionSlot, frozen=True, kw_only=True, gc=False, rename="kebab", omit_defaults=True):
    """The base of all events: EventBridge's own fields. Every subclass adds its `detail`.

    Events are values: frozen, hashable, comparable, picklable. Two events that differ only
    in their session are equal.
    """

    version: str
    """The version of the envelope; always ``0``."""

    id: str
    """A unique id of the event. EventBridge may deliver an event twice, with the same id."""

    source: str
    """The service that sent the event: ``aws.ecr`` or ``aws.inspector2``."""

    account: str
    """The AWS account that the event is about, 12 digits, leading zeros included."""

    time: Annotated[datetime, Meta(tz=True)]
    """When the event was made, as the service reports it; always timezone-aware."""

    region: str
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
    def session(self) -> object | None:
        """The boto3 session that lookups on this event go through; None is boto3's default."""
        return getattr(self, "_session", None)

    def using(self, session: object | None) -> Self:
        """Return the same event bound to `session`; this event stays as it is."""
        bound = structs.replace(self)
        bind(bound, session)
        return bound

    @property
    def repository_reference(self) -> RepositoryReference | None:
        """Where the repository is that the event names; None if it names none. No network."""
        return None

    @property
    def image_reference(self) -> ImageReference | None:
        """Where the image is that the event names; None if it names none. No network."""
        return None

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repositories are that the event names, in its order; empty if it names none."""
        reference = self.repository_reference
        return () if reference is None else (reference,)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where the images are that the event names, in its order; empty if it names none."""
        reference = self.image_reference
        return () if reference is None else (reference,)

    @property
    def repository(self) -> object | None:
        """The repository that the event names, as ECR knows it now.

        Raises:
            NotImplementedError: always, until this library can ask ECR.
        """
        raise NotImplementedError(_NO_LOOKUPS)

    @property
    def image(self) -> object | None:
        """The image that the event names, as ECR knows it now.

        Raises:
            NotImplementedError: always, until this library can ask ECR.
        """
        raise NotImplementedError(_NO_LOOKUPS)

    @classmethod
    def claims(cls, document: dict[str, Any]) -> bool:
        """Return whether `document`, which has this class's detail-type, is for this class.

        Only asked about a document that does not fit the class. If it claims the document,
        the contract is broken; if not, the event is somebody else's and unknown here.
        """
        return document.get("source") == "aws.ecr"


_set_session: Callable[[EventBridgeEvent, object | None], None] = _SessionSlot.__dict__["_session"].__set__
