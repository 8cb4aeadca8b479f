"""The HTTP transport.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import json
import socket
import sys
import threading
import uuid
from contextlib import suppress
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from fake_ecr.faults import Broken, Error, Fault, Faults, Partial, Slow
from fake_ecr.registry import Registry
from fake_ecr.request import Json, Request

__all__ = ["ECRServer"]

_UNNAMED = {
    "ImageNotFoundException": "The image requested does not exist",
    "RepositoryNotFoundException": "The repository requested does not exist",
}


class ECRServer(Registry, Faults):
    """ECR on 127.0.0.1, in a `with` block.

    Pass `url` to a client as its `endpoint_url`. Every region and account has its own repositories; a client sees
    those of the region it signs for.
    """

    def __init__(self) -> None:
        Registry.__init__(self)
        Faults.__init__(self)
        self.requests: list[Request] = []
        """Every request so far, in order of arrival."""
        self.in_flight_peak = 0
        """The maximum number of concurrent requests; without a `delay` they hardly ever overlap.

        A request whose client timed out counts until its delay is over.
        """
        self.delay = 0.0
        """The delay of each response, in seconds."""
        self.names_missing = True
        """Whether the error for a missing image or repository names it."""
        self._in_flight = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _HTTPServer(("127.0.0.1", 0), partial(_Connection, self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.close_connections()
        # Last, so that delayed responses are cut off rather than sent.
        self._stopping.set()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def max_ids_seen(self) -> int:
        """The maximum number of images or repositories in a request so far."""
        keys = "imageIds", "repositoryNames"
        return max((len(request.body.get(key, ())) for request in self.requests for key in keys), default=0)

    def count(self, operation: str | None = None) -> int:
        """Return the number of requests of an operation, or of all."""
        return sum(operation in {None, request.operation} for request in self.requests)

    def reply(self, request: Request) -> tuple[int, bytes, Fault | None]:
        """Record a request, and return the status and the body of its response and the fault to inject."""
        with self._lock:
            self.requests.append(request)
            fault = self.next_fault(request)
            self._in_flight += 1
            self.in_flight_peak = max(self.in_flight_peak, self._in_flight)
        self._stopping.wait(self.delay + (fault.seconds if isinstance(fault, Slow) else 0))
        with self._lock:
            # Before the response is sent: a client that waits for each response never has two requests in flight.
            self._in_flight -= 1
            status, response = self._reply(request, fault)
            return status, json.dumps(response, default=datetime.timestamp).encode(), fault

    def _reply(self, request: Request, fault: Fault | None) -> tuple[int, Json]:
        if isinstance(fault, Error):
            return fault.status, fault.response(request)
        try:
            response = self.response(request)
        except Error as error:
            response = error.response(request)
            if not self.names_missing:
                response["message"] = _UNNAMED.get(error.code, error.message)
            return error.status, response
        if isinstance(fault, Partial):
            key = next(iter(response))
            response = {key: response[key][: fault.keep], "nextToken": "0"}
        return 200, response


class _HTTPServer(ThreadingHTTPServer):
    """A thread for each connection; all end with the server."""

    daemon_threads = False
    request_queue_size = 128
    """Enough for a pool that connects all at once: with the default of 5, some connections are delayed by a second."""

    def __init__(self, *args: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a traceback, except for clients that disconnect, as they do in tests of timeouts."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Close the persistent connections of clients, so that their threads end."""
        for connection in tuple(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, ecr: ECRServer, *args: Any) -> None:
        self.ecr = ecr
        super().__init__(*args)

    def do_POST(self) -> None:
        """Respond to a request, which must be signed: the signature names its region."""
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
        """Log nothing."""
