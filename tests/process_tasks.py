"""Functions that tests of processes run in other processes, which find them by name."""

from typing import Any

from conftest import APP, LoopbackSession, digest

from ecr_events import ArchiveError, DecodeError, decode
from ecr_events.archives import read
from ecr_events.deliveries import unwrap
from ecr_events.patterns import EventPattern
from ecr_events.service import ECRService

__all__ = ["SERVICES", "decode_or_raise", "look_up", "look_up_again", "match", "read_all", "return_error", "unwrap_all"]

SERVICES: list[ECRService] = []
"""A service that forked processes inherit."""


def decode_or_raise(document: bytes) -> Any:
    """Return the event, or raise the error."""
    return decode(document)


def return_error(document: bytes) -> DecodeError:
    """Return the error."""
    try:
        decode(document)
    except DecodeError as error:
        return error
    raise AssertionError(document)


def read_all(archive: bytes) -> tuple[list[Any], list[ArchiveError]]:
    """Return the events and the errors of an archive."""
    errors: list[ArchiveError] = []
    return list(read(archive, on_error=errors.append)), errors


def unwrap_all(delivery: Any) -> list[Any]:
    """Return the records of a delivery."""
    return list(unwrap(delivery))


def match(pattern_and_event: tuple[EventPattern, Any]) -> bool:
    """Return whether a pattern matches an event."""
    pattern, event = pattern_and_event
    return pattern.matches(event)


def look_up(url: str) -> Any:
    """Return the images of a service that is created in this process."""
    return _images(ECRService(LoopbackSession(url)))


def look_up_again(_: object) -> Any:
    """Return the images of the service that this process has inherited."""
    (service,) = SERVICES
    return _images(service)


def _images(service: ECRService) -> Any:
    return service.images(APP.image(digest=digest(number)) for number in range(3))
