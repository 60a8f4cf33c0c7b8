"""A small HTTP server that answers as OpenAI's chat completions do, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from flask import Flask

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace

CREDENTIAL = "sk-provider-4f81c0de77aa2231"


@dataclass
class Reply:
    """What the provider answers next. `seconds` is how long it thinks first."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    # What a test looks at while the call runs.
    meanwhile: Callable[[], object] | None = None


def completion(text: object, **usage: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


def calling(*calls: tuple[str, object], **usage: object) -> dict[str, Any]:
    """A completion that asks for tools, each with its arguments: text as it is, anything else as JSON."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": _text(arguments)},
        }
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": made}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": usage}


def _text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


class Provider:
    """Use as a context manager. It answers with what was queued, then with the last reply that was set."""

    def __init__(self) -> None:
        self.reply = Reply(
            completion("Hello from the model", prompt_tokens=7, completion_tokens=5, total_tokens=12)
        )
        self.queue: deque[Reply] = deque()
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.hurry = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.provider = self
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.origin}/v1"

    def says(self, content: object, status: int = 200, *, seconds: float = 0.0, **headers: str) -> None:
        """Answer from now on with this: bytes as they are, anything else as JSON."""
        self.reply = Reply(content, status, headers, seconds)

    def says_next(self, *contents: object) -> None:
        """Answer the next calls with these, one each: a text is a completion."""
        self.queue.extend(Reply(completion(one) if isinstance(one, str) else one) for one in contents)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages of the last call."""
        found: list[dict[str, str]] = self.received[-1]["messages"]
        return found

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.hurry.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    provider: Provider

    def handle_error(self, *_arguments: object) -> None:
        """A client that hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        provider = self.server.provider
        reply = provider.queue.popleft() if provider.queue else provider.reply
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        provider.paths.append(self.path)
        provider.headers.append({name.lower(): value for name, value in self.headers.items()})
        provider.received.append(json.loads(sent))
        provider.hurry.wait(reply.seconds)
        if reply.meanwhile is not None:
            reply.meanwhile()
        content = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def provider(app: Flask) -> Iterator[Provider]:
    with Provider() as running:
        yield running
    client = app.extensions.pop("forjinn.providers", None)
    if client is not None:
        client.close()


@pytest.fixture
def model(app: Flask, production: Workspace, provider: Provider) -> str:
    """The name of a model of Production at that provider."""
    with app.app_context():
        models.add(production, "small", base_url=provider.url, upstream="upstream-7b", credential=CREDENTIAL)
    return "small"


@pytest.fixture
def llm_flow(app: Flask, production: Workspace, model: str) -> Flow:
    with app.app_context():
        return flows.create_chatflow(production, "Assistant", model=model, system="Be brief.")
