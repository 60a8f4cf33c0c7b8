"""Small servers of the outside world, which flows call: one that speaks HTTP, one that does as it likes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from uuid import uuid4

from flask import Flask

from forjinn import settings
from forjinn.flows.call import Budget, Call, Scope


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Web:
    """Use as a context manager; it answers with what was set for the path, else for all."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.replies: dict[str, Reply] = {}
        self.received: list[Received] = []
        self._server = _Server((host, 0), _Handler)
        self._server.web = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def says(
        self, body: bytes | str, status: int = 200, *, at: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.replies[at] = Reply(content, status, dict(headers or {}))

    def sends_on(self, path: str, to: str, status: int = 302) -> None:
        self.says("", status, at=path, headers={"Location": to})

    @property
    def last(self) -> Received:
        return self.received[-1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    web: Web
    # An idle connection of the client's pool would hold up the end of a test.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_arguments: object) -> None:
        """A client that hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else each answer waits 0.04 s for the acknowledgement of its head.
    disable_nagle_algorithm = True
    server: _Server

    def answer(self) -> None:
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        web.received.append(Received(self.command, self.path, headers, body))
        reply = web.replies.get(self.path.partition("?")[0]) or web.replies.get("") or Reply()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_arguments: object) -> None:
        """Nothing on stderr."""


class Line:
    """A server whose connections a function of the test serves; it knows when one was closed."""

    def __init__(self, serve: Callable[[socket.socket], None], wrap: Callable[..., socket.socket]) -> None:
        self._serve, self._wrap = serve, wrap
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.asked, self.closed = threading.Event(), threading.Event()
        self.connections = 0

    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _address = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), self._wrap(connection) as talking:
            talking.recv(65536)
            self.asked.set()
            self._serve(talking)
            talking.settimeout(5)
            # Nothing more comes but the end.
            with suppress(ConnectionError):
                while talking.recv(65536):
                    """The rest of a request."""
            self.closed.set()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def line(
    serve: Callable[[socket.socket], None], wrap: Callable[[socket.socket], socket.socket] = lambda same: same
) -> Iterator[Line]:
    served = Line(serve, wrap)
    threading.Thread(target=served.run, daemon=True).start()
    yield served
    served.close()


def dripping(connection: socket.socket, pieces: list[bytes], seconds: float) -> None:
    """Send these one by one, that far apart."""
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(seconds)


def an_app(**values: str) -> Flask:
    """Nothing but the settings, which is all that a call out reads."""
    app = Flask("calls-out")
    app.config.update(settings.load(values))
    return app


def a_scope(
    question: str = "", *, seconds: float = 60, variables: Mapping[str, object] | None = None
) -> Scope:
    budget = Budget(nodes=100, depth=5, deadline=time.monotonic() + seconds)
    return Scope(Call(uuid4(), uuid4(), question, "chat-1", budget, variables=variables or {}))


def answer_of(said: bytes) -> bytes:
    """An answer with this JSON, after which the connection is kept."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
    return head.encode() + said


class ClosesAtTheSecond:
    """Answers a connection's first request and closes it at the second, without a word.

    Some model servers do that after each stream, and all do when a connection was idle for long.
    """

    def __init__(self, said: bytes) -> None:
        self.said = said
        self.requests: list[list[bytes]] = []

    def serve(self, connection: socket.socket) -> None:
        requests: list[bytes] = []
        self.requests.append(requests)
        while len(requests) < 2 and (received := connection.recv(1 << 16)):
            requests.append(received)
            if len(requests) == 1:
                connection.sendall(answer_of(self.said))


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """The URL of a server that hands each of its connections to the function, then closes it."""

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            serve(connection)

    def run() -> None:
        with suppress(OSError):
            while True:
                connection, _address = server.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
