"""pydantic's `model_validate_json`, where the detail-type is known in advance."""

from benchmarks.contenders import Contender
from benchmarks.contenders.pydantic_models import MODELS, to_dict, to_json

CONTENDER = Contender(
    label="pydantic, model_validate_json",
    packages=("pydantic",),
    decoder=lambda detail_type: MODELS[detail_type].model_validate_json if detail_type else None,
    converter=lambda detail_type: MODELS[detail_type].model_validate if detail_type else None,
    encode=to_json,
    plain=to_dict,
    shares_type=True,
)
