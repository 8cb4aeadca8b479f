"""Clients without a network: they respond from a `History`, at once, as botocore would return or raise it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from ecr_events import (
    CredentialsError,
    RepositoryReference,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from fake_ecr.history import Clock, History, State, StoredImage, StoredRepository
from fake_ecr.request import Json

__all__ = ["FAULTS", "MemoryECR", "MemorySession", "Served", "Trouble"]

FAULTS: Mapping[str, type[ServiceError]] = {
    "absent": UnavailableError,
    "DNS": UnavailableError,
    "dead": UnavailableError,
    "expired": CredentialsError,
    "garbage": UnavailableError,
    "reset": UnavailableError,
    "server error": UnavailableError,
    "throttled": ThrottledError,
    "timeout": UnavailableError,
    "TLS": UnavailableError,
    "truncated": UnavailableError,
}
"""A fault of a request, and the class of the error that reports it."""

_URL = "https://ecr.example"

_SCANNED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Trouble:
    """A fault of the next requests in a region."""

    fault: str
    region: str
    remaining: int
    spared: int = 0
    """Number of requests before the one that it affects."""


@dataclass(frozen=True)
class Served:
    """A request, and what came of it."""

    time: float
    region: str
    registry_id: str
    operation: str
    fault: str | None


class MemoryECR:
    """ECR in every region and account.

    `broken` has what no client may do: more than 100 ids, another region's or a refused registry.
    """

    def __init__(self, clock: Clock, *, page_size: int = 1_000, names_missing: bool = True) -> None:
        self.clock = clock
        self.history = History(clock.true())
        self.page_size = page_size
        self.names_missing = names_missing
        self.troubles: list[Trouble] = []
        self.served: list[Served] = []
        self.broken: list[str] = []
        self.latency = 0.01
        self.valid_since = 0
        """The number of the first session whose credentials have not expired."""
        self.upcoming: list[tuple[int, Callable[[], None]]] = []
        """Changes, each with the number of requests before it."""
        self.numbers = count(1)
        self.lock = threading.RLock()

    @property
    def state(self) -> State:
        """The present contents of ECR."""
        return self.history.state

    def change(self, state: State) -> None:
        """Replace what ECR holds."""
        with self.lock:
            self.history.change(self.clock.true(), state)

    def change_repository(self, reference: RepositoryReference, repository: StoredRepository | None) -> None:
        """Create, change or delete a repository."""
        with self.lock:
            self.change(self.state.with_repository(reference, repository))

    def change_image(
        self, reference: RepositoryReference, digest: str, tags: Sequence[str] = (), **fields: Any
    ) -> None:
        """Push or change an image, to which its tags move."""
        with self.lock:
            repository = self.state.repositories.get(reference) or StoredRepository(next(self.numbers))
            image = replace(
                repository.images.get(digest) or StoredImage(digest, 0), version=next(self.numbers), **fields
            )
            self.change_repository(
                reference,
                replace(
                    repository,
                    images={**repository.images, digest: image},
                    tagged={**repository.tagged, **dict.fromkeys(tags, digest)},
                ),
            )

    def remove_image(self, reference: RepositoryReference, digest: str) -> None:
        """Remove an image with its tags, if it is there."""
        with self.lock:
            repository = self.state.repositories.get(reference)
            if repository is not None:
                images = {key: image for key, image in repository.images.items() if key != digest}
                tagged = {tag: tagged for tag, tagged in repository.tagged.items() if tagged != digest}
                self.change_repository(reference, replace(repository, images=images, tagged=tagged))

    def request(self, client: "MemoryClient", operation: str, parameters: Json) -> Json:
        """Return the response to a request, or raise botocore's error."""
        client.before_send()
        self.clock.tick(self.latency)
        with self.lock:
            fault = self._arrive(client, operation, parameters)
            response = self._serve(client, operation, parameters, fault)
        self.clock.tick(self.latency)
        if isinstance(response, Exception):
            raise response
        return response

    def _arrive(self, client: "MemoryClient", operation: str, parameters: Json) -> str | None:
        """Note a request and return its fault, after the changes that precede it."""
        self.upcoming = [(left - 1, change) for left, change in self.upcoming]
        for left, change in self.upcoming:
            if left < 0:
                change()
        self.upcoming = [(left, change) for left, change in self.upcoming if left >= 0]
        self.broken += client.broken_rules(parameters)
        fault = "dead" if client.region in self.state.dead else None
        for trouble in self.troubles:
            if fault is None and trouble.region == client.region and trouble.remaining:
                if trouble.spared:
                    trouble.spared -= 1
                else:
                    trouble.remaining -= 1
                    fault = trouble.fault
        if fault is None and client.number < self.valid_since:
            fault = "expired"
        now = self.clock.true()
        self.served.append(Served(now, client.region, parameters.get("registryId", ""), operation, fault))
        return fault

    def _serve(self, client: "MemoryClient", operation: str, parameters: Json, fault: str | None) -> Json | Exception:
        errors: dict[str | None, Callable[[], Exception]] = {
            "DNS": lambda: EndpointConnectionError(endpoint_url=_URL, error="name resolution failed"),
            "dead": lambda: EndpointConnectionError(endpoint_url=_URL, error="no route"),
            "expired": lambda: _error("ExpiredTokenException", "The security token is expired", operation),
            "garbage": lambda: ResponseParserError("not JSON"),
            "reset": lambda: ConnectionClosedError(endpoint_url=_URL),
            "server error": lambda: _error("ServerException", "The server failed", operation, 500),
            "throttled": lambda: _error("ThrottlingException", "Rate exceeded", operation),
            "timeout": lambda: ReadTimeoutError(endpoint_url=_URL),
            "TLS": lambda: SSLError(endpoint_url=_URL, error="certificate verify failed"),
        }
        if fault in errors:
            return errors[fault]()
        if fault == "truncated":
            return {}
        respond: Callable[[MemoryClient, Json], Json] = getattr(self, f"_{operation}")
        try:
            response = respond(client, parameters)
        except ClientError as error:
            refused: Exception = error
            return refused
        if fault == "absent" and not parameters.keys().isdisjoint({"imageIds", "repositoryNames"}):
            key = next(iter(response))
            response[key] = response[key][1:]
        return response

    # Operations

    def _describe_repositories(self, client: "MemoryClient", parameters: Json) -> Json:
        state, registry_id = self.state, parameters["registryId"]
        names = parameters.get("repositoryNames")
        if names is None:
            if state.is_listing_denied:
                raise _denied(f"arn:aws:ecr:{client.region}:{registry_id}:repository/*", "DescribeRepositories")
            places = [
                place
                for place in state.repositories
                if (place.registry_id, place.region) == (registry_id, client.region)
            ]
            page, token = self._page({place.repository_name: place for place in places}, parameters)
            return {"repositories": [_repository(place, state.repositories[place]) for place in page]} | token
        places = [
            RepositoryReference(registry_id=registry_id, region=client.region, repository_name=name) for name in names
        ]
        for place in places:
            if place in state.denied:
                raise _denied(place.arn if self.names_missing else None, "DescribeRepositories")
        for place in places:
            if place not in state.repositories:
                raise self._missing_repository(place, "DescribeRepositories")
        return {"repositories": [_repository(place, state.repositories[place]) for place in reversed(places)]}

    def _describe_images(self, client: "MemoryClient", parameters: Json) -> Json:
        place, repository = self._repository(client, parameters, "DescribeImages")
        ids = parameters.get("imageIds")
        if ids is None:
            status = parameters["filter"].get("imageStatus", "ACTIVE")
            shown = {key: image for key, image in repository.images.items() if status in {"ANY", image.status}}
            page, token = self._page(shown, parameters)
            return {"imageDetails": [_image(place, repository, image) for image in page]} | token
        found: dict[str, StoredImage] = {}
        for image_id in ids:
            image = repository.find(image_id)
            if image is None:
                raise self._missing_image(image_id, "DescribeImages")
            found[image.digest] = image
        return {"imageDetails": [_image(place, repository, image) for image in reversed(found.values())]}

    def _describe_image_scan_findings(self, client: "MemoryClient", parameters: Json) -> Json:
        _, repository = self._repository(client, parameters, "DescribeImageScanFindings")
        image = repository.find(parameters["imageId"])
        if image is None:
            raise self._missing_image(parameters["imageId"], "DescribeImageScanFindings")
        if image.scan_status is None:
            raise _error("ScanNotFoundException", "Image scan does not exist", "DescribeImageScanFindings")
        names = {f"{number:06}": f"CVE-{image.scan}-{number}" for number in range(image.findings)}
        page, token = self._page(names, parameters)
        is_done = image.scan_status in {"COMPLETE", "ACTIVE"}
        findings = {
            "findings": [{"name": name, "severity": "HIGH"} for name in page],
            "findingSeverityCounts": {"HIGH": image.findings},
        } | ({"imageScanCompletedAt": _SCANNED_AT.replace(microsecond=image.scan)} if is_done else {})
        status = {"imageScanStatus": {"status": image.scan_status}}
        return {"imageScanFindings": findings, "imageId": {"imageDigest": image.digest}} | status | token

    def _describe_image_replication_status(self, client: "MemoryClient", parameters: Json) -> Json:
        _, repository = self._repository(client, parameters, "DescribeImageReplicationStatus")
        image = repository.find(parameters["imageId"])
        if image is None:
            raise self._missing_image(parameters["imageId"], "DescribeImageReplicationStatus")
        regions = ("eu-central-1", "ap-south-1", "us-west-2")
        statuses = zip(regions, image.replication, strict=False)
        return {"replicationStatuses": [{"region": region, "status": status} for region, status in statuses]}

    def _list_tags_for_resource(self, client: "MemoryClient", parameters: Json) -> Json:
        place = RepositoryReference.parse(parameters["resourceArn"])
        _, repository = self._repository(
            client, {"registryId": place.registry_id, "repositoryName": place.repository_name}, "ListTagsForResource"
        )
        return {"tags": [{"Key": "version", "Value": f"{repository.version}"}]}

    def _batch_get_image(self, client: "MemoryClient", parameters: Json) -> Json:
        place, repository = self._repository(client, parameters, "BatchGetImage")
        (image_id,) = parameters["imageIds"]
        image = repository.find(image_id)
        if image is None:
            reason = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
            return {"images": [], "failures": [{"imageId": image_id, **reason}]}
        found = {
            "registryId": place.registry_id,
            "repositoryName": place.repository_name,
            "imageId": {**image_id, "imageDigest": image.digest},
            "imageManifest": f'{{"digest": "{image.digest}"}}',
        }
        return {"images": [found], "failures": []}

    def _page(self, items: Mapping[str, Any], parameters: Json) -> tuple[list[Any], Json]:
        """Return the items whose keys follow the token, so that changes elsewhere do not move them."""
        keys = sorted(key for key in items if key > parameters.get("nextToken", ""))
        size = min(self.page_size, parameters["maxResults"])
        return [items[key] for key in keys[:size]], {"nextToken": keys[size - 1]} if len(keys) > size else {}

    def _repository(
        self, client: "MemoryClient", parameters: Json, operation: str
    ) -> tuple[RepositoryReference, StoredRepository]:
        place = RepositoryReference(
            registry_id=parameters["registryId"], region=client.region, repository_name=parameters["repositoryName"]
        )
        if place in self.state.denied:
            raise _denied(place.arn, operation)
        repository = self.state.repositories.get(place)
        if repository is None:
            raise self._missing_repository(place, operation)
        return place, repository

    def _missing_repository(self, place: RepositoryReference, operation: str) -> ClientError:
        name = f" with name '{place.repository_name}'" if self.names_missing else ""
        return _error("RepositoryNotFoundException", f"The repository{name} does not exist", operation)

    def _missing_image(self, image_id: Json, operation: str) -> ClientError:
        digest, tag = image_id.get("imageDigest", "null"), image_id.get("imageTag", "null")
        name = f" with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}}" if self.names_missing else ""
        return _error("ImageNotFoundException", f"The image{name} does not exist", operation)


class MemorySession:
    """A session with its own credentials, for one account or for all."""

    def __init__(self, ecr: MemoryECR, number: int, *, connections: int = 10, account: str | None = None) -> None:
        self.ecr = ecr
        self.number = number
        self.connections = connections
        self.account = account

    def client(self, service_name: str, *, region_name: str, config: Any) -> "MemoryClient":
        """Return a client for a region."""
        assert service_name == "ecr"
        assert config is not None
        return MemoryClient(self, region_name)


class MemoryClient:
    """The methods of a boto3 client that the service uses."""

    def __init__(self, session: MemorySession, region: str) -> None:
        self.number = session.number
        self.region = region
        self.before_send: Callable[[], None] = lambda: None
        self._account = session.account
        self._ecr = session.ecr
        events = SimpleNamespace(register_first=self._register)
        self.meta = SimpleNamespace(
            config=SimpleNamespace(max_pool_connections=session.connections), events=events, region_name=region
        )

    def _register(self, event: str, handler: Callable[[], None]) -> None:
        assert event == "before-send.ecr"
        self.before_send = handler

    def __getattr__(self, operation: str) -> Callable[..., Json]:
        def call(**parameters: Any) -> Json:
            return self._ecr.request(self, operation, parameters)

        return call

    def broken_rules(self, parameters: Json) -> list[str]:
        """Return what a request must not have, but has."""
        ids = [*parameters.get("imageIds", ()), *parameters.get("repositoryNames", ())]
        broken = [f"{len(ids)} ids"] if len(ids) > 100 else []
        if len({str(each) for each in ids}) != len(ids):
            broken.append("an id twice")
        account = parameters.get("registryId", self._account)
        if self._account not in {None, account}:
            broken.append(f"account {account} with the credentials of {self._account}")
        return broken


def _error(code: str, message: str, operation: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


def _denied(resource: str | None, operation: str) -> ClientError:
    where = "" if resource is None else f" on resource: {resource}"
    message = f"User is not authorized to perform: ecr:{operation}{where} with an explicit deny"
    return _error("AccessDeniedException", message, operation)


def _repository(place: RepositoryReference, repository: StoredRepository) -> Json:
    return {
        "repositoryArn": place.arn,
        "registryId": place.registry_id,
        "repositoryName": place.repository_name,
        "repositoryUri": place.uri,
        "createdAt": datetime.fromtimestamp(repository.version, UTC),
    }


def _image(place: RepositoryReference, repository: StoredRepository, image: StoredImage) -> Json:
    tags = repository.tags(image.digest)
    scan = {} if image.scan_status is None else {"imageScanStatus": {"status": image.scan_status}}
    return (
        {
            "registryId": place.registry_id,
            "repositoryName": place.repository_name,
            "imageDigest": image.digest,
            "imageSizeInBytes": image.version,
            "imageStatus": image.status,
        }
        | scan
        | ({"imageTags": tags} if tags else {})
    )
