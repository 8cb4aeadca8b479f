"""A plugin for Litestar: its handlers take events as `decode` returns them.

Litestar itself refuses `UnknownEvent` in a union, and its OpenAPI document has no descriptions.
"""

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from litestar.dto import AbstractDTO, MsgspecDTO
from litestar.exceptions import ImproperlyConfiguredException, ValidationException
from litestar.openapi.spec import OpenAPIType, Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin, SerializationPlugin
from litestar.typing import FieldDefinition
from msgspec import Raw, json
from typing_extensions import override

from ecr_events.codec import decode
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent
from ecr_events.schemas import self_contained_schema
from ecr_events.structs import AWSStruct

__all__ = ["ECREventsPlugin"]


class ECREventsPlugin(SerializationPlugin, OpenAPISchemaPlugin):
    """Plugin that lets handlers take event classes, unions of them, `UnknownEvent` included, and lists of both.

    A base class accepts the events of its subclasses, `EventBridgeEvent` every event. The response to a payload that
    `decode` refuses has status 400, the path and the reason. Handlers may return anything that has events.

    Raises:
        ImproperlyConfiguredException: The body of a handler is another collection of events, such as a dict.
    """

    def supports_type(self, field_definition: FieldDefinition) -> bool:
        """Return whether a field is an event, or a list of events; None may stand for an event."""
        return _holds_events_only(field_definition.annotation)

    def create_dto_for_type(self, field_definition: FieldDefinition) -> type[AbstractDTO[Any]]:
        """Return the class that decodes a field."""
        annotation = field_definition.annotation
        if field_definition.name == "data" and not _holds_events_only(annotation):
            raise ImproperlyConfiguredException(f"a body may be one event or a list of events, not {annotation}")
        return type("EventDTO", (_EventDTO,), {"annotation": annotation})

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Return whether a field is of one class, that of an event or of a detail."""
        return not field_definition.is_union and field_definition.is_subclass_of(AWSStruct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Return the schema of a class, registered as a component."""
        component: Schema = schema_creator.schema_registry.get_schema_for_field_definition(field_definition)
        for key, value in self_contained_schema(field_definition.annotation).items():
            setattr(component, key, value)
        return component


class _EventDTO(MsgspecDTO[EventBridgeEvent]):
    """Decodes request bodies with `decode`, and leaves the encoding of responses to Litestar."""

    annotation: Any

    @override
    def decode_bytes(self, value: bytes) -> Any:
        try:
            return _decode(value, self.annotation)
        except DecodeError as error:
            problem = {"message": error.reason, "key": error.path, "source": "body"}
            raise ValidationException(str(error), extra=[problem]) from error

    @override
    def data_to_encodable_type(self, data: Any) -> Any:
        return data

    @override
    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Prepare nothing: Litestar would build a model of the fields."""

    @override
    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = _schema(field_definition.annotation, schema_creator)
        return schema


def _holds_events_only(annotation: Any) -> bool:
    members = [member for member in get_args(annotation) if member is not NoneType]
    if members and get_origin(annotation) in {list, Union, UnionType}:
        return all(map(_holds_events_only, members))
    return isinstance(annotation, type) and issubclass(annotation, EventBridgeEvent)


def _schema(annotation: Any, schema_creator: Any) -> Any:
    members = get_args(annotation)
    if get_origin(annotation) is list:
        return Schema(type=OpenAPIType.ARRAY, items=_schema(members[0], schema_creator))
    if members:
        # Litestar's own `oneOf` refuses typed events, because the schema of `UnknownEvent` accepts them too.
        return Schema(any_of=[_schema(member, schema_creator) for member in members])
    return schema_creator.for_field_definition(FieldDefinition.from_annotation(annotation))


def _decode(body: Any, annotation: Any) -> Any:
    members = get_args(annotation)
    if get_origin(annotation) is list:
        return [_decode_item(body, index, item, members[0]) for index, item in enumerate(_split(body))]
    classes = [cls for cls in members or (annotation,) if cls is not NoneType]
    if len(classes) < len(members) and bytes(body).strip() == b"null":
        return None
    if len(classes) == 1:
        return decode(body, type=classes[0])
    event = decode(body)
    if not isinstance(event, tuple(classes)):
        raise DecodeError("not one of the expected events", "$", body)
    return event


def _split(body: Any) -> list[Raw]:
    try:
        return json.decode(body, type=list[Raw])
    except (ValueError, RecursionError) as error:
        raise DecodeError.from_exception(error, body) from error


def _decode_item(body: Any, index: int, item: Raw, annotation: Any) -> Any:
    try:
        return _decode(memoryview(item), annotation)
    except DecodeError as error:
        raise DecodeError(error.reason, f"$[{index}]{error.path[1:]}", body) from error
