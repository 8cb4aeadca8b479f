"""Every fault at every call of a long batch, and what was lost: nothing.

``python tests/generated_faults.py`` tries them all, and prints a table.
"""

import argparse
import ipaddress
import math
import socket
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias
from unittest.mock import patch

import boto3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_ecr import (
    DENIED,
    EXPIRED,
    SERVER_ERROR,
    THROTTLED,
    Broken,
    ECRServer,
    Fault,
    Handshake,
    Partial,
    Request,
    Slow,
    Trickle,
)

from ecr_events import (
    AccessDeniedError,
    BatchServiceError,
    CredentialsError,
    ImageReference,
    RepositoryReference,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    UnavailableError,
)
from ecr_events.service import ECRService, Image, clients

__all__ = ["CALLS", "FAULTS", "MODES", "Attempt", "Bench", "Tried", "bench"]

RESOLVER = "name not resolved"
"""The fault of a host name, rather than of a server."""

AnyFault: TypeAlias = Fault | Handshake | str

FAULTS: dict[str, tuple[AnyFault, type[ServiceError]]] = {
    "throttled": (THROTTLED, ThrottledError),
    "500": (SERVER_ERROR, UnavailableError),
    "502 of a proxy": (Broken.PAGE, UnavailableError),
    "reset": (Broken.RESET, UnavailableError),
    "reset amid the body": (Broken.RESET_AMID, UnavailableError),
    "closed": (Broken.HANG_UP, UnavailableError),
    "closed amid the body": (Broken.DROP, UnavailableError),
    "half a body": (Broken.TRUNCATED, UnavailableError),
    "garbage as the body": (Broken.GARBAGE, UnavailableError),
    "not HTTP": (Broken.NOISE, UnavailableError),
    "half of the images": (Partial(50), UnavailableError),
    "no response": (Slow(1), UnavailableError),
    "slow bytes": (Trickle(0.05), ServiceTimeoutError),
    "expired credentials": (EXPIRED, CredentialsError),
    "denied": (DENIED, AccessDeniedError),
    "TLS, untrusted certificate": (Handshake.UNTRUSTED, UnavailableError),
    "TLS, no TLS": (Handshake.PLAIN, UnavailableError),
    "TLS, closed": (Handshake.CLOSED, UnavailableError),
    "DNS": (RESOLVER, UnavailableError),
}
"""Each fault, and the class of the error if the lookup cannot do without what failed."""

MODES = ("once", "the call always", "from then on")

ATTEMPTS = 2
"""Number of times that botocore sends a request."""

TIMEOUT = 2.0
"""Of a batch in which a server sends slow bytes, in seconds."""

HOST = "ecr.faulty.test"
_ACCOUNTS = ("012345678901", "999999999999")
_SIZES = ((0, "team/app", 450), (0, "team/web", 250), (1, "team/app", 350))


def references(account: str, region: str, name: str, count: int) -> list[ImageReference]:
    """Return images of a repository, every other one by tag."""
    place = RepositoryReference(registry_id=account, region=region, repository_name=name)
    return [
        place.image(tag=f"v{number}") if number % 2 else place.image(digest=f"sha256:{number:064x}")
        for number in range(count)
    ]


FAULTY = [each for account, name, count in _SIZES for each in references(_ACCOUNTS[account], "eu-west-1", name, count)]
HEALTHY = references(_ACCOUNTS[0], "us-east-1", "team/app", 200)
MISSING = {FAULTY[10], FAULTY[460], FAULTY[461]}
EVERYTHING = FAULTY + HEALTHY
"""1,250 images of four repositories in three registries."""

_NUMBERS = {reference: number for number, reference in enumerate(EVERYTHING)}

CALLS = 5 + 3 + 4 + len(MISSING)
"""Calls to the faulty region, if there is no fault: a missing image costs one more."""


@dataclass(frozen=True)
class Attempt:
    """The outcome of a batch."""

    results: int
    errors: Counter[str]
    requests: int
    seconds: float
    lost: list[str]
    """Descriptions of what must not be."""


class FaultySession(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A session whose clients talk to a server for each region."""

    def __init__(self, urls: dict[str, str], trust: str | None) -> None:
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret", region_name="ap-south-2")
        self.urls = urls
        self.trust = trust

    def client(self, *arguments: Any, **options: Any) -> Any:
        """Return a client of the server of a region."""
        url = self.urls[options["region_name"]]
        verify = {"verify": self.trust} if url.startswith("https") else {}
        return super().client(*arguments, endpoint_url=url, **options, **verify)


class Bench:
    """A service, a region with faults and a healthy one."""

    def __init__(self, faulty: ECRServer, healthy: ECRServer, session: FaultySession) -> None:
        self.faulty, self.healthy = faulty, healthy
        self.connections = 0
        self.strikes: Callable[[int], bool] = _never
        for server, images in ((faulty, FAULTY), (healthy, HEALTHY)):
            for number, reference in enumerate(images):
                if reference not in MISSING:
                    place = reference.repository
                    server.add_image(
                        place.repository_name,
                        reference.image_digest or f"sha256:{number:064x}",
                        tags=[reference.image_tag] if reference.image_tag else [],
                        region=place.region,
                        registry_id=place.registry_id,
                        imageSizeInBytes=_size(reference),
                    )
        config = Config(
            max_pool_connections=1,
            connect_timeout=2,
            read_timeout=0.3,
            retries={"mode": "legacy", "total_max_attempts": ATTEMPTS},
        )
        self.service = ECRService(session, config=config)
        for reference in EVERYTHING:  # to create a client may take as long as a batch may
            self.service.client_for(reference)

    def next_strikes(self) -> bool:
        """Count a connection, and return whether it fails."""
        self.connections += 1
        return self.strikes(self.connections)

    def resolve(self, host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        """Stand in for `socket.getaddrinfo`."""
        if host == HOST:
            if self.next_strikes():
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host = "127.0.0.1"
        return _resolve(host, port, *arguments, **options)

    def inject(self, fault: AnyFault, call: int, mode: str) -> None:
        """Let a call fail: that with the number, once, always, or with all that follow."""
        times = {"once": 1, "the call always": ATTEMPTS, "from then on": math.inf}[mode]
        if isinstance(fault, Handshake | str):
            self.strikes = lambda number: call <= number < call + times
            return
        seen: list[Request] = []

        def strikes(request: Request) -> bool:
            seen.append(request)
            if len(seen) < call:
                return False
            if mode == "once":
                return len(seen) == call
            return mode == "from then on" or request.body == seen[call - 1].body

        self.faulty.fail(fault, times=None, when=strikes)

    def heal(self) -> None:
        """Let nothing fail any more."""
        self.faulty.heal()
        self.strikes, self.connections = _never, 0

    def attempt(self, name: str, call: int, mode: str) -> Attempt:
        """Look everything up while a call fails, and again when none does."""
        fault, error = FAULTS[name]
        self.service.clear_cache()
        self.heal()
        self.inject(fault, call, mode)
        before = self.count()
        start = time.monotonic()
        outcome = self.look_up(TIMEOUT if isinstance(fault, Trickle) else 60.0)
        seconds = time.monotonic() - start
        requests = self.count() - before
        self.heal()
        lost = self.check(outcome, error, mode)
        results, errors = outcome
        before = self.count()
        if self.look_up(60.0, list(results)) != (results, {}) or self.count() != before:
            lost.append("a result was not cached")
        repaired, still = self.look_up(60.0)
        if still:
            lost.append(f"an error was cached: {next(iter(still.values()))}")
        lost += self.wrong(repaired)
        if errors and self.count() == before:
            lost.append("nothing was requested again")
        kinds = Counter(type(each).__name__ for each in errors.values())
        return Attempt(len(results), kinds, requests, seconds, lost)

    def count(self) -> int:
        """Return the number of requests so far."""
        return self.faulty.count() + self.healthy.count()

    def look_up(
        self, timeout: float, images: Sequence[ImageReference] = EVERYTHING
    ) -> tuple[dict[ImageReference, Image | None], dict[ImageReference, ServiceError]]:
        """Return results and errors."""
        try:
            return self.service.images(images, timeout=timeout), {}
        except BatchServiceError as error:
            return dict(error.results), dict(error.errors)

    def check(
        self,
        outcome: tuple[dict[ImageReference, Image | None], dict[ImageReference, ServiceError]],
        error: type[ServiceError],
        mode: str,
    ) -> list[str]:
        """Return what must not be in an outcome."""
        results, errors = outcome
        lost = self.wrong(results)
        if sorted([*results, *errors], key=str) != sorted(EVERYTHING, key=str):
            lost.append("not every image has one outcome")
        if not results.keys() >= {*HEALTHY}:
            lost.append("the healthy region has errors")
        lost += [
            f"{reference}: {each!r}" for reference, each in errors.items() if not _is_clear(reference, each, error)
        ]
        if mode == "once" and errors and error in {UnavailableError, ThrottledError}:
            lost.append(f"an error in spite of retries: {next(iter(errors.values()))}")
        return lost

    @staticmethod
    def wrong(results: dict[ImageReference, Image | None]) -> list[str]:
        """Return results that are those of another image."""
        return [
            f"{reference}: {image}"
            for reference, image in results.items()
            if (image is None) != (reference in MISSING) or (image and image.size_bytes != _size(reference))
        ]


def _is_clear(reference: ImageReference, found: ServiceError, expected: type[ServiceError]) -> bool:
    """Return whether an error has its class, its reference, a reason and a cause."""
    # Where the server is slow, some requests time out, and those behind them have no time left.
    kinds = {expected, UnavailableError} if expected is ServiceTimeoutError else {expected}
    is_caused = found.__cause__ is not None or type(found) is ServiceTimeoutError or "neither a result" in found.reason
    return type(found) in kinds and found.reference == reference and bool(found.reason) and is_caused


def _never(_: float) -> bool:
    """Return False at once."""
    return False


def _size(reference: ImageReference) -> int:
    """Return a size that no other image has."""
    return 1 + _NUMBERS[reference]


_resolve = socket.getaddrinfo


def certificate(folder: Path, name: str) -> tuple[str, ssl.SSLContext]:
    """Return the file of a self-signed certificate for the loopback address, and the context of a server with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = signed.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)
    (folder / f"{name}-public.pem").write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return str(folder / f"{name}-public.pem"), context


@contextmanager
def bench(name: str) -> Generator[Bench]:
    """Return a bench for a fault. botocore's retries do not pause."""
    fault, _ = FAULTS[name]
    with ExitStack() as stack:
        stack.enter_context(patch("botocore.endpoint.time", SimpleNamespace(sleep=_never)))
        stack.enter_context(patch.object(clients, "_MAX_ABANDONED", 0.1))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trust, tls = None, None
        if isinstance(fault, Handshake):
            (trust, trusted), (_, untrusted) = certificate(folder, "trusted"), certificate(folder, "untrusted")
            tls = (trusted, untrusted)
        faulty, healthy = stack.enter_context(ECRServer(tls)), stack.enter_context(ECRServer())
        faulty.keeps_connections = not isinstance(fault, Handshake | str)
        url = f"http://{HOST}:{faulty.port}" if fault == RESOLVER else faulty.url
        found = Bench(faulty, healthy, FaultySession({"eu-west-1": url, "us-east-1": healthy.url}, trust))
        stack.enter_context(patch("socket.getaddrinfo", found.resolve))
        if isinstance(fault, Handshake):
            faulty.next_handshake = lambda: fault if found.next_strikes() else None
        yield found


@dataclass
class Tried:
    """The attempts with a fault in a mode."""

    name: str
    mode: str
    calls: list[int] = field(default_factory=list[int])
    results: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])
    requests: int = 0
    longest: float = 0.0
    lost: list[str] = field(default_factory=list[str])

    def add(self, call: int, attempt: Attempt) -> None:
        """Add an attempt."""
        self.calls.append(call)
        self.results += attempt.results
        self.errors += attempt.errors
        self.requests += attempt.requests
        self.longest = max(self.longest, attempt.seconds)
        self.lost += [f"call {call}: {each}" for each in attempt.lost]

    def __str__(self) -> str:
        errors = ", ".join(f"{count:,} {name}" for name, count in self.errors.most_common()) or "no error"
        where = f"calls {self.calls[0]} to {self.calls[-1]}"
        tried = f"{len(self.calls)} batches, {self.requests} requests"
        lost = "; ".join(self.lost[:3]) or "nothing"
        happened = f"{self.results:,} results, {errors}; at most {self.longest:.1f} s"
        return f"| {self.name} | {where}, {self.mode} | {tried} | {happened} | {lost} |"


def main() -> None:
    """Try every fault at every call, and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("faults", nargs="*", default=list(FAULTS))
    options = parser.parse_args()
    print("| fault | where | tried | what happened | lost |\n|---|---|---|---|---|")
    for name in options.faults:
        with bench(name) as tested:
            for mode in MODES:
                tried = Tried(name, mode)
                for call in range(1, CALLS + 1):
                    tried.add(call, tested.attempt(name, call, mode))
                print(tried, flush=True)


if __name__ == "__main__":
    main()
