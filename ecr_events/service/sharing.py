"""The service that the events of one session share."""

from functools import lru_cache

from ecr_events.service.ecr_service import ECRService
from ecr_events.session import Session

__all__ = ["service_for"]


def service_for(session: Session | None) -> ECRService:
    """Return the service that all events bound to `session` share; None is boto3's default session.

    The services of the last 32 sessions are kept, and with them their answers. (Threads that
    are the first at the same moment may each be given one of their own, which works as well.)
    """
    return _service(session)  # type: ignore[arg-type]  # every object is hashable unless it says otherwise


@lru_cache(maxsize=32)
def _service(session: Session | None) -> ECRService:
    return ECRService(session)
