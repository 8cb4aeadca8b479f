"""An HTTP server that speaks enough of ECR's API for a boto3 client, and misbehaves on demand.

It follows the protocol at https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. Where AWS promises nothing it
does the inconvenient thing: results come back in another order than they were asked for.
"""

import json
import math
import re
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from typing import Any, Self

Json = dict[str, Any]

REGION = "us-east-1"
REGISTRY_ID = "123456789012"
"""The caller's own account, whose registry a request means when it has no `registryId`."""

MOMENT = 1767225600.0
"""2026-01-01T00:00:00Z, as the protocol writes it: every timestamp that a test did not choose."""

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
LIMIT = 100
"""The most ids or names in a request, and the most results on a page unless `maxResults` says otherwise."""

NAMELESS = {
    "ImageNotFoundException": "The image requested does not exist",
    "RepositoryNotFoundException": "The repository requested does not exist",
}


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    operation: str
    region: str
    """The region that the client signed for."""
    body: Json

    @property
    def registry_id(self) -> str:
        """The account that the request is about."""
        return str(self.body.get("registryId", REGISTRY_ID))

    @property
    def resource(self) -> str:
        """The ARN that the request is about; every repository of the registry if it names none."""
        name = self.body.get("repositoryName", "*")
        return str(self.body.get("resourceArn", _arn(self.region, self.registry_id, name)))


@dataclass(eq=False)
class Error(Exception):
    """An error answer: what an operation raises, and a fault to ask for.

    `$operation` and `$resource` in the message stand for those of the request.
    """

    code: str
    status: int = 400
    message: str = ""


@dataclass(frozen=True)
class Slow:
    """A fault: the right answer, after so many seconds."""

    seconds: float


class Broken(Enum):
    """Faults in which no whole answer arrives."""

    DROP = auto()
    """The headers announce the whole answer, half of it follows, and the connection closes."""
    HANG_UP = auto()
    """The connection closes without an answer."""
    TRUNCATED = auto()
    """The HTTP reply is whole, but its JSON is the first half of the answer."""


Fault = Error | Slow | Broken

THROTTLED = Error("ThrottlingException", message="Rate exceeded")
SERVER_ERROR = Error("ServerException", 500, "The server failed")
EXPIRED = Error("ExpiredTokenException", message="The security token included in the request is expired")
DENIED = Error(
    "AccessDeniedException",
    message=f"User: arn:aws:iam::{REGISTRY_ID}:user/reader is not authorized to perform: ecr:$operation"
    " on resource: $resource because no identity-based policy allows the ecr:$operation action",
)


@dataclass
class _Rule:
    """A fault and the requests it is meant for."""

    fault: Fault
    left: float
    operation: str | None
    when: Callable[[Request], bool] | None

    def matches(self, request: Request) -> bool:
        """Whether this request is to get the fault."""
        named = self.operation in {None, request.operation}
        return self.left > 0 and named and (self.when is None or self.when(request))


@dataclass
class _Image:
    """An image: its `ImageDetail` except for the tags, which move, and what the other operations say of it."""

    fields: Json
    tags: list[str]
    manifest: str
    findings: Sequence[Json] | None
    replication: Sequence[Json]

    @property
    def digest(self) -> str:
        """The digest, which is the image's identity."""
        return str(self.fields["imageDigest"])

    @property
    def detail(self) -> Json:
        """The `ImageDetail`, without `imageTags` when there are none."""
        return {**self.fields, "imageTags": self.tags} if self.tags else self.fields

    def has(self, image_id: Json) -> bool:
        """Whether the `ImageIdentifier` means this image: it has a half, and each half that it has is right."""
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        return bool(digest or tag) and digest in {None, self.digest} and tag in {None, *self.tags}


@dataclass
class _Repository:
    """A repository with its resource tags, and its images by digest."""

    fields: Json
    tags: Mapping[str, str]
    images: dict[str, _Image] = field(default_factory=dict[str, _Image])

    def find(self, image_id: Json) -> _Image | None:
        """The image that the `ImageIdentifier` means, if there is one."""
        return next((image for image in self.images.values() if image.has(image_id)), None)

    def get(self, image_id: Json) -> _Image:
        """The image that the `ImageIdentifier` means, or ECR's error that there is none."""
        if image := self.find(image_id):
            return image
        message = f"The image with imageId {_written(image_id)} does not exist within {self}"
        raise Error("ImageNotFoundException", message=message)

    def __str__(self) -> str:
        name, registry_id = self.fields["repositoryName"], self.fields["registryId"]
        return f"the repository with name '{name}' in the registry with id '{registry_id}'"


class _Registries:
    """The repositories of every region and account, and the operations on them."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str, str], _Repository] = {}
        self.operations: dict[str, Callable[[Request], Json]] = {
            "BatchGetImage": self.batch_get_image,
            "DescribeImageReplicationStatus": self.describe_image_replication_status,
            "DescribeImageScanFindings": self.describe_image_scan_findings,
            "DescribeImages": self.describe_images,
            "DescribeRepositories": self.describe_repositories,
            "ListTagsForResource": self.list_tags_for_resource,
        }

    def answer(self, request: Request) -> Json:
        """The response to a request, or an `Error`."""
        if request.operation not in self.operations:
            raise Error("UnknownOperationException")
        return self.operations[request.operation](request)

    def repository(self, region: str, registry_id: str, name: str) -> _Repository:
        """A repository by its name, or ECR's error that there is none."""
        if found := self.repositories.get((region, registry_id, name)):
            return found
        message = f"The repository with name '{name}' does not exist in the registry with id '{registry_id}'"
        raise Error("RepositoryNotFoundException", message=message)

    def named_by(self, request: Request) -> _Repository:
        """The repository that a request names."""
        return self.repository(request.region, request.registry_id, request.body["repositoryName"])

    def describe_repositories(self, request: Request) -> Json:
        """The repositories asked for, or an error if one is missing; without names a page of them all."""
        place = request.region, request.registry_id
        if "repositoryNames" not in request.body:
            present = [repository.fields for key, repository in self.repositories.items() if key[:2] == place]
            return _page("repositories", present, request)
        names = dict.fromkeys(_asked("repositoryNames", request))
        found = [self.repository(*place, name).fields for name in names]
        return {"repositories": found[::-1]}

    def describe_images(self, request: Request) -> Json:
        """The images asked for, each once, or an error if one is missing; without ids a page of them all."""
        if "imageIds" not in request.body:
            images = self.named_by(request).images.values()
            return _page("imageDetails", [image.detail for image in images], request)
        ids = _asked("imageIds", request)
        found = {image.digest: image.detail for image in map(self.named_by(request).get, ids)}
        return {"imageDetails": list(found.values())[::-1]}

    def batch_get_image(self, request: Request) -> Json:
        """The manifests asked for, each image once, and a failure for each id that has none to give."""
        ids = _asked("imageIds", request)
        repository = self.named_by(request)
        images: dict[str, Json] = {}
        failures: list[Json] = []
        for image_id in ids:
            image = repository.find(image_id)
            if image is None:
                failures.append(_failure(image_id, "ImageNotFound", "Requested image not found"))
                continue
            media_type = image.fields.get("imageManifestMediaType")
            if media_type not in request.body.get("acceptedMediaTypes", [media_type]):
                failures.append(_failure(image_id, "UnsupportedImageType", f"The image is of type {media_type}"))
                continue
            images[image.digest] = {
                **_about(request, image_id, image),
                "imageManifest": image.manifest,
                "imageManifestMediaType": media_type,
            }
        return {"images": list(images.values())[::-1], "failures": failures[::-1]}

    def list_tags_for_resource(self, request: Request) -> Json:
        """The resource tags of a repository, which has to be in the client's region."""
        arn = re.fullmatch(_arn(request.region, r"(\d{12})", "(.+)"), request.resource)
        if arn is None:
            raise _invalid("resourceArn", "Invalid ARN")
        tags = self.repository(request.region, arn[1], arn[2]).tags
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()][::-1]}

    def describe_image_scan_findings(self, request: Request) -> Json:
        """A page of what a scan found; findings that have a `findingArn` are those of enhanced scanning."""
        repository, image_id = self.named_by(request), request.body["imageId"]
        image = repository.get(image_id)
        if image.findings is None:
            message = f"Image scan does not exist for the image with '{_written(image_id)}' in {repository}"
            raise Error("ScanNotFoundException", message=message)
        severities = [finding["severity"] for finding in image.findings if "severity" in finding]
        enhanced = any("findingArn" in finding for finding in image.findings)
        page = _page("enhancedFindings" if enhanced else "findings", image.findings, request)
        token = {"nextToken": page.pop("nextToken")} if "nextToken" in page else {}
        findings = {
            "imageScanCompletedAt": MOMENT,
            "vulnerabilitySourceUpdatedAt": MOMENT,
            "findingSeverityCounts": {severity: severities.count(severity) for severity in severities},
            **page,
        }
        status = image.fields.get("imageScanStatus", {"status": "COMPLETE"})
        about = _about(request, image_id, image)
        return {**about, "imageScanStatus": status, "imageScanFindings": findings, **token}

    def describe_image_replication_status(self, request: Request) -> Json:
        """Where an image has been replicated to."""
        image_id = request.body["imageId"]
        image = self.named_by(request).get(image_id)
        about = _about(request, image_id, image)
        del about["registryId"]  # which this response alone leaves out
        return {**about, "replicationStatuses": image.replication}


class ECRServer:
    """ECR on 127.0.0.1, for as long as the `with` block lasts.

    Pass `url` to a client as its `endpoint_url`. Every region and every account has repositories of its own; a client
    sees those of the region that it signs for.
    """

    def __init__(self) -> None:
        """Takes a free port; the `with` block starts and stops the answering."""
        self.requests: list[Request] = []
        """Every request so far, in order of arrival."""
        self.in_flight_peak = 0
        """The largest number of requests handled at the same time; without a `delay` they hardly ever overlap.

        A request that its client gave up is handled until its wait is over.
        """
        self.delay = 0.0
        """Seconds that each reply waits."""
        self.names_missing = True
        """Whether the error for a missing image or repository says which one."""
        self._in_flight = 0
        self._rules: list[_Rule] = []
        self._registries = _Registries()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _HTTPServer(("127.0.0.1", 0), partial(_Connection, self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.hang_up()
        # Only now: what still waits for its answer is cut off, rather than answered if it is quick.
        self._stopping.set()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def max_ids_seen(self) -> int:
        """The largest number of images or of repositories that one request asked for."""
        keys = "imageIds", "repositoryNames"
        return max((len(request.body.get(key, ())) for request in self.requests for key in keys), default=0)

    def count(self, operation: str | None = None) -> int:
        """How many requests of the operation came in; how many in all if none is named."""
        return sum(operation in {None, request.operation} for request in self.requests)

    def fail(
        self,
        *faults: Fault,
        times: int | None = 1,
        operation: str | None = None,
        when: Callable[[Request], bool] | None = None,
    ) -> None:
        """Has the next `times` matching requests fail, or from now on all of them if `times` is None.

        Of several faults each gets `times` requests, one fault after the other. Of several calls that match a request
        the earliest decides.
        """
        left = math.inf if times is None else times
        with self._lock:
            self._rules += [_Rule(fault, left, operation, when) for fault in faults]

    def add_repository(
        self,
        name: str,
        *,
        region: str = REGION,
        registry_id: str = REGISTRY_ID,
        tags: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Adds a repository; one that is there already keeps its images and is described anew.

        `tags` are its resource tags. `fields` are members of the API's `Repository`: None leaves one out, and a
        datetime becomes a timestamp.
        """
        detail = {
            "repositoryArn": _arn(region, registry_id, name),
            "registryId": registry_id,
            "repositoryName": name,
            "repositoryUri": f"{registry_id}.dkr.ecr.{region}.amazonaws.com/{name}",
            "createdAt": MOMENT,
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        repository = _Repository(_present(detail | fields), tags or {})
        with self._lock:
            known = self._registries.repositories.setdefault((region, registry_id, name), repository)
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
        **fields: Any,
    ) -> None:
        """Adds an image, in a new repository if need be, and takes its tags from the images that had them.

        `findings` are the API's `ImageScanFinding` or `EnhancedImageScanFinding` values, None if it was never scanned;
        `replication` its `ImageReplicationStatus` values. `fields` are members of `ImageDetail`: None leaves one out,
        and a datetime becomes a timestamp.
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
        if (region, registry_id, repository_name) not in self._registries.repositories:
            self.add_repository(repository_name, region=region, registry_id=registry_id)
        image = _Image(detail, list(tags), manifest, findings, replication)
        with self._lock:
            images = self._registries.repository(region, registry_id, repository_name).images
            for other in images.values():
                other.tags = [tag for tag in other.tags if tag not in image.tags]
            images[digest] = image

    def remove_image(
        self, repository_name: str, digest: str, *, region: str = REGION, registry_id: str = REGISTRY_ID
    ) -> None:
        """Removes an image and its tags."""
        with self._lock:
            del self._registries.repository(region, registry_id, repository_name).images[digest]

    def reply(self, request: Request) -> tuple[int, bytes, Fault | None]:
        """Records a request and returns the status and the body of its answer, and the fault it is to have."""
        with self._lock:
            self.requests.append(request)
            fault = self._fault(request)
            self._in_flight += 1
            self.in_flight_peak = max(self.in_flight_peak, self._in_flight)
        self._stopping.wait(self.delay + (fault.seconds if isinstance(fault, Slow) else 0))
        with self._lock:
            # Before anything is sent: a client that waits for each reply never has two requests in flight.
            self._in_flight -= 1
            status, answer = self._answer(request, fault)
            return status, json.dumps(answer, default=datetime.timestamp).encode(), fault

    def _fault(self, request: Request) -> Fault | None:
        """The fault that is due, which takes one off its number."""
        rule = next((rule for rule in self._rules if rule.matches(request)), None)
        if rule is None:
            return None
        rule.left -= 1
        return rule.fault

    def _answer(self, request: Request, fault: Fault | None) -> tuple[int, Json]:
        """The status and the JSON of the answer: the error that was asked for, or what the operation says."""
        if isinstance(fault, Error):
            message = Template(fault.message).safe_substitute(operation=request.operation, resource=request.resource)
            return fault.status, {"__type": fault.code, "message": message}
        try:
            return 200, self._registries.answer(request)
        except Error as error:
            message = error.message if self.names_missing else NAMELESS.get(error.code, error.message)
            return error.status, {"__type": error.code, "message": message}


class _HTTPServer(ThreadingHTTPServer):
    """A thread for each connection, none of which outlives the server."""

    daemon_threads = False
    request_queue_size = 128
    """Enough for a pool that connects all at once: the default of 5 makes some of it wait a second and try again."""

    def __init__(self, *args: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Notes the connection, and starts its thread."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Closes the connection, and forgets it."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints a traceback, unless the client merely went away: it may, in a test of timeouts."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Ends the connections that clients keep alive, so that their threads end too."""
        for connection in tuple(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    """What happens on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, ecr: ECRServer, *args: Any) -> None:
        self.ecr = ecr
        super().__init__(*args)

    def do_POST(self) -> None:
        """Answers one request, which has to be signed, for its region stands in the signature."""
        status, payload, fault = self.ecr.reply(
            Request(
                operation=self.headers["X-Amz-Target"].partition(".")[2],
                region=self.headers["Authorization"].split("/")[2],
                body=json.loads(self.rfile.read(int(self.headers["Content-Length"]))),
            )
        )
        half = payload[: len(payload) // 2]
        if fault in {Broken.DROP, Broken.HANG_UP}:
            self.close_connection = True
        if fault is Broken.HANG_UP:
            return
        if fault is Broken.TRUNCATED:
            payload = half
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(half if fault is Broken.DROP else payload)

    def log_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Keeps quiet."""


def _arn(region: str, registry_id: str, name: str) -> str:
    """The ARN of a repository."""
    return f"arn:aws:ecr:{region}:{registry_id}:repository/{name}"


def _present(fields: Json) -> Json:
    """The fields that are not None."""
    return {key: value for key, value in fields.items() if value is not None}


def _written(image_id: Json) -> str:
    """An `ImageIdentifier` as ECR writes it in messages, with 'null' for a half that is absent."""
    digest, tag = image_id.get("imageDigest", "null"), image_id.get("imageTag", "null")
    return f"{{imageDigest:'{digest}', imageTag:'{tag}'}}"


def _about(request: Request, image_id: Json, image: _Image) -> Json:
    """The members that say which image an answer is about, by its digest and the tag it was asked for by."""
    return {
        "registryId": request.registry_id,
        "repositoryName": request.body["repositoryName"],
        "imageId": {**image_id, "imageDigest": image.digest},
    }


def _failure(image_id: Json, code: str, reason: str) -> Json:
    """An `ImageFailure`."""
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}


def _invalid(name: str, constraint: str) -> Error:
    """ECR's error for a member of the request that it does not take."""
    message = f"Invalid parameter at '{name}' failed to satisfy constraint: '{constraint}'"
    return Error("InvalidParameterException", message=message)


def _asked(key: str, request: Request) -> list[Any]:
    """The ids or names that a request asks for, or ECR's error if there are none, too many, or pages asked for too."""
    asked: list[Any] = request.body[key]
    if not asked:
        raise _invalid(key, "Member must have length greater than or equal to 1")
    if len(asked) > LIMIT:
        raise _invalid(key, f"Member must have length less than or equal to {LIMIT}")
    for option in ("maxResults", "nextToken"):
        if option in request.body:
            raise _invalid(option, f"Member must not be given together with {key}")
    return asked


def _page(key: str, items: Sequence[Json], request: Request) -> Json:
    """A page of items under their key, with a `nextToken` if there are more."""
    start = int(request.body.get("nextToken", 0))
    end = start + request.body.get("maxResults", LIMIT)
    page: Json = {key: items[start:end]}
    return page | {"nextToken": str(end)} if end < len(items) else page
