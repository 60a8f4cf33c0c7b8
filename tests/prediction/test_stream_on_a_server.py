"""Streams on a real server process: a client that leaves, a model that is silent, many at once."""

from __future__ import annotations

import http.client
import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from forjinn.flows import service as flows
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.applications import environment
from tests.calls import Sql, eventually
from tests.processes import Server
from tests.samples import START, chain, node
from tests.streaming import Script, StreamingProvider, events, names, text

MANY = 64


def test_the_first_token_comes_while_the_model_still_speaks(
    caller: Caller, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", 5.0, "lo"])
    start = time.monotonic()
    with caller.asking() as answer:
        read_until(answer, b"Hel")
        assert time.monotonic() - start < 2


@pytest.mark.parametrize("thinks", [0.0, 30.0], ids=["in the middle", "before the first token"])
def test_a_client_that_leaves_frees_the_provider_within_a_second(
    thinks: float, caller: Caller, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", 30.0, "lo"], thinks=thinks)
    with caller.asking() as answer:
        read_until(answer, b'"start"' if thinks else b"Hel")
        eventually(lambda: upstream.listeners == 1)
    eventually(lambda: upstream.listeners == 0, 1.0)
    assert upstream.left == 1


def test_a_client_that_leaves_while_an_inner_node_works_frees_the_provider(
    caller: Caller, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", 30.0, "lo"])
    with caller.asking(flow=caller.two_writers) as answer:
        read_until(answer, b"Writer")
        eventually(lambda: upstream.listeners == 1)
    eventually(lambda: upstream.listeners == 0, 1.0)


def test_what_was_told_until_the_client_left_is_kept(
    caller: Caller, upstream: StreamingProvider, sql: Sql
) -> None:
    upstream.script = Script(["Hel", "lo", 30.0, " world"])
    with caller.asking(chatId="left") as answer:
        read_until(answer, b'"lo"')
    eventually(lambda: sql("SELECT answer FROM exchanges") == [("Hello",)])
    eventually(lambda: sql("SELECT outcome FROM runs") == [("STOPPED",)])


def test_a_stream_that_is_silent_sends_comments(caller: Caller, upstream: StreamingProvider) -> None:
    upstream.script = Script(["Hel", 1.3, "lo"])
    with caller.asking() as answer:
        body = answer.read()

    assert body.count(b": heartbeat\n\n") in (2, 3)
    assert text(events(body)) == "Hello"


def test_many_streams_at_once_leave_room_for_others(caller: Caller, upstream: StreamingProvider) -> None:
    """On one process: each stream waits for its model in a thread, and others are answered meanwhile."""
    upstream.script = Script(["Hel", 2.0, "lo"])
    with ThreadPoolExecutor(MANY) as pool:
        waiting = [pool.submit(caller.whole) for _ in range(MANY)]
        eventually(lambda: upstream.listeners == MANY, 20)
        taken = [caller.seconds_of_a_short_call() for _ in range(5)]
        bodies = [one.result(30) for one in waiting]

    assert max(taken) < 1.0
    assert {text(events(body)) for body in bodies} == {"Hello"}


def test_a_stream_is_chunked_and_never_compressed(caller: Caller) -> None:
    with caller.asking(headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert answer.getheader("Transfer-Encoding") == "chunked"
        assert answer.getheader("Content-Encoding") is None
        assert answer.getheader("Content-Length") is None
        # The connection closes by itself: clients return only then.
        assert names(events(answer.read()))[-1] == "end"


def test_the_run_is_kept_with_its_trace(caller: Caller, sql: Sql) -> None:
    caller.whole()
    eventually(lambda: len(sql("SELECT id FROM runs")) == 1)
    [(outcome, tokens, trace)] = sql("SELECT outcome, output_tokens, trace FROM runs")

    assert (outcome, tokens) == ("FINISHED", 3)
    entries = json.loads(zlib.decompress(bytes(trace)))
    assert [entry["nodeLabel"] for entry in entries] == ["Start", "LLM"]
    assert entries[1]["data"]["output"]["content"] == "Hello world"


def read_until(answer: http.client.HTTPResponse, part: bytes) -> bytes:
    body = b""
    while part not in body:
        more = answer.read1(65536)
        assert more, body
        body += more
    return body


class Caller:
    """Calls flows on a real server with one process."""

    def __init__(self, port: int, key: str, chatflow: UUID, two_writers: UUID, echo: UUID) -> None:
        self.port, self.key = port, key
        self.chatflow, self.two_writers, self.echo = chatflow, two_writers, echo

    def asking(
        self, flow: UUID | None = None, headers: dict[str, str] | None = None, **members: Any
    ) -> _Answer:
        """The open answer; leaving the block closes the connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = json.dumps({"question": "hi", "streaming": True} | members)
        connection.request(
            "POST", f"/api/v1/prediction/{flow or self.chatflow}", body, sent | (headers or {})
        )
        return _Answer(connection)

    def whole(self) -> bytes:
        with self.asking() as answer:
            body: bytes = answer.read()
            return body

    def seconds_of_a_short_call(self) -> float:
        start = time.monotonic()
        with self.asking(self.echo, streaming=False) as answer:
            assert answer.status == 200
            answer.read()
        return time.monotonic() - start


class _Answer:
    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def __enter__(self) -> http.client.HTTPResponse:
        self.answer = self.connection.getresponse()
        return self.answer

    def __exit__(self, *_error: object) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def caller(
    app: Flask,
    production: Workspace,
    production_key: str,
    upstream: StreamingProvider,
    echo_flow: Any,
    database_url: str,
    tmp_path: Path,
) -> Iterator[Caller]:
    writers = [node("llmAgentflow", "Writer", {"llmModel": "small"}, number) for number in (0, 1)]
    with app.app_context():
        models.add(production, "small", base_url=upstream.url, upstream="upstream-7b")
        chatflow = flows.create_chatflow(production, "Assistant", model="small").id
        two = flows.import_agentflow(production, chain(START, *writers), name="Two").id
    settings = environment(database_url, tmp_path) | {
        "FORJINN_PROVIDER_SECONDS": "60",
        "FORJINN_HEARTBEAT_SECONDS": "0.5",
    }
    server = Server(settings, tmp_path / "server.log", workers=1)
    yield Caller(server.port, production_key, chatflow, two, echo_flow.id)
    server.stop()
    assert "Traceback" not in server.log.read_text()
