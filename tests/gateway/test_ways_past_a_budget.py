"""However a call is put and however it ends, at least what was sent and generated is charged."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from forjinn.gateway.api.estimate import UNSAID_OUTPUT
from tests.applications import environment
from tests.calls import Sql, eventually
from tests.gateway.calling import ASKED, BASE, Gateway, bearer, called, refused, spent
from tests.processes import Server
from tests.providers import Provider, Reply, completion
from tests.streaming import Script, StreamingProvider, chunk, data

DONE = b"data: [DONE]\n\n"
TEXT = "generated text of forty bytes, and more."

# The members of a request, and how many times the most of one answer they may take.
OUTPUTS: list[tuple[str, dict[str, Any], int]] = [
    ("chat/completions", {}, UNSAID_OUTPUT),
    ("chat/completions", {"max_tokens": 5, "max_completion_tokens": 900}, 900),
    ("chat/completions", {"max_tokens": 900, "max_completion_tokens": 5}, 900),
    ("responses", {"max_output_tokens": 900, "max_tokens": 5}, 900),
    ("chat/completions", {"max_tokens": 5, "max_output_tokens": 900}, 900),
    ("chat/completions", {"max_tokens": 5, "max_new_tokens": 900}, 900),
    ("completions", {"max_tokens": 5, "n_predict": 900}, 900),
    ("chat/completions", {"max_tokens": -1, "max_completion_tokens": 5}, UNSAID_OUTPUT),
    ("chat/completions", {"max_tokens": 9.0, "n": 3.0}, 27),
    ("chat/completions", {"max_tokens": 9, "n": 0}, 9),
    ("completions", {"max_tokens": 9, "n": 2, "best_of": 5}, 45),
    ("completions", {"max_tokens": 9, "prompt": ["a", "b", "c"]}, 27),
    ("completions", {"max_tokens": 9, "n": 2, "prompt": ["a", "b", "c"]}, 54),
    ("completions", {"max_tokens": 9, "prompt": [[1, 2], [3]]}, 18),
    ("completions", {"max_tokens": 9, "prompt": [1, 2, 3]}, 9),
    ("embeddings", {"input": ["a", "b"], "max_tokens": 900}, 0),
]


@pytest.mark.parametrize("streams", [False, True])
def test_all_that_may_be_generated_is_set_aside(
    streams: bool, gateway: Gateway, provider: Provider, sql: Sql, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Aside", budget_tokens=1 << 40)
    for path, members, output in OUTPUTS:
        with subtests.test(f"{path} {members}"):
            aside: list[int] = []

            def look(aside: list[int] = aside) -> None:
                aside += [int(tokens) for (tokens,) in sql("SELECT tokens FROM gateway_reservations")]

            provider.queue.append(Reply(completion("x"), meanwhile=look))
            answer, size = called(gateway, key, path, stream=streams, **members)
            assert answer.status_code == 200
            assert aside == [size + output]


NO_NUMBERS = ["2", "", True, False, 2.5, [2], {"a": 1}, "two"]


def test_numbers_that_servers_read_differently_are_refused(
    gateway: Gateway, model: str, provider: Provider, subtests: pytest.Subtests
) -> None:
    for name in ("n", "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict"):
        for value in NO_NUMBERS:
            with subtests.test(f"{name} {value!r}"):
                answer = gateway.post(**{name: value})
                assert f"{name} must be a whole number" in refused(answer, 400, "invalid_request")
                assert answer.json["error"]["param"] == name
    refused(gateway.send(b'{"model":"small","n":1e400}'), 400, "invalid_request")
    for value in ("true", "false", 1, 0, 1.0, "", [], {}):
        with subtests.test(f"stream {value!r}"):
            answer = gateway.post(stream=value)
            assert "true or false" in refused(answer, 400, "invalid_request")
    refused(gateway.post("responses", background=True, input="hi"), 400, "forbidden_parameter")
    assert provider.received == []
    assert gateway.post(n=None, max_tokens=None, stream=None).status_code == 200


REASONING = {"reasoning_tokens": 40}
# What an upstream says in `usage`, and what is charged; None is for what is estimated.
USAGES: list[tuple[Any, int | None, int | None]] = [
    ({"prompt_tokens": 70, "completion_tokens": 50, "total_tokens": 120}, 70, 50),
    ({"input_tokens": 70, "output_tokens": 50}, 70, 50),
    ({"prompt_tokens": 70, "completion_tokens": 5, "total_tokens": 200}, 70, 130),
    ({"prompt_tokens": 70, "completion_tokens": 50, "total_tokens": 3}, 70, 50),
    ({"prompt_tokens": 70, "total_tokens": 120}, 70, 50),
    ({"completion_tokens": 50, "total_tokens": 120}, 70, 50),
    (
        {"prompt_tokens": 70, "completion_tokens": 5, "completion_tokens_details": REASONING},
        70,
        45,
    ),
    (
        {"prompt_tokens": 70, "completion_tokens": 50, "completion_tokens_details": REASONING},
        70,
        50,
    ),
    ({"prompt_tokens": 70.0, "completion_tokens": 49.5}, 70, 50),
    ({"prompt_tokens": 70}, 70, None),
    ({"completion_tokens": 50}, None, 50),
    ({"prompt_tokens": 70, "completion_tokens": None}, 70, None),
    ({"prompt_tokens": 70, "completion_tokens": -50}, 70, None),
    ({"prompt_tokens": 70, "completion_tokens": 10**30}, 70, None),
    ({"prompt_tokens": 70, "completion_tokens": "50"}, 70, None),
    ({"prompt_tokens": 70, "completion_tokens": True}, 70, None),
    ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None, None),
    ({"prompt_tokens": -7, "completion_tokens": -5, "total_tokens": -12}, None, None),
    ({}, None, None),
    (None, None, None),
    ("many", None, None),
    ([7, 5], None, None),
    (12, None, None),
]


@pytest.mark.parametrize("streams", [False, True])
def test_the_usage_counts_and_what_it_leaves_out_is_estimated(
    streams: bool,
    gateway: Gateway,
    provider: Provider,
    upstream: StreamingProvider,
    sql: Sql,
    subtests: pytest.Subtests,
) -> None:
    gateway.add("small", upstream.url if streams else provider.url)
    key = gateway.new_key("Counts", budget_tokens=1 << 40)
    before = 0
    for usage, given, made in USAGES:
        with subtests.test(str(usage)):
            provider.says(completion(TEXT) | {"usage": usage})
            upstream.script = Script([TEXT, data({"choices": [], "usage": usage}), DONE], ending=None)
            answer, size = called(gateway, key, messages=[], stream=streams)
            assert answer.status_code == 200
            assert "broke" not in answer.text
            asked = size // 4
            total = (asked if given is None else given) + (len(TEXT) // 4 if made is None else made)
            after = spent(sql, "Counts")
            assert after - before == total
            before = after
    assert sql("SELECT 1 FROM gateway_reservations") == []


# How an answer ends, whole and streamed: each generates TEXT, and tells no usage.
STREAMS: list[Script] = [
    Script([TEXT, DONE], ending=None),
    Script([TEXT], ending=None),
    Script([TEXT, data({"error": {"message": "out of memory"}})], ending=None),
    Script([data({"choices": [{"text": TEXT}]}), DONE], ending=None),
    Script([data({"choices": [{"delta": {"reasoning_content": TEXT}}]}), DONE], ending=None),
    Script(
        [data({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": TEXT}}]}}]})], ending=None
    ),
    Script(
        [
            data({"type": "response.output_text.delta", "delta": TEXT}),
            data({"type": "response.output_text.done", "text": TEXT}),
        ],
        ending=None,
    ),
    Script([data({"choices": [], "usage": {"completion_tokens": -1}}), TEXT], ending=None),
    Script([data({"choices": [], "usage": None}), TEXT], ending=None),
    Script([chunk(TEXT)[:-20]], ending=None),
]


def test_a_stream_without_usage_is_charged_for_what_it_brought(
    gateway: Gateway, upstream: StreamingProvider, sql: Sql, subtests: pytest.Subtests
) -> None:
    gateway.add("small", upstream.url)
    key = gateway.new_key("Streams", budget_tokens=1 << 40)
    for number, script in enumerate(STREAMS):
        with subtests.test(str(number)):
            before, upstream.script = spent(sql, "Streams"), script
            answer, size = called(gateway, key, messages=[], stream=True)
            assert answer.text
            assert spent(sql, "Streams") - before == size // 4 + len(TEXT) // 4
    assert sql("SELECT 1 FROM gateway_reservations") == []


# Whole answers of status 200 that tell no usage, with the status of ours.
ANSWERS: list[tuple[Any, int]] = [
    (completion(TEXT) | {"usage": None}, 200),
    ({"choices": [{"message": {"content": [{"type": "text", "text": TEXT}]}}]}, 200),
    ({"choices": [{"text": TEXT}]}, 200),
    ({"output": [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}]}, 200),
    (TEXT.encode(), 502),
    (chunk(TEXT), 502),
    ({"error": {"message": TEXT}}, 502),
    ({"error": TEXT}, 502),
]


def test_a_whole_answer_without_usage_is_charged_for_what_it_brought(
    gateway: Gateway, provider: Provider, sql: Sql, subtests: pytest.Subtests
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Wholes", budget_tokens=1 << 40)
    for content, status in ANSWERS:
        with subtests.test(str(content)[:60]):
            before = spent(sql, "Wholes")
            provider.says(content)
            answer, size = called(gateway, key, messages=[])
            assert answer.status_code == status
            least = size // 4 + len(TEXT) // 4
            assert least <= spent(sql, "Wholes") - before <= least + 30
    provider.says({"data": [{"embedding": [0.1] * 500}]})
    before = spent(sql, "Wholes")
    answer, size = called(gateway, key, "embeddings", input=["a" * 400, "b" * 400])
    assert answer.status_code == 200
    assert spent(sql, "Wholes") - before == size // 4
    assert sql("SELECT 1 FROM gateway_reservations") == []


def test_what_a_failed_upstream_generated_is_charged_at_its_price(
    gateway: Gateway, provider: Provider, upstream: StreamingProvider, sql: Sql
) -> None:
    gateway.add("small", provider.url, prices=(4_000_000, 4_000_000))
    gateway.add("small", upstream.url, further=True)
    key = gateway.new_key("Falls back", budget_tokens=1 << 40, budget_money=1 << 40)
    provider.says(b"<html>" + b"x" * 400)
    answer, size = called(gateway, key, messages=[])

    assert answer.status_code == 200
    wasted = size // 4 + 406 // 4
    [row] = sql("SELECT spent_tokens, spent_money FROM gateway_keys WHERE label = 'Falls back'")
    assert tuple(row) == (wasted + 10, wasted * 4)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("moment", ["before the first byte", "in the middle"])
def test_a_call_that_is_left_is_charged(
    streams: bool,
    moment: str,
    gateway: Gateway,
    upstream: StreamingProvider,
    database_url: str,
    tmp_path: Path,
    sql: Sql,
) -> None:
    thinks = 30.0 if moment == "before the first byte" else 0.0
    # Of a whole answer nobody tells when it has begun.
    upstream.script = Script([TEXT, 30.0], thinks=thinks or (0.0 if streams else 30.0))
    gateway.add("small", upstream.url)
    key = gateway.new_key("Leaves", budget_tokens=100_000, tokens_per_minute=100_000)
    server = Server(environment(database_url, tmp_path), tmp_path / "server.log", workers=1)
    body = json.dumps(ASKED | {"stream": streams})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", f"{BASE}/chat/completions", body, bearer(key))
    eventually(lambda: upstream.listeners == 1)
    generated = 0
    if streams and not thinks:
        assert TEXT.encode() in connection.getresponse().read1()
        generated = len(TEXT) // 4
    connection.sock.close() if not generated else connection.close()
    eventually(lambda: spent(sql, "Leaves") > 0)
    server.stop()

    assert spent(sql, "Leaves") == len(body) // 4 + generated
    assert sql("SELECT 1 FROM gateway_reservations") == []
