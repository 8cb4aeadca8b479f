from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, DIGEST, IMAGE, document, error_text, references

from ecr_events import ECRAWSAPICallViaCloudTrail, ECRAWSAPICallViaCloudTrailEvent, ImageReference, decode, encode
from ecr_events.events.cloudtrail_record import (
    CloudTrailResource,
    CloudTrailSessionContext,
    CloudTrailSessionIssuer,
    CloudTrailUserIdentity,
)
from ecr_events.samples import sample_json

MANIFEST = (
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a'
    'pplication/vnd.oci.image.config.v1+json","size":1470,"digest":"sha256:b79606fb3afea5bd1609ed40b62214'
    '2f1c98125abcfe89a76a661b0e8e343910"},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+'
    'gzip","size":3370706,"digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f'
    '85"}]}'
)

EVENT = ECRAWSAPICallViaCloudTrailEvent(
    version="0",
    id="9df17ff6-29ad-58bd-8340-3d922fa92f2a",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail=ECRAWSAPICallViaCloudTrail(
        event_name="PutImage",
        event_source="ecr.amazonaws.com",
        event_version="1.11",
        event_time="2026-05-04T09:15:31Z",
        event_id="f6c3bed0-a6ea-5bcc-b59b-0bfdb8fbf3eb",
        event_type="AwsApiCall",
        event_category="Management",
        aws_region="eu-west-1",
        user_identity=CloudTrailUserIdentity(
            type="AssumedRole",
            principal_id="AROAEXAMPLEROLEID0001:deploy",
            arn="arn:aws:sts::012345678901:assumed-role/deploy/deploy",
            account_id="012345678901",
            access_key_id="ASIAEXAMPLEKEYID0001",
            session_context=CloudTrailSessionContext(
                session_issuer=CloudTrailSessionIssuer(
                    type="Role",
                    principal_id="AROAEXAMPLEROLEID0001",
                    arn="arn:aws:iam::012345678901:role/deploy",
                    account_id="012345678901",
                    user_name="deploy",
                ),
                attributes={"creationDate": "2026-05-04T09:10:00Z", "mfaAuthenticated": "false"},
            ),
        ),
        source_ip_address="203.0.113.12",
        user_agent="docker/29.1.2 go/go1.26.1 os/linux arch/amd64",
        request_parameters={
            "registryId": "012345678901",
            "repositoryName": "team/app",
            "imageTag": "1.4.2",
            "imageManifest": MANIFEST,
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        },
        response_elements={
            "image": {
                "registryId": "012345678901",
                "repositoryName": "team/app",
                "imageId": {
                    "imageDigest": "sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                    "imageTag": "1.4.2",
                },
                "imageManifest": MANIFEST,
                "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
            }
        },
        request_id="144fe55f-60bd-523b-a78d-5530ca5bff1d",
        resources=(
            CloudTrailResource(arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/app", account_id="012345678901"),
        ),
        read_only=False,
        management_event=True,
        recipient_account_id="012345678901",
        tls_details={
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "api.ecr.eu-west-1.amazonaws.com",
        },
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRAWSAPICallViaCloudTrailEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRAWSAPICallViaCloudTrailEvent)
    assert decode(encode(EVENT)) == EVENT


def call(request: object, response: object = None) -> dict[str, Any]:
    """Return the sample as the record of a call with these parameters and this response."""
    return document(ECRAWSAPICallViaCloudTrailEvent, {"requestParameters": request, "responseElements": response})


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"eventName": None}, "expected `str`, got `null` at $.detail.eventName"),
        ({"requestParameters": []}, "expected `object | null`, got `array` at $.detail.requestParameters"),
        ({"resources": [{"ARN": 7}]}, "expected `str | null`, got `int` at $.detail.resources[0].ARN"),
        ({"readOnly": "false"}, "expected `bool | null`, got `str` at $.detail.readOnly"),
        (
            {"userIdentity": {"sessionContext": {"sessionIssuer": {"userName": 7}}}},
            "expected `str | null`, got `int` at $.detail.userIdentity.sessionContext.sessionIssuer.userName",
        ),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found, at any depth."""
    assert error_text(document(ECRAWSAPICallViaCloudTrailEvent, detail)) == message


def test_put_image_names_the_pushed_image() -> None:
    """The digest is in the response."""
    assert references(document(ECRAWSAPICallViaCloudTrailEvent)) == (APP, IMAGE, (APP,), (IMAGE,))


@pytest.mark.parametrize(
    ("parameters", "images"),
    [
        pytest.param({}, (), id="the repository alone"),
        pytest.param({"imageTag": "a"}, (APP.image(tag="a"),), id="imageTag"),
        pytest.param({"imageDigest": DIGEST}, (APP.image(digest=DIGEST),), id="imageDigest"),
        pytest.param({"imageTag": ""}, (), id="an empty tag"),
        pytest.param({"imageId": {"imageTag": "a"}}, (APP.image(tag="a"),), id="imageId"),
        pytest.param({"subjectId": {"imageDigest": DIGEST}}, (APP.image(digest=DIGEST),), id="subjectId"),
        pytest.param(
            {"imageIds": [{"imageTag": "a"}, {"imageDigest": DIGEST}, {"imageTag": "a"}, {}]},
            (APP.image(tag="a"), APP.image(digest=DIGEST)),
            id="imageIds with a duplicate and an empty one",
        ),
        pytest.param({"imageTag": "a", "imageId": {}}, (APP.image(tag="a"),), id="an empty imageId"),
        pytest.param({"imageIds": None, "imageTag": "b"}, (APP.image(tag="b"),), id="imageIds null"),
        pytest.param(
            {"imageIds": ["a", {"imageTag": 7}], "imageTag": "b"}, (APP.image(tag="b"),), id="malformed imageIds"
        ),
    ],
)
def test_parameters_name_images(parameters: dict[str, Any], images: tuple[ImageReference, ...]) -> None:
    """ECR's operations take one image or a list, each under another name; malformed ones are ignored."""
    single = images[0] if len(images) == 1 else None
    assert references(call({"repositoryName": "team/app", **parameters})) == (APP, single, (APP,), images)


def test_a_response_takes_precedence_over_the_parameters() -> None:
    """It has the digest that a tag was given to."""
    response = {"image": {"imageId": {"imageTag": "a", "imageDigest": DIGEST}}}
    image = APP.image(digest=DIGEST, tag="a")
    assert references(call({"repositoryName": "team/app", "imageTag": "a"}, response)) == (APP, image, (APP,), (image,))
    assert references(call({"repositoryName": "team/app"}, {"image": 7})) == (APP, None, (APP,), ())


def test_parameters_name_the_registry() -> None:
    """The registry defaults to the event's account; one that is not a string is ignored."""
    other = msgspec.structs.replace(APP, registry_id="999999999999")
    assert references(call({"repositoryName": "team/app", "registryId": "999999999999"}))[2] == (other,)
    assert references(call({"repositoryNames": ["team/app"], "registryId": "999999999999"}))[2] == (other,)
    assert references(call({"repositoryName": "team/app", "registryId": 7}))[2] == (APP,)


def test_parameters_may_name_several_repositories() -> None:
    """DescribeRepositories takes a list; with several repositories no image is named."""
    worker = msgspec.structs.replace(APP, repository_name="team/worker")
    names = ["team/app", "team/worker", "team/app", 7]
    assert references(call({"repositoryNames": names, "imageTag": "a"})) == (None, None, (APP, worker), ())


@pytest.mark.parametrize("parameters", [None, {}, {"repositoryName": ""}, {"repositoryName": 7}])
def test_without_parameters_the_resources_name_the_repository(parameters: object) -> None:
    """CloudTrail lists the repository as a resource of the record too."""
    assert references(call(parameters)) == (APP, None, (APP,), ())


def test_a_call_about_the_registry_names_nothing() -> None:
    """It has neither a repository among its parameters nor resources."""
    about_registry = call({"registryId": "012345678901", "imageTag": "a"})
    del about_registry["detail"]["resources"]
    assert references(about_registry) == (None, None, (), ())
