"""EventBridge's envelope as a pydantic model, and the cases that keys come in."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Kebab(BaseModel):
    """Keys are in kebab-case."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class Camel(BaseModel):
    """Keys are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class Event(Kebab):
    """EventBridge's envelope."""

    version: str
    id: str
    source: str
    account: str
    time: datetime
    region: str
    resources: list[str]
    replay_name: str | None = None
