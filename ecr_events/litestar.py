"""A plugin for Litestar: its handlers take events as `decode` returns them.

Litestar itself refuses `UnknownEvent` in a union, and its OpenAPI document has no descriptions.
"""

from typing import Any

from litestar.dto import AbstractDTO, MsgspecDTO
from litestar.exceptions import SerializationException, ValidationException
from litestar.openapi.spec import Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin, SerializationPlugin
from litestar.serialization import decode_json
from litestar.typing import FieldDefinition
from typing_extensions import override

from ecr_events.codec import decode
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent
from ecr_events.schemas import self_contained_schema
from ecr_events.structs import AWSStruct

__all__ = ["ECREventsPlugin"]


class ECREventsPlugin(SerializationPlugin, OpenAPISchemaPlugin):
    """Plugin that lets handlers take and return event classes and unions of them, `UnknownEvent` included.

    A base class accepts the events of its subclasses, `EventBridgeEvent` every event. The response to a payload that
    `decode` refuses has status 400, the path and the reason.
    """

    def supports_type(self, field_definition: FieldDefinition) -> bool:
        """Return whether a field is an event."""
        return _is_event(field_definition)

    def create_dto_for_type(self, field_definition: FieldDefinition) -> type[AbstractDTO[Any]]:
        """Return the class that decodes a field."""
        return type("EventDTO", (_EventDTO,), {"field": field_definition})

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

    field: FieldDefinition

    @override
    def decode_bytes(self, value: bytes) -> Any:
        try:
            return _decode(value, self.field)
        except DecodeError as error:
            problem = {"message": error.reason, "key": error.path, "source": "body"}
            raise ValidationException(str(error), extra=[problem]) from error
        except SerializationException as error:
            raise ValidationException(str(error)) from error

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
        if field_definition.is_union and _is_event(field_definition):
            # Litestar's own `oneOf` refuses typed events, because the schema of `UnknownEvent` accepts them too.
            return Schema(any_of=[schema_creator.for_field_definition(cls) for cls in field_definition.inner_types])
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema


def _decode(body: bytes, field: FieldDefinition) -> Any:
    if not _is_event(field):  # a collection of events
        return decode_json(body, target_type=field.annotation)
    if not field.is_union:
        return decode(body, type=field.annotation)
    event = decode(body)
    if not isinstance(event, field.annotation):
        raise DecodeError("not one of the expected events", "$", body)
    return event


def _is_event(field: FieldDefinition) -> bool:
    """Return whether all values of a field are events."""
    return field.is_subclass_of(EventBridgeEvent)
