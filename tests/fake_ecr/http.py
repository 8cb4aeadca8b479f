"""The HTTP transport.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import json
import socket
import ssl
import struct
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from fake_ecr.faults import Broken, Error, Fault, Faults, Handshake, Partial, Slow, Trickle
from fake_ecr.registry import Registry
from fake_ecr.request import Json, Request

__all__ = ["ECRServer"]

_CLOSING = {Broken.DROP, Broken.HANG_UP, Broken.NOISE, Broken.RESET, Broken.RESET_AMID}

_UNNAMED = {
    "ImageNotFoundException": "The image requested does not exist",
    "RepositoryNotFoundException": "The repository requested does not exist",
}


class ECRServer(Registry, Faults):
    """ECR on 127.0.0.1, in a `with` block.

    Pass `url` to a client as its `endpoint_url`. Every region and account has its own repositories; a client sees
    those of the region it signs for.

    Args:
        tls: The contexts of a trusted and of an untrusted certificate; None for no TLS.
    """

    def __init__(self, tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None) -> None:
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
        self.keeps_connections = True
        """Whether a connection serves more than one request."""
        self.next_handshake: Callable[[], Handshake | None] = lambda: None
        """Returns the fault of a new connection with TLS."""
        self.tls = tls
        self._in_flight = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _HTTPServer(self, ("127.0.0.1", 0), partial(_Connection, self))
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
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port of the server."""
        return self._http.server_port

    @property
    def max_ids_seen(self) -> int:
        """The maximum number of images or repositories in a request so far."""
        keys = "imageIds", "repositoryNames"
        return max((len(request.body.get(key, ())) for request in self.requests for key in keys), default=0)

    def is_stopping(self, seconds: float) -> bool:
        """Return whether the server stops within some seconds, or wait for so long."""
        return self._stopping.wait(seconds)

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

    def __init__(self, ecr: ECRServer, *args: Any) -> None:
        self.ecr = ecr
        self.connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.ecr.tls is None:
            super().finish_request(request, client_address)
            return
        trusted, untrusted = self.ecr.tls
        fault = self.ecr.next_handshake()
        if fault in {Handshake.CLOSED, Handshake.PLAIN}:
            request.recv(64)
            request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if fault is Handshake.PLAIN else b"\x16\x03\x03")
            return
        context = trusted if fault is None else untrusted
        with suppress(ssl.SSLError), context.wrap_socket(request.dup(), server_side=True) as connection:
            super().finish_request(connection, client_address)

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
        if fault in _CLOSING:
            self.close_connection = True
        if fault in {Broken.RESET, Broken.RESET_AMID}:
            # Closing resets the connection instead of ending it.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault in {Broken.HANG_UP, Broken.RESET}:
            return
        if fault is Broken.NOISE:
            self.wfile.write(bytes(range(256)) + b"\r\n\r\n")
            return
        status, payload = _replaced(fault, status, payload)
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if not self.ecr.keeps_connections:
            self.send_header("Connection", "close")
        self.end_headers()
        if isinstance(fault, Trickle):
            self._trickle(payload, fault.seconds)
        else:
            self.wfile.write(payload[: len(payload) // 2] if fault in {Broken.DROP, Broken.RESET_AMID} else payload)

    def _trickle(self, payload: bytes, pause: float) -> None:
        """Send a body byte by byte, for as long as the client reads."""
        with suppress(ConnectionError):
            for number in range(len(payload)):
                self.wfile.write(payload[number : number + 1])
                if self.ecr.is_stopping(pause):
                    return

    def log_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Log nothing."""


def _replaced(fault: Fault | None, status: int, payload: bytes) -> tuple[int, bytes]:
    """Return the status and the body of a response with a fault."""
    if fault is Broken.TRUNCATED:
        return status, payload[: len(payload) // 2]
    if fault is Broken.GARBAGE:
        return status, bytes(range(255, 0, -1))
    if fault is Broken.PAGE:
        return 502, b"<html><body>Bad Gateway</body></html>"
    return status, payload
