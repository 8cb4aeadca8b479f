"""Words that AWS repeats from event to event, of which all events share one `str` each."""

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

__all__ = ["INTERNED", "InternedStr"]

_WORDS = """
0 1 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1
eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1
mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1
us-isob-east-1 us-isob-west-1 us-isof-east-1 us-isof-south-1 us-west-1 us-west-2

PUSH DELETE UPDATE_STORAGE_CLASS REPLICATE SCAN_FREQUENCY_CHANGE
SUCCESS FAILURE FAILED COMPLETE INITIAL_SCAN_COMPLETE ACTIVE ARCHIVE STANDARD
REPOSITORY ENHANCED SCAN_ON_PUSH CONTINUOUS_SCAN MANUAL

application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.index.v1+json
application/vnd.oci.image.config.v1+json application/vnd.oci.empty.v1+json
application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.distribution.manifest.list.v2+json
application/vnd.docker.container.image.v1+json
application/vnd.cncf.oras.artifact.manifest.v1+json application/vnd.cncf.notary.signature
application/vnd.in-toto+json application/spdx+json application/vnd.cyclonedx+json text/sbom+json

CRITICAL HIGH MEDIUM LOW INFORMATIONAL UNTRIAGED SUPPRESSED CLOSED PACKAGE_VULNERABILITY YES NO PARTIAL
aws N/A amd64 arm64 X86_64 AARCH64 OS 1.0 2.0 3.0 3.1 4.0

AwsApiCall AwsServiceEvent Management AssumedRole IAMUser AWSService AWSAccount Role
AWS::ECR::Repository Tagged Untagged Any expire
"""

INTERNED = tuple(_WORDS.split())
"""The words that are shared. One that is not here costs an event some 60 bytes and 0.2 µs, and nothing else."""

if TYPE_CHECKING:
    InternedStr: TypeAlias = str
else:

    class InternedStr(StrEnum):
        """A string, mostly one of a few words; any other is as good."""

    # Where a field is an enum, msgspec returns what it finds for the text in this map, or else
    # what `_missing_` returns. Here both are plain strings, and never a member. Only msgspec's
    # own `schema` and `inspect` still see an enum, one without values; `json_schema` mends that.
    InternedStr._missing_ = str
    InternedStr._value2member_map_ = {word: word for word in INTERNED}
