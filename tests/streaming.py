"""A provider that streams as OpenAI does, at a test's pace, and knows who listens; and how to read ours."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


@dataclass
class Script:
    """What is sent: texts become chunks, bytes go out as they are, a number is a pause in seconds."""

    steps: list[Any] = field(default_factory=lambda: ["Hel", "lo ", "world"])
    # What ends the stream, after the steps; None closes the connection instead.
    ending: bytes | None = b"data: [DONE]\n\n"
    status: int = 200
    content_type: str = "text/event-stream"
    # How long it thinks before the first byte.
    thinks: float = 0.0


class StreamingProvider:
    """Use as a context manager. `listeners` counts the calls that somebody still waits for."""

    def __init__(self) -> None:
        self.script = Script()
        self.received: list[dict[str, Any]] = []
        self.listeners = 0
        self.left = 0
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.provider = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    provider: StreamingProvider
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_arguments: object) -> None:
        """A client that hung up is what some tests are about."""


class Left(Exception):
    """Nobody listens any more."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        provider = self.server.provider
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        with provider.lock:
            provider.received.append(sent)
            provider.listeners += 1
        try:
            self._tell(provider.script, bool(sent.get("stream")))
        except (Left, OSError):
            with provider.lock:
                provider.left += 1
        finally:
            self.close_connection = True
            with provider.lock:
                provider.listeners -= 1

    def _tell(self, script: Script, streams: bool) -> None:
        self._pause(script.thinks)
        self.send_response(script.status)
        self.send_header("Content-Type", script.content_type if streams else "application/json")
        self.end_headers()
        if not streams:
            text = "".join(step for step in script.steps if isinstance(step, str))
            message = {"message": {"role": "assistant", "content": text}}
            self.wfile.write(json.dumps({"choices": [message], "usage": USAGE}).encode())
            return
        for step in script.steps:
            if isinstance(step, (int, float)):
                self._pause(step)
            else:
                self.wfile.write(step if isinstance(step, bytes) else chunk(step))
        if script.ending is not None:
            self.wfile.write(data({"choices": [], "usage": USAGE}) + script.ending)

    def _pause(self, seconds: float) -> None:
        """Wait, and notice at once when the other side closes the connection."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1):
            raise Left

    def log_message(self, *_arguments: object) -> None:
        """Nothing on stderr."""


def data(content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def chunk(text: str) -> bytes:
    return data({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


Told = list[tuple[str, Any]]


def events(body: bytes) -> Told:
    """The events of a whole stream, which must be written exactly as WIRE says."""
    assert body.endswith(b"\n\n")
    found = []
    for block in body[:-2].split(b"\n\n"):
        assert b"\n" not in block, "an event is one line"
        if block.startswith(b":"):
            continue
        assert block.startswith(b"data: "), block
        assert block.isascii()
        content = json.loads(block[6:])
        assert content.keys() == {"event", "data"}
        found.append((content["event"], content["data"]))
    return found


def names(told: Told) -> list[str]:
    return [name for name, _data in told]


def text(told: Told) -> str:
    return "".join(data for name, data in told if name == "token")


@contextmanager
def timed(at_most: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    taken = time.monotonic() - start
    assert taken < at_most, f"{taken:.2f} s"
