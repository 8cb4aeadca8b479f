"""Repositories and images, and ECR's operations on them.

Where AWS documents no order, results come back in another order than requested.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecr_events import ImageReference
from fake_ecr.faults import Error
from fake_ecr.request import REGION, REGISTRY_ID, Json, Request, repository_arn

__all__ = ["Registry"]

MOMENT = 1767225600.0
"""2026-01-01T00:00:00Z, the default of every timestamp."""

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_IMAGE_ID = {"imageDigest": "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+", "imageTag": "[a-zA-Z0-9-_]+[a-zA-Z0-9-._]*"}
"""The patterns that ECR names in its errors."""

MAX_IDS = 100
"""The maximum number of ids in a request, and the default page size."""


@dataclass
class _Image:
    """An image: its `ImageDetail` without the tags, which can move, and the responses of other operations."""

    fields: Json
    tags: list[str]
    manifest: str
    findings: Sequence[Json] | None
    replication: Sequence[Json]
    scanned: float | None

    @property
    def digest(self) -> str:
        """The digest."""
        return str(self.fields["imageDigest"])

    @property
    def detail(self) -> Json:
        """The `ImageDetail`, without `imageTags` for an untagged image."""
        return {**self.fields, "imageTags": self.tags} if self.tags else self.fields

    def matches(self, image_id: Json) -> bool:
        """Return whether digest and tag of the `ImageIdentifier`, of which one may be absent, are this image's."""
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        return bool(digest or tag) and digest in {None, self.digest} and tag in {None, *self.tags}


@dataclass
class _Repository:
    """A repository with its resource tags and its images by digest."""

    fields: Json
    tags: Mapping[str, str]
    images: dict[str, _Image] = field(default_factory=dict[str, _Image])
    tagged: dict[str, _Image] = field(default_factory=dict[str, _Image])
    """The image that each tag was last given to, which may have been removed since."""

    def add(self, image: _Image) -> None:
        """Add an image, whose tags move from other images."""
        for tag in image.tags:
            other = self.tagged.get(tag, image)
            if other is not image:
                other.tags = [each for each in other.tags if each != tag]
            self.tagged[tag] = image
        self.images[image.digest] = image

    def find(self, image_id: Json) -> _Image | None:
        """Return the image of an `ImageIdentifier`, or None."""
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        image = self.tagged.get(str(tag)) if digest is None else self.images.get(digest)
        is_present = image is not None and self.images.get(image.digest) is image and image.matches(image_id)
        return image if is_present else None

    def get(self, image_id: Json) -> _Image:
        """Return the image of an `ImageIdentifier`, or raise ECR's error."""
        if image := self.find(image_id):
            return image
        message = f"The image with imageId {_format_image_id(image_id)} does not exist within {self}"
        raise Error("ImageNotFoundException", message=message)

    def __str__(self) -> str:
        name, registry_id = self.fields["repositoryName"], self.fields["registryId"]
        return f"the repository with name '{name}' in the registry with id '{registry_id}'"


class Registry:
    """The repositories of every region and account, and the operations on them."""

    def __init__(self) -> None:
        self._repositories: dict[tuple[str, str, str], _Repository] = {}
        self._operations: dict[str, Callable[[Request], Json]] = {
            "BatchGetImage": self._batch_get_image,
            "DescribeImageReplicationStatus": self._describe_image_replication_status,
            "DescribeImageScanFindings": self._describe_image_scan_findings,
            "DescribeImages": self._describe_images,
            "DescribeRepositories": self._describe_repositories,
            "ListTagsForResource": self._list_tags_for_resource,
        }

    def add_repository(
        self,
        name: str,
        *,
        region: str = REGION,
        registry_id: str = REGISTRY_ID,
        tags: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Add a repository, or replace the description and the tags of an existing one.

        `tags` are resource tags. `fields` are members of the API's `Repository`; None omits one.
        """
        detail = {
            "repositoryArn": repository_arn(region, registry_id, name),
            "registryId": registry_id,
            "repositoryName": name,
            "repositoryUri": f"{registry_id}.dkr.ecr.{region}.amazonaws.com/{name}",
            "createdAt": MOMENT,
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        repository = _Repository(_present(detail | fields), tags or {})
        known = self._repositories.setdefault((region, registry_id, name), repository)
        known.fields, known.tags = repository.fields, repository.tags

    def add_image(
        self,
        repository_name: str,
        digest: str,
        *,
        tags: Iterable[str] = (),
        region: str = REGION,
        registry_id: str = REGISTRY_ID,
        manifest: str | None = None,
        findings: Sequence[Json] | None = None,
        replication: Sequence[Json] = (),
        scanned: float | None = MOMENT,
        **fields: Any,
    ) -> None:
        """Add an image, and its repository if missing; its tags move from other images.

        `findings` are `ImageScanFinding` or `EnhancedImageScanFinding` values, None for an image that was never
        scanned; `scanned` is the time of its last scan, None to omit it; `replication` are `ImageReplicationStatus`
        values. `fields` are members of `ImageDetail`; None omits one.
        """
        detail = {
            "registryId": registry_id,
            "repositoryName": repository_name,
            "imageDigest": digest,
            "imageSizeInBytes": 1024,
            "imagePushedAt": MOMENT,
            "imageManifestMediaType": MEDIA_TYPE,
            "imageStatus": "ACTIVE",
        }
        detail = _present(detail | fields)
        if manifest is None:
            manifest = json.dumps({"schemaVersion": 2, "mediaType": detail.get("imageManifestMediaType"), "layers": []})
        if (region, registry_id, repository_name) not in self._repositories:
            self.add_repository(repository_name, region=region, registry_id=registry_id)
        image = _Image(detail, list(tags), manifest, findings, replication, scanned)
        self._repository(region, registry_id, repository_name).add(image)

    def add(self, reference: ImageReference, **fields: Any) -> None:
        """Add the image of a reference; see `add_image`."""
        repository = reference.repository
        self.add_image(
            repository.repository_name,
            reference.image_digest or f"sha256:{99:064x}",
            tags=[reference.image_tag] if reference.image_tag else [],
            region=repository.region,
            registry_id=repository.registry_id,
            **fields,
        )

    def remove_image(
        self, repository_name: str, digest: str, *, region: str = REGION, registry_id: str = REGISTRY_ID
    ) -> None:
        """Remove an image and its tags."""
        del self._repository(region, registry_id, repository_name).images[digest]

    def response(self, request: Request) -> Json:
        """Return the response to a request, or raise an `Error`."""
        if request.operation not in self._operations:
            raise Error("UnknownOperationException")
        return self._operations[request.operation](request)

    def _repository(self, region: str, registry_id: str, name: str) -> _Repository:
        if repository := self._repositories.get((region, registry_id, name)):
            return repository
        message = f"The repository with name '{name}' does not exist in the registry with id '{registry_id}'"
        raise Error("RepositoryNotFoundException", message=message)

    def _requested_repository(self, request: Request) -> _Repository:
        return self._repository(request.region, request.registry_id, request.body["repositoryName"])

    def _describe_repositories(self, request: Request) -> Json:
        """Return the repositories requested, or a page of all; one missing repository fails the request."""
        region, registry_id = request.region, request.registry_id
        if "repositoryNames" not in request.body:
            present = [
                repository.fields for key, repository in self._repositories.items() if key[:2] == (region, registry_id)
            ]
            return _page("repositories", present, request)
        names = dict.fromkeys(_requested_ids("repositoryNames", request))
        return {"repositories": [self._repository(region, registry_id, name).fields for name in names][::-1]}

    def _describe_images(self, request: Request) -> Json:
        """Return the images requested, each once, or a page of those that pass the filter.

        One missing image fails the request.
        """
        if "imageIds" not in request.body:
            images = self._requested_repository(request).images.values()
            listed = [image.detail for image in images if _is_listed(image, request.body.get("filter", {}))]
            return _page("imageDetails", listed, request)
        ids = _requested_ids("imageIds", request)
        for image_id in ids:
            for member, pattern in _IMAGE_ID.items():
                if member in image_id and not re.fullmatch(pattern, image_id[member]):
                    raise _invalid(member, f"must satisfy regular expression '{pattern}'")
        details = {image.digest: image.detail for image in map(self._requested_repository(request).get, ids)}
        return {"imageDetails": list(details.values())[::-1]}

    def _batch_get_image(self, request: Request) -> Json:
        """Return the manifests of the images requested, each once, and a failure for each other id."""
        ids = _requested_ids("imageIds", request)
        repository = self._requested_repository(request)
        images: dict[str, Json] = {}
        failures: list[Json] = []
        for image_id in ids:
            image = repository.find(image_id)
            if image is not None and image.fields.get("imageStatus") == "ARCHIVED":
                failures.append(_failure(image_id, "ImageInaccessible", "The image is archived"))
                continue
            if image is None:
                failures.append(_failure(image_id, "ImageNotFound", "Requested image not found"))
                continue
            media_type = image.fields.get("imageManifestMediaType")
            if media_type not in request.body.get("acceptedMediaTypes", [media_type]):
                failures.append(_failure(image_id, "UnsupportedImageType", f"The image is of type {media_type}"))
                continue
            images[image.digest] = {
                **_image_members(request, image_id, image),
                "imageManifest": image.manifest,
                "imageManifestMediaType": media_type,
            }
        return {"images": list(images.values())[::-1], "failures": failures[::-1]}

    def _list_tags_for_resource(self, request: Request) -> Json:
        """Return the resource tags of a repository in the client's region."""
        arn = re.fullmatch(repository_arn(request.region, r"(\d{12})", "(.+)"), request.resource)
        if arn is None:
            raise _invalid("resourceArn", "Invalid ARN")
        tags = self._repository(request.region, arn[1], arn[2]).tags
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()][::-1]}

    def _describe_image_scan_findings(self, request: Request) -> Json:
        """Return a page of findings; those with a `findingArn` are of enhanced scanning."""
        repository, image_id = self._requested_repository(request), request.body["imageId"]
        image = repository.get(image_id)
        if image.findings is None:
            message = f"Image scan does not exist for the image with '{_format_image_id(image_id)}' in {repository}"
            raise Error("ScanNotFoundException", message=message)
        severities = [finding["severity"] for finding in image.findings if "severity" in finding]
        enhanced = any("findingArn" in finding for finding in image.findings)
        page = _page("enhancedFindings" if enhanced else "findings", image.findings, request)
        token = {"nextToken": page.pop("nextToken")} if "nextToken" in page else {}
        findings = {
            **_present({"imageScanCompletedAt": image.scanned}),
            "vulnerabilitySourceUpdatedAt": MOMENT,
            "findingSeverityCounts": {severity: severities.count(severity) for severity in severities},
            **page,
        }
        status = image.fields.get("imageScanStatus", {"status": "COMPLETE"})
        members = _image_members(request, image_id, image)
        return {**members, "imageScanStatus": status, "imageScanFindings": findings, **token}

    def _describe_image_replication_status(self, request: Request) -> Json:
        """Return the replication status of each destination."""
        image_id = request.body["imageId"]
        image = self._requested_repository(request).get(image_id)
        members = _image_members(request, image_id, image)
        del members["registryId"]  # absent in this response alone
        return {**members, "replicationStatuses": image.replication}


def _is_listed(image: _Image, filters: Json) -> bool:
    """Return whether an image passes a ``DescribeImagesFilter``; archived ones are not listed by default."""
    tag_status, image_status = filters.get("tagStatus", "ANY"), filters.get("imageStatus", "ACTIVE")
    return tag_status in {"ANY", "TAGGED" if image.tags else "UNTAGGED"} and image_status in {
        "ANY",
        image.fields.get("imageStatus"),
    }


def _present(fields: Json) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def _format_image_id(image_id: Json) -> str:
    """Return an `ImageIdentifier` as it appears in ECR's messages, with 'null' for an absent member."""
    digest, tag = image_id.get("imageDigest", "null"), image_id.get("imageTag", "null")
    return f"{{imageDigest:'{digest}', imageTag:'{tag}'}}"


def _image_members(request: Request, image_id: Json, image: _Image) -> Json:
    """Return the members that identify the image in a response."""
    return {
        "registryId": request.registry_id,
        "repositoryName": request.body["repositoryName"],
        "imageId": {**image_id, "imageDigest": image.digest},
    }


def _failure(image_id: Json, code: str, reason: str) -> Json:
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}


def _invalid(name: str, constraint: str) -> Error:
    """Return ECR's error for an invalid member of the request."""
    message = f"Invalid parameter at '{name}' failed to satisfy constraint: '{constraint}'"
    return Error("InvalidParameterException", message=message)


def _requested_ids(key: str, request: Request) -> list[Any]:
    """Return the ids or names of a request, or raise ECR's error if they are invalid together with its options."""
    ids: list[Any] = request.body[key]
    if not ids:
        raise _invalid(key, "Member must have length greater than or equal to 1")
    if len(ids) > MAX_IDS:
        raise _invalid(key, f"Member must have length less than or equal to {MAX_IDS}")
    for option in ("maxResults", "nextToken"):
        if option in request.body:
            raise _invalid(option, f"Member must not be given together with {key}")
    return ids


def _page(key: str, items: Sequence[Json], request: Request) -> Json:
    """Return a page of items under their key, with a `nextToken` if there are more."""
    start = int(request.body.get("nextToken", 0))
    end = start + request.body.get("maxResults", MAX_IDS)
    page: Json = {key: items[start:end]}
    return page | {"nextToken": str(end)} if end < len(items) else page
