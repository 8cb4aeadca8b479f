"""Events and details as fields of pydantic's models, and as the bodies of FastAPI's requests.

Imported when pydantic first meets a class.
"""

import re
from typing import Any

from msgspec import to_builtins
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError
from pydantic_core.core_schema import no_info_plain_validator_function, plain_serializer_function_ser_schema

from ecr_events.codec import classes_of, decode, decode_document
from ecr_events.errors import DecodeError, Payload
from ecr_events.events import EventBridgeEvent, UnknownEvent
from ecr_events.structs import AWSStruct

__all__ = ["core_schema"]


def core_schema(cls: type[AWSStruct]) -> CoreSchema:
    """Return a schema that validates with `decode`, and serializes to a dict with AWS's keys.

    Raises:
        TypeError: `cls` is an event class that `decode` does not accept as a type.
    """
    if issubclass(cls, EventBridgeEvent):
        classes_of(cls)

    def validate(value: Any) -> AWSStruct:
        if isinstance(value, cls):
            return value
        try:
            return _decode(value, cls)
        except DecodeError as error:
            raise ValidationError.from_exception_data(cls.__name__, [_details(error)]) from None

    validate.__name__ = cls.__name__  # names the class in the errors of a union
    return no_info_plain_validator_function(
        validate,
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
        serialization=plain_serializer_function_ser_schema(to_builtins),
    )


def _decode(value: Payload, cls: type[AWSStruct]) -> AWSStruct:
    if not isinstance(value, dict):
        raise DecodeError(f"expected `object`, got `{type(value).__name__}`", "$", value)
    if issubclass(cls, UnknownEvent):
        decode(value)  # in a union, an event that breaks its contract is not an unknown one
    # A union tries every class, and `decode_document` looks at the detail-type first.
    return decode_document(value, cls) if issubclass(cls, EventBridgeEvent) else decode(value, type=cls)


def _details(error: DecodeError) -> InitErrorDetails:
    """Return pydantic's form of an error, without the payload: FastAPI fails to send one with ``NaN``."""
    path, _, _ = error.path.partition("[...]")  # some key of a dict
    location = tuple(key or int(index) for key, index in re.findall(r"\.([^.[]+)|\[(\d+)\]", path))
    message = PydanticCustomError("ecr_event", "{reason} at {path}", {"reason": error.reason, "path": error.path})
    return InitErrorDetails(type=message, loc=location, input=None)
