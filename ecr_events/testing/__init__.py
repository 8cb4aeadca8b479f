"""Tools for tests of code that handles these events.

`fake_ecr` is an in-process ECR that contains what events name, `deliver` wraps events as AWS delivers them, and
`events`, `payloads` and `malformed_payloads` are strategies of hypothesis. moto, boto3 and hypothesis are imported on
first use: the extra ``testing`` installs them.
"""

from typing import TYPE_CHECKING, Any

from ecr_events.testing.delivery import SOURCES, deliver

if TYPE_CHECKING:
    from ecr_events.testing.registry import fake_ecr
    from ecr_events.testing.strategies import events, malformed_payloads, payloads

__all__ = ["SOURCES", "deliver", "events", "fake_ecr", "malformed_payloads", "payloads"]

if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> Any:
        """Import what has optional dependencies on first use."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        try:
            module = import_module(f"{__name__}.{'registry' if name == 'fake_ecr' else 'strategies'}")
        except ImportError as error:
            raise ImportError(f"{name} requires: pip install boto3 hypothesis moto ({error})") from error
        return getattr(module, name)
