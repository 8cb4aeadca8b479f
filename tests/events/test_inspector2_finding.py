from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, IMAGE, document, error_text, references

from ecr_events import Inspector2Finding, Inspector2FindingEvent, UnknownEvent, decode, encode
from ecr_events.events.inspector2_finding import (
    Inspector2EcrContainerImage,
    Inspector2Recommendation,
    Inspector2Remediation,
    Inspector2Resource,
    Inspector2ResourceDetails,
)
from ecr_events.events.inspector2_vulnerability import (
    Inspector2AdjustedCvss,
    Inspector2CvssScore,
    Inspector2Epss,
    Inspector2PackageVulnerabilityDetails,
    Inspector2ScoreDetails,
    Inspector2VulnerablePackage,
)
from ecr_events.samples import sample_json

EVENT = Inspector2FindingEvent(
    version="0",
    id="67cff707-35c9-5aa7-85a5-7242fd81c277",
    source="aws.inspector2",
    account="012345678901",
    time=datetime(2026, 5, 5, 7, 41, 14, tzinfo=UTC),
    region="eu-west-1",
    resources=(
        "arn:aws:ecr:eu-west-1:012345678901:repository/team/app/sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
    ),
    detail=Inspector2Finding(
        aws_account_id="012345678901",
        description="A heap overflow in the parser of example-xml lets a crafted document write out of bounds.",
        finding_arn="arn:aws:inspector2:eu-west-1:012345678901:finding/8fa14cdd754f91cc6554c9e71929cce7",
        first_observed_at="Tue May 05 07:41:13.902 UTC 2026",
        last_observed_at="Tue May 05 07:41:13.902 UTC 2026",
        resources=(
            Inspector2Resource(
                id="arn:aws:ecr:eu-west-1:012345678901:repository/team/app/sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                type="AWS_ECR_CONTAINER_IMAGE",
                partition="aws",
                region="eu-west-1",
                details=Inspector2ResourceDetails(
                    aws_ecr_container_image=Inspector2EcrContainerImage(
                        architecture="amd64",
                        image_hash="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                        pushed_at="Mon May 04 09:15:31.000 UTC 2026",
                        registry="012345678901",
                        repository_name="team/app",
                        image_tags=("1.4.2", "latest"),
                        in_use_count=2,
                        last_in_use_at="Tue May 05 07:30:00.000 UTC 2026",
                        platform="ALPINE_LINUX_3_23",
                    )
                ),
                tags={},
            ),
        ),
        severity="CRITICAL",
        status="ACTIVE",
        title="CVE-2026-EXAMPLE - example-xml",
        type="PACKAGE_VULNERABILITY",
        updated_at="Tue May 05 07:41:13.902 UTC 2026",
        epss=Inspector2Epss(score=0.04127),
        exploit_available="NO",
        fix_available="YES",
        inspector_score=9.1,
        inspector_score_details=Inspector2ScoreDetails(
            adjusted_cvss=Inspector2AdjustedCvss(
                adjustments=(),
                cvss_source="NVD",
                score=9.1,
                score_source="NVD",
                scoring_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
                version="3.1",
            )
        ),
        package_vulnerability_details=Inspector2PackageVulnerabilityDetails(
            source="NVD",
            vulnerability_id="CVE-2026-EXAMPLE",
            cvss=(
                Inspector2CvssScore(
                    base_score=9.1,
                    scoring_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
                    source="NVD",
                    version="3.1",
                ),
            ),
            reference_urls=("https://nvd.nist.gov/vuln/detail/CVE-2026-EXAMPLE",),
            related_vulnerabilities=(),
            source_url="https://nvd.nist.gov/vuln/detail/CVE-2026-EXAMPLE",
            vendor_created_at="Mon Apr 27 15:15:07.000 UTC 2026",
            vendor_severity="CRITICAL",
            vendor_updated_at="Fri May 01 12:00:00.000 UTC 2026",
            vulnerable_packages=(
                Inspector2VulnerablePackage(
                    name="example-xml",
                    version="2.11.4",
                    arch="X86_64",
                    epoch=0,
                    fixed_in_version="0:2.11.4-3",
                    package_manager="OS",
                    release="2",
                    remediation="apk upgrade example-xml",
                    source_layer_hash="sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
                ),
            ),
        ),
        remediation=Inspector2Remediation(recommendation=Inspector2Recommendation(text="None Provided")),
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(Inspector2FindingEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(Inspector2FindingEvent)
    assert decode(encode(EVENT)) == EVENT


RESOURCE: dict[str, Any] = document(Inspector2FindingEvent)["detail"]["resources"][0]


def finding(*resources: object) -> dict[str, Any]:
    """Return the sample with other resources in its detail."""
    return document(Inspector2FindingEvent, {"resources": list(resources)})


def resource(**image: Any) -> dict[str, Any]:
    """Return the sample's resource with other fields of its image."""
    return RESOURCE | {"details": {"awsEcrContainerImage": RESOURCE["details"]["awsEcrContainerImage"] | image}}


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"inspectorScore": "9.1"}, "expected `float | null`, got `str` at $.detail.inspectorScore"),
        (
            {"packageVulnerabilityDetails": {"source": "NVD", "vulnerabilityId": "CVE", "vulnerablePackages": [{}]}},
            "object missing required field `name` at $.detail.packageVulnerabilityDetails.vulnerablePackages[0]",
        ),
        ({"resources": [7]}, "expected `object`, got `int` at $.detail.resources[0]"),
        ({"resources": None}, "expected `array`, got `null` at $.detail.resources"),
        (
            {"resources": [RESOURCE | {"type": 7}]},
            "expected `str`, got `int` at $.detail.resources[0].type",
        ),
        (
            {"resources": [RESOURCE, RESOURCE | {"details": {}}]},
            "object missing required field `awsEcrContainerImage` at $.detail.resources[1].details",
        ),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found; a malformed resource does not make the finding unknown."""
    assert error_text(document(Inspector2FindingEvent, detail)) == message


def test_the_image_of_the_resource_is_named() -> None:
    """Registry, repository, digest and first tag are those of the resource."""
    assert references(document(Inspector2FindingEvent)) == (APP, IMAGE, (APP,), (IMAGE,))


def test_the_registry_may_be_another_account() -> None:
    """It defaults to the event's account where Inspector leaves it empty."""
    other = msgspec.structs.replace(APP, registry_id="999999999999")
    assert references(finding(resource(registry="999999999999")))[2] == (other,)
    assert references(finding(resource(registry="")))[2] == (APP,)


def test_several_resources_name_several_images() -> None:
    """References are without duplicates."""
    second = msgspec.structs.replace(IMAGE, image_tag="2.0.0")
    found = references(finding(RESOURCE, resource(imageTags=["2.0.0"]), RESOURCE))
    assert found == (APP, None, (APP,), (IMAGE, second))


def test_a_resource_without_digest_and_tags_names_nothing() -> None:
    """The repository is named by way of the image."""
    assert references(finding(resource(imageHash="", imageTags=[]))) == (None, None, (), ())


def test_a_finding_without_resources_names_nothing() -> None:
    """Inspector sends one resource; without one the finding still decodes."""
    assert references(finding()) == (None, None, (), ())


@pytest.mark.parametrize(
    "resources", [[{"type": "AWS_EC2_INSTANCE"}], [RESOURCE, {"type": "AWS_EC2_INSTANCE"}]], ids=["alone", "and image"]
)
def test_a_finding_on_another_resource_is_unknown(resources: list[dict[str, Any]]) -> None:
    """Inspector reports on EC2 instances and Lambda functions too."""
    assert decode(finding(*resources)).__class__ is UnknownEvent


def test_a_finding_by_another_source_is_unknown() -> None:
    """The first version of Inspector sent events as ``aws.inspector``."""
    assert decode(document(Inspector2FindingEvent) | {"source": "aws.inspector"}).__class__ is UnknownEvent
