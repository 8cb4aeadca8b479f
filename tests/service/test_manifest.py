"""Kinds of manifests, by their media types, and the children of an index."""

import json
from typing import Any

import pytest
from conftest import ACCOUNT, APP, LoopbackSession, digest
from fake_ecr import ECRServer

from ecr_events import DecodeError
from ecr_events.service import ECRService, Manifest
from ecr_events.service.manifest import ImageIdentifier

OCI, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
CONFIG, EMPTY = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.empty.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def manifest(text: str, media_type: str | None = OCI) -> Manifest:
    return Manifest(
        registry_id=ACCOUNT,
        repository_name="team/app",
        image_id=ImageIdentifier(image_digest=digest(1)),
        text=text,
        media_type=media_type,
        reference=APP.image(digest=digest(1)),
    )


def body(config: str, *layers: str, **members: Any) -> dict[str, Any]:
    descriptors = [{"mediaType": layer, "digest": digest(9), "size": 1} for layer in layers]
    return {"schemaVersion": 2, "config": {"mediaType": config, "size": 1}, "layers": descriptors, **members}


COSIGN = "application/vnd.dev.cosign"


@pytest.mark.parametrize(
    ("parsed", "kind", "artifact_type"),
    [
        (body(CONFIG, LAYER), "image", CONFIG),
        (
            body("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip"),
            "image",
            "application/vnd.docker.container.image.v1+json",
        ),
        (body(CONFIG), "image", CONFIG),
        ({"manifests": []}, "index", None),
        ({"manifests": [], "artifactType": "application/x"}, "index", "application/x"),
        (body("application/vnd.cncf.notary.signature", "application/jose+json"), "signature", None),
        (body(EMPTY, "application/cose", artifactType="application/vnd.cncf.notary.signature"), "signature", None),
        (body(CONFIG, f"{COSIGN}.simplesigning.v1+json"), "signature", CONFIG),
        (body(EMPTY, LAYER, artifactType=f"{COSIGN}.artifact.sig.v1+json"), "signature", None),
        (body(EMPTY, LAYER, artifactType="application/vnd.dev.sigstore.bundle.v0.3+json"), "signature", None),
        (body(CONFIG, "application/spdx+json"), "sbom", CONFIG),
        (body(CONFIG, "text/spdx"), "sbom", CONFIG),
        (body(EMPTY, LAYER, artifactType="application/vnd.cyclonedx+json"), "sbom", None),
        (body(EMPTY, "application/vnd.syft+json"), "sbom", EMPTY),
        (body(EMPTY, LAYER, artifactType=f"{COSIGN}.artifact.sbom.v1+json"), "sbom", None),
        (body("application/vnd.cncf.helm.config.v1+json", LAYER), "other", None),
        (body(EMPTY, LAYER, artifactType="application/vnd.amazon.soci.index.v1+json"), "other", None),
        (body(CONFIG, "application/vnd.in-toto+json"), "other", CONFIG),
        (body(CONFIG, "application/vnd.dsse.envelope.v1+json"), "other", CONFIG),
        ({}, "other", None),
    ],
)
def test_the_kind_follows_from_the_media_types(parsed: Any, kind: str, artifact_type: str | None) -> None:
    """The artifact type is OCI's: its own member, else the media type of the configuration."""
    found = manifest(json.dumps(parsed))
    config_type = parsed.get("config", {}).get("mediaType")
    assert found.kind == kind
    assert found.artifact_type == (artifact_type or parsed.get("artifactType") or config_type)
    assert found.children == ()


@pytest.mark.parametrize("media_type", [INDEX, LIST])
def test_the_children_of_an_index_can_be_looked_up(
    server: ECRServer, session: LoopbackSession, media_type: str
) -> None:
    """Events name the index of a multi-architecture image, and scans need an image."""
    children = [{"mediaType": OCI, "digest": digest(number), "platform": {"os": "linux"}} for number in (2, 3)]
    text = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": children})
    server.add(APP.image(digest=digest(1), tag="1.4"), manifest=text, imageManifestMediaType=media_type)
    server.add(APP.image(digest=digest(2)))
    service = ECRService(session)
    index = service.manifest(APP.image(tag="1.4"))
    assert index is not None
    assert (index.kind, index.reference, index.text) == ("index", APP.image(tag="1.4"), text)
    assert index.children == (APP.image(digest=digest(2)), APP.image(digest=digest(3)))
    assert [image is None for image in service.images(index.children).values()] == [False, True]


def test_an_index_by_its_media_type_alone() -> None:
    """ECR's own field is enough."""
    assert manifest("{}", LIST).kind == "index"
    assert manifest('{"manifests": [{"mediaType": "a"}, {"digest": ""}]}', INDEX).children == ()


@pytest.mark.parametrize("text", ["", "[]", '{"layers": 1}', '{"artifactType": 1}', "[" * 10_000])
def test_a_text_that_is_no_manifest_is_a_decode_error(text: str) -> None:
    """With the path of what is wrong."""
    for name in ("kind", "children", "artifact_type"):
        with pytest.raises(DecodeError) as caught:
            getattr(manifest(text), name)
        assert caught.value.payload == text
