"""The answer as server-sent events: each rule of WIRE, “Answer, streaming”."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from forjinn.flows.models import Flow
from tests.calls import Sql, answered, ask, refused
from tests.prediction.conftest import Streams
from tests.streaming import Script, StreamingProvider, chunk, data, events, names, text


def test_a_chatflow_tells_start_then_tokens_then_usage_metadata_and_the_end(
    streams: Streams, upstream: StreamingProvider
) -> None:
    told = streams.ask(streams.chatflow, "Where is my order?", chatId="chat-7")

    assert names(told) == ["start", "token", "token", "token", "usageMetadata", "metadata", "end"]
    assert told[0] == ("start", "")
    assert text(told) == "Hello world"
    assert dict(told)["usageMetadata"] == {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
    assert told[-1] == ("end", "[DONE]")
    metadata = dict(told)["metadata"]
    assert (metadata["chatId"], metadata["sessionId"]) == ("chat-7", "chat-7")
    assert metadata["question"] == "Where is my order?"
    assert UUID(metadata["chatMessageId"]).version == 4
    assert upstream.received[-1]["stream"] is True
    assert upstream.received[-1]["stream_options"] == {"include_usage": True}


def test_an_agentflow_tells_of_its_nodes(streams: Streams) -> None:
    told = streams.ask(streams.agentflow)

    assert names(told) == [
        "agentFlowEvent",
        "nextAgentFlow",
        "agentFlowExecutedData",
        "nextAgentFlow",
        "nextAgentFlow",
        "token",
        "token",
        "token",
        "agentFlowExecutedData",
        "nextAgentFlow",
        "agentFlowEvent",
        "usageMetadata",
        "metadata",
        "end",
    ]
    assert [content for name, content in told if name == "agentFlowEvent"] == ["INPROGRESS", "FINISHED"]
    steps = [content for name, content in told if name == "nextAgentFlow"]
    assert [(step["nodeLabel"], step["status"]) for step in steps] == [
        ("Start", "INPROGRESS"),
        ("Start", "FINISHED"),
        ("Writer", "INPROGRESS"),
        ("Writer", "FINISHED"),
    ]
    assert all(step.keys() == {"nodeId", "nodeLabel", "status"} for step in steps)
    lists = [content for name, content in told if name == "agentFlowExecutedData"]
    assert [len(one) for one in lists] == [1, 2]
    assert lists[1][1]["data"]["output"]["content"] == "Hello world"
    assert lists[1][1]["status"] == "FINISHED"


def test_a_flow_without_a_model_streams_its_text_as_one_token(streams: Streams, echo_flow: Flow) -> None:
    told = streams.ask(echo_flow, "hi")

    assert [content for name, content in told if name == "token"] == ["You asked: hi"]
    assert "usageMetadata" not in names(told)


def test_what_streams_is_what_is_answered_without_a_stream(streams: Streams) -> None:
    for flow in (streams.chatflow, streams.agentflow, streams.two_writers):
        assert text(streams.ask(flow)) == answered(ask(streams.client, flow, streams.key))["text"]


def test_only_the_text_of_the_last_node_is_told(streams: Streams, upstream: StreamingProvider) -> None:
    told = streams.ask(streams.two_writers)

    assert text(told) == "Hello world"
    assert len(upstream.received) == 2


STREAMING: list[Any] = [True, "true"]
NOT_STREAMING: list[Any] = [False, None, "false", "yes", 1, "", [], {}]


def test_true_and_the_word_true_ask_for_a_stream(subtests: pytest.Subtests, streams: Streams) -> None:
    for streaming in STREAMING:
        with subtests.test(str(streaming)):
            answer = streams.response(streams.chatflow, streaming=streaming)
            assert answer.content_type == "text/event-stream"
            assert names(events(answer.data))[-1] == "end"
    for streaming in NOT_STREAMING:
        with subtests.test(str(streaming)):
            answer = streams.response(streams.chatflow, streaming=streaming)
            assert answered(answer)["text"] == "Hello world"


def test_the_headers_keep_proxies_from_holding_it_back(streams: Streams) -> None:
    answer = streams.response(streams.chatflow)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Encoding" not in answer.headers
    assert "Content-Length" not in answer.headers
    answer.close()


TEXTS = ["日本語 🗝", "a\nb\r\nc\u2028d", "\n\ndata: [DONE]\n\n", '"}{', "\x00\x1b", "ü" * 3]


def test_any_text_is_one_line_of_ascii(
    subtests: pytest.Subtests, streams: Streams, upstream: StreamingProvider
) -> None:
    for said in TEXTS:
        with subtests.test(ascii(said)):
            upstream.script = Script([said, said])
            # `events` refuses whatever is not one ASCII line an event.
            assert text(streams.ask(streams.chatflow)) == said + said


def test_what_can_be_refused_is_refused_with_its_status_before_the_stream(
    streams: Streams, subtests: pytest.Subtests
) -> None:
    flow = streams.chatflow
    with subtests.test("no key"):
        answer = streams.client.post(
            f"/api/v1/prediction/{flow.id}", json={"question": "?", "streaming": True}
        )
        refused(answer, 401, "key_missing")
    for code, status, key, sent in (
        ("key_malformed", 401, "two words", {}),
        ("key_unknown", 401, "fj_" + "x" * 38, {}),
        ("wrong_workspace", 403, streams.foreign_key, {}),
        ("invalid_request", 400, streams.key, {"question": 5}),
        ("invalid_request", 400, streams.key, {"history": "hello"}),
    ):
        with subtests.test(code):
            refused(streams.response(flow, key=key, **sent), status, code)


def test_a_failure_of_the_model_is_an_error_event_and_the_end(
    streams: Streams, upstream: StreamingProvider
) -> None:
    upstream.script = Script(steps=[], status=429, content_type="application/json")
    for flow, before in ((streams.chatflow, ["start"]), (streams.agentflow, [])):
        told = streams.ask(flow)
        assert names(told)[: len(before)] == before
        assert names(told)[-2:] == ["error", "end"]
        error = dict(told)["error"]
        assert isinstance(error, str)
        assert "answered with status 429" in error
        assert "metadata" not in names(told)


BROKEN: list[tuple[str, Script, str]] = [
    ("garbage", Script([b"data: {nonsense\n\n"]), "format"),
    ("no object", Script([b"data: 7\n\n"]), "format"),
    ("odd choices", Script([data({"choices": [5]})]), "format"),
    ("odd delta", Script([data({"choices": [{"delta": [1]}]})]), "format"),
    ("closed half-way", Script(["Hel"], ending=None), "broke off"),
    ("closed at once", Script([], ending=None), "broke off"),
    ("an error within", Script(["Hel", data({"error": {"message": "overloaded"}})]), "overloaded"),
    ("silent for long", Script(["Hel", 5.0, "lo"]), "did not answer in time"),
    ("one endless line", Script([b"data: " + b"x" * (2 << 20)]), "16 MB"),
]


def test_a_provider_that_breaks_its_stream_is_an_error_that_says_how(
    subtests: pytest.Subtests, streams: Streams, upstream: StreamingProvider
) -> None:
    for how, script, said in BROKEN:
        with subtests.test(how):
            upstream.script = script
            told = streams.ask(streams.chatflow)
            assert names(told)[-2:] == ["error", "end"]
            assert said in dict(told)["error"]


ODD_BUT_FINE: list[tuple[str, Script]] = [
    ("comments", Script([b": ping\n\n", "Hello world"])),
    ("CRLF", Script([chunk("Hello world").replace(b"\n", b"\r\n")])),
    ("event names and ids", Script([b"event: x\nid: 1\n" + chunk("Hello world")])),
    ("no space after data:", Script([chunk("Hello world").replace(b"data: ", b"data:")])),
    ("empty choices", Script([data({"choices": []}), "Hello world"])),
    (
        "null content",
        Script([data({"choices": [{"delta": {"content": None, "role": "assistant"}}]}), "Hello world"]),
    ),
    (
        "no [DONE], but a reason to finish",
        Script(["Hello world", data({"choices": [{"delta": {}, "finish_reason": "stop"}]})], ending=b""),
    ),
]


def test_a_provider_that_streams_oddly_is_understood(
    subtests: pytest.Subtests, streams: Streams, upstream: StreamingProvider
) -> None:
    for how, script in ODD_BUT_FINE:
        with subtests.test(how):
            upstream.script = script
            assert text(streams.ask(streams.chatflow)) == "Hello world"


def test_a_provider_that_cannot_stream_is_told_as_one_token(
    streams: Streams, upstream: StreamingProvider
) -> None:
    whole = {"choices": [{"message": {"content": "Hello world"}}]}
    upstream.script = Script([json.dumps(whole).encode()], b"", content_type="application/json")
    upstream.script.ending = None

    assert text(streams.ask(streams.chatflow)) == "Hello world"


def test_a_flow_whose_model_must_not_stream_answers_whole(streams: Streams) -> None:
    assert answered(streams.response(streams.silent))["isStreamValid"] is False
    told = streams.client.get(f"/api/v1/chatflows-streaming/{streams.silent.id}").get_json()
    assert told == {"isStreaming": False}
    told = streams.client.get(f"/api/v1/chatflows-streaming/{streams.chatflow.id}").get_json()
    assert told == {"isStreaming": True}


def test_a_stream_does_not_begin_when_the_conversation_cannot_be_kept(streams: Streams, sql: Sql) -> None:
    assert names(streams.ask(streams.chatflow))[-1] == "end"
    sql("ALTER TABLE exchanges RENAME TO elsewhere")
    try:
        refused(streams.response(streams.chatflow), 503, "unavailable")
        refused(streams.response(streams.chatflow, streaming=False), 503, "unavailable")
    finally:
        sql("ALTER TABLE elsewhere RENAME TO exchanges")
