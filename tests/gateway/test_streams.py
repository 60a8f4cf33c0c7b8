"""Streams through the gateway on a real server: as they come, to the end, or until the client leaves."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.applications import environment
from tests.calls import Sql, eventually
from tests.gateway.calling import ASKED, BASE, Gateway, bearer
from tests.processes import Server
from tests.streaming import USAGE, Script, StreamingProvider, chunk, data

MANY = 64


def test_a_stream_passes_as_it_is_without_the_usage_that_nobody_asked_for(
    caller: Caller, upstream: StreamingProvider, sql: Sql
) -> None:
    odd = b': comment\n\ndata: {"choices":[{"delta":{"content":"x"}}],  "usage" : null, "y":1}\r\n\r\n'
    upstream.script = Script(["Hel", odd, "lo"])
    body = caller.whole()

    passed = odd.replace(b',  "usage" : null', b"")
    assert body == chunk("Hel") + passed + chunk("lo") + b"data: [DONE]\n\n"
    sent = upstream.received[0]
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["model"] == "upstream-7b"
    eventually(lambda: sql("SELECT input_tokens, output_tokens, errors FROM gateway_usage") == [(7, 3, 0)])


def test_a_usage_that_comes_with_a_choice_is_hidden_too(caller: Caller, upstream: StreamingProvider) -> None:
    """LiteLLM sends it with an empty choice, other upstreams with the last one."""
    empty = data({"choices": [{"index": 0, "delta": {}}], "usage": USAGE})
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "x": "ü"}
    upstream.script = Script(["Hel", empty, data(last | {"usage": USAGE})])
    body = caller.whole()

    assert body.count(b"data:") == 3
    assert json.loads(body.split(b"\n\n")[1][6:]) == last


def test_who_asks_for_the_usage_gets_it(caller: Caller, upstream: StreamingProvider) -> None:
    body = caller.whole(stream_options={"include_usage": True, "x": 1})

    assert data({"choices": [], "usage": USAGE}) in body
    assert upstream.received[0]["stream_options"] == {"include_usage": True, "x": 1}
    caller.whole(stream_options={"include_usage": False, "x": 1})
    assert upstream.received[1]["stream_options"] == {"include_usage": True, "x": 1}


def test_the_first_chunk_comes_while_the_model_still_speaks(
    caller: Caller, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", 5.0, "lo"])
    start = time.monotonic()
    with caller.asking() as answer:
        assert answer.getheader("Content-Type") == "text/event-stream"
        read_until(answer, b"Hel")
        assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("thinks", "streams"),
    [(0.0, True), (30.0, True), (30.0, False)],
    ids=["in the middle", "before the first byte", "without a stream"],
)
def test_a_client_that_leaves_frees_the_upstream_within_a_second(
    thinks: float, streams: bool, caller: Caller, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", 30.0, "lo"], thinks=thinks)
    connection = caller.sent(stream=streams)
    eventually(lambda: upstream.listeners == 1)
    if not thinks:
        read_until(connection.getresponse(), b"Hel")
    connection.sock.close() if thinks else connection.close()
    eventually(lambda: upstream.listeners == 0, 1.2)
    assert upstream.left == 1


def test_what_was_generated_until_the_client_left_is_charged(
    caller: Caller, upstream: StreamingProvider, sql: Sql
) -> None:
    upstream.script = Script(["Hel", "lo", 30.0, "x"])
    with caller.asking() as answer:
        read_until(answer, b'"lo"')
    eventually(lambda: sql("SELECT output_tokens, errors FROM gateway_usage") == [(2, 0)])
    [(given,)] = sql("SELECT input_tokens FROM gateway_usage")
    assert int(given) > 0


ENDS: list[tuple[Script, bytes]] = [
    (Script(["Hel"], ending=None), b"broke off"),
    (Script(["Hel", data({"error": {"message": "out of memory"}})]), b"broke off: out of memory"),
]


@pytest.mark.parametrize(("script", "said"), ENDS)
def test_a_stream_that_breaks_off_says_so(
    script: Script, said: bytes, caller: Caller, upstream: StreamingProvider, sql: Sql
) -> None:
    upstream.script = script
    body = caller.whole()

    assert chunk("Hel") in body
    last = json.loads([line for line in body.splitlines() if b"error" in line][-1][6:])
    assert said.decode() in last["error"]["message"]
    eventually(lambda: sql("SELECT errors FROM gateway_usage") == [(1,)])


def test_a_refusal_before_the_first_byte_has_its_status(caller: Caller, upstream: StreamingProvider) -> None:
    for script, status in (
        (Script(status=500), 502),
        (Script(status=429), 429),
        (Script([], ending=None, content_type="text/event-stream"), 502),
    ):
        upstream.script = script
        with caller.asking() as answer:
            assert answer.status == status
            assert json.loads(answer.read())["error"]["message"]


def test_an_answer_in_one_piece_is_passed_on_though_a_stream_was_asked_for(
    caller: Caller, upstream: StreamingProvider
) -> None:
    whole = b'{"choices": [], "usage": {"prompt_tokens": 1}}'
    upstream.script = Script([whole], ending=None, content_type="application/json")
    with caller.asking() as answer:
        assert answer.getheader("Content-Type") == "application/json"
        assert answer.read() == whole


def test_many_streams_at_once(caller: Caller, upstream: StreamingProvider) -> None:
    upstream.script = Script(["Hel", 1.5, "lo"])
    with ThreadPoolExecutor(MANY) as pool:
        waiting = [pool.submit(caller.whole) for _ in range(MANY)]
        eventually(lambda: upstream.listeners == MANY, 20)
        bodies = {one.result(30) for one in waiting}

    assert bodies == {chunk("Hel") + chunk("lo") + b"data: [DONE]\n\n"}


def test_a_body_that_ends_too_early_is_refused_in_openais_shape(caller: Caller) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=5)
    connection.putrequest("POST", f"{BASE}/chat/completions")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    connection.sock.shutdown(1)
    answer = connection.getresponse()
    assert answer.status == 400
    assert json.loads(answer.read())["error"]["code"] == "body_incomplete"
    connection.close()


def read_until(answer: http.client.HTTPResponse, part: bytes) -> bytes:
    body = b""
    while part not in body:
        more = answer.read1(65536)
        assert more, body
        body += more
    return body


class Caller:
    """Calls the gateway on a real server with one process."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    def sent(self, **members: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = bearer(self.key) | {"Content-Type": "application/json"}
        body = json.dumps(ASKED | {"stream": True} | members)
        connection.request("POST", f"{BASE}/chat/completions", body, headers)
        return connection

    def asking(self, **members: Any) -> _Answer:
        return _Answer(self.sent(**members))

    def whole(self, **members: Any) -> bytes:
        with self.asking(**members) as answer:
            body: bytes = answer.read()
            return body


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
    gateway: Gateway, upstream: StreamingProvider, database_url: str, tmp_path: Path
) -> Iterator[Caller]:
    gateway.add("small", upstream.url)
    settings = environment(database_url, tmp_path) | {"FORJINN_PROVIDER_SECONDS": "60"}
    server = Server(settings, tmp_path / "server.log", workers=1)
    yield Caller(server.port, gateway.key)
    server.stop()
    assert "Traceback" not in server.log.read_text()
