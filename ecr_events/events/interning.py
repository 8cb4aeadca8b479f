"""Strings that AWS repeats from event to event, interned: all events share one `str` object for each.

Interning saves memory only: a field annotated `InternedStr` accepts every string and decodes to a plain `str`.

msgspec has no hook for interning. But for a field whose type is an enum it looks the decoded
string up in the enum's ``_value2member_map_`` and returns the value found, or else the result of
``_missing_``. `InternedStr` is an enum for msgspec alone, in which both give plain strings: it has
the metaclass of enums but not their base class, so that other libraries do not see an enum without
values. A msgspec that works in another way is detected on import, and `InternedStr` is then `str` itself.
"""

from enum import EnumMeta
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

__all__ = ["INTERNED", "InternedStr", "interns"]

_REGIONS = """
af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1
eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1
mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1
us-isob-east-1 us-isob-west-1 us-isof-east-1 us-isof-south-1 us-west-1 us-west-2
"""

_ECR = """
0 1 PUSH DELETE UPDATE_STORAGE_CLASS REPLICATE SCAN_FREQUENCY_CHANGE
SUCCESS FAILURE FAILED COMPLETE INITIAL_SCAN_COMPLETE ACTIVE ARCHIVE STANDARD
REPOSITORY ENHANCED SCAN_ON_PUSH CONTINUOUS_SCAN MANUAL
"""

_MEDIA_TYPES = """
application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.index.v1+json
application/vnd.oci.image.config.v1+json application/vnd.oci.empty.v1+json
application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.distribution.manifest.list.v2+json
application/vnd.docker.container.image.v1+json
application/vnd.cncf.oras.artifact.manifest.v1+json application/vnd.cncf.notary.signature
application/vnd.in-toto+json application/spdx+json application/vnd.cyclonedx+json text/sbom+json
"""

_INSPECTOR = """
CRITICAL HIGH MEDIUM LOW INFORMATIONAL UNTRIAGED SUPPRESSED CLOSED PACKAGE_VULNERABILITY YES NO PARTIAL
aws N/A amd64 arm64 X86_64 AARCH64 OS 1.0 2.0 3.0 3.1 4.0
"""

_CLOUDTRAIL = """
AwsApiCall AwsServiceEvent Management AssumedRole IAMUser AWSService AWSAccount Role
AWS::ECR::Repository Tagged Untagged Any expire
"""

INTERNED = tuple((_REGIONS + _ECR + _MEDIA_TYPES + _INSPECTOR + _CLOUDTRAIL).split())
"""The interned strings. Any other string costs each event some 60 bytes and 0.2 µs."""


def interns(type_: Any) -> bool:
    """Return whether msgspec decodes `type_` to plain strings, and known ones to the shared object."""
    known, unknown = INTERNED[0], f"{INTERNED[0]}?"
    text = msgspec.json.encode([known, unknown])
    try:
        values = [*msgspec.json.decode(text, type=list[type_]), *msgspec.convert([known, unknown], list[type_])]
    except (TypeError, ValueError, AttributeError):
        return False
    return values == [known, unknown] * 2 and {type(value) for value in values} == {str} and values[0] is known


if TYPE_CHECKING:
    InternedStr: TypeAlias = str
else:

    class InternedStr(metaclass=EnumMeta):
        """A `str` whose common values are interned."""

    InternedStr._missing_ = str
    InternedStr._value2member_map_ = {value: value for value in INTERNED}
    if not interns(InternedStr):
        InternedStr = str
