"""A successful answer: its members, its trace, and what a client may send beside the question."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.providers import Provider
from tests.samples import START, chain, node


def test_a_key_calls_a_flow_of_its_workspace(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    answer = answered(ask(client, echo_flow, production_key, "Where is my order?"))

    assert answer["text"] == "You asked: Where is my order?"
    assert answer["question"] == "Where is my order?"


def test_an_answer_without_a_model_has_these_members_and_no_other(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    answer = answered(ask(client, echo_flow, production_key))

    assert {name: type(value) for name, value in answer.items()} == {
        "text": str,
        "question": str,
        "chatId": str,
        "chatMessageId": str,
        "sessionId": str,
        "isStreamValid": bool,
        "executionId": str,
        "agentFlowExecutedData": list,
    }
    assert answer["isStreamValid"] is True


def test_only_a_flow_that_remembers_says_so(
    client: FlaskClient, production_key: str, echo_flow: Flow, llm_flow: Flow
) -> None:
    assert answered(ask(client, llm_flow, production_key))["memoryType"] == "Forjinn conversation"
    assert "memoryType" not in answered(ask(client, echo_flow, production_key))


DEEP: Any = "leaf"
for _level in range(300):
    DEEP = [DEEP]
UNUSUAL = [
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    0.1,
    -0.0,
    1e300,
    '\u2028\x00\U0001f600 grüße "\\',
    True,
    None,
    DEEP,
]


@pytest.mark.parametrize("value", UNUSUAL, ids=lambda value: ascii(value)[:20])
def test_the_trace_tells_a_form_as_it_was_sent(
    client: FlaskClient, production_key: str, form_flow: Flow, value: Any
) -> None:
    sent = {"name": "Ada", "more": {"an unusual name \n": value}}
    answer = answered(ask(client, form_flow, production_key, None, form=sent))

    start = answer["agentFlowExecutedData"][0]["data"]
    assert start["input"]["form"] == sent
    assert answer["text"] == "Thank you, Ada"


def test_each_answer_has_a_message_id_of_its_own(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    ids = {answered(ask(client, echo_flow, production_key))["chatMessageId"] for _ in range(5)}

    assert len(ids) == 5
    assert all(UUID(one).version == 4 for one in ids)


def test_the_trace_has_an_entry_for_each_node_in_the_order_they_ran(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    before = int(time.time() * 1000)
    start, reply = answered(ask(client, echo_flow, production_key, "hi"))["agentFlowExecutedData"]

    assert timeless(start, before) == {
        "nodeId": "startAgentflow_0",
        "nodeLabel": "Start",
        "status": "FINISHED",
        "previousNodeIds": [],
        "data": {
            "id": "startAgentflow_0",
            "name": "startAgentflow",
            "input": {"question": "hi"},
            "output": {"content": "hi"},
            "state": {},
        },
    }
    assert timeless(reply, before) == {
        "nodeId": "directReplyAgentflow_0",
        "nodeLabel": "Direct Reply",
        "status": "FINISHED",
        "previousNodeIds": ["startAgentflow_0"],
        "data": {
            "id": "directReplyAgentflow_0",
            "name": "directReplyAgentflow",
            "input": {"directReplyMessage": "You asked: hi"},
            "output": {"content": "You asked: hi"},
            "state": {},
        },
    }


def test_the_answer_of_a_model_carries_its_tokens(
    client: FlaskClient, production_key: str, llm_flow: Flow
) -> None:
    answer = answered(ask(client, llm_flow, production_key))
    tokens = {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}

    assert answer["text"] == "Hello from the model"
    assert answer["usageMetadata"] == tokens
    assert answer["agentFlowExecutedData"][1]["data"]["output"]["usageMetadata"] == tokens
    assert answer["agentFlowExecutedData"][1]["data"]["name"] == "llmAgentflow"


@pytest.mark.parametrize("asked", [True, "true"])
def test_a_flow_that_cannot_stream_answers_plain_json_even_when_asked_to_stream(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
    asked: object,
) -> None:
    inputs = {"llmModel": model, "llmModelConfig": {"streaming": False}}
    with app.app_context():
        flow = flows.import_agentflow(
            production, chain(START, node("llmAgentflow", "LLM", inputs)), name="Flow"
        )
    answer = answered(ask(client, flow, production_key, "hi", streaming=asked))

    assert answer["text"] == "Hello from the model"
    assert answer["isStreamValid"] is False
    assert provider.received[0]["stream"] is False


def test_members_that_are_null_or_unknown_are_ignored(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    names = "chatId sessionId history overrideConfig streaming uploads form leadEmail action humanInput"
    nothing = dict.fromkeys(names.split())
    answer = ask(client, echo_flow, production_key, "hi", chatflowId=str(echo_flow.id), x=[{}], **nothing)

    assert answered(answer)["text"] == "You asked: hi"


@pytest.mark.parametrize("question", ["", " ", "日本語 🗝", "a\nb\t\u0000c", "x" * 500_000])
def test_a_question_comes_back_as_it_was_sent(
    client: FlaskClient, production_key: str, echo_flow: Flow, question: str
) -> None:
    answer = answered(ask(client, echo_flow, production_key, question))

    assert answer["question"] == question
    assert answer["text"] == f"You asked: {question}"


def test_the_history_stands_before_the_question(
    client: FlaskClient, production_key: str, llm_flow: Flow, provider: Provider
) -> None:
    history = [
        {"message": "My name is Ada.", "type": "userMessage"},
        {"message": "Hello Ada.", "type": "apiMessage"},
        {"content": "I like tea.", "role": "userMessage"},
        # As the Python client writes it.
        {"message": "Noted.", "type": "apiMessage", "role": None, "content": None},
    ]
    answered(ask(client, llm_flow, production_key, "Who am I?", history=history))

    assert provider.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "I like tea."},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "Who am I?"},
    ]


def timeless(entry: dict[str, Any], since: int) -> dict[str, Any]:
    """The entry without its times, which are checked: milliseconds since 1970."""
    times = entry["data"]["output"].pop("timeMetadata")
    assert since <= times["start"] <= times["end"] <= time.time() * 1000
    assert times["delta"] == times["end"] - times["start"]
    return entry
