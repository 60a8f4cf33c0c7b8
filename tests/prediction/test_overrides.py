"""`overrideConfig`: a call changes what the owner ticked, and is told what it could not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.providers import Provider
from tests.samples import START, chain, node

REPLY = "directReplyAgentflow_0.directReplyMessage"
LLM = "llmAgentflow_0"
Allow = Callable[..., None]
Change = Callable[..., TestResponse]


def test_a_ticked_input_changes_for_this_call_alone(
    allow: Allow, change: Change, client: FlaskClient, echo_flow: Flow, production_key: str
) -> None:
    allow(echo_flow, [REPLY])
    answer = change(echo_flow, directReplyMessage="Other: {{ question }}")

    assert answered(answer)["text"] == "Other: hi"
    assert "Warning" not in answer.headers
    assert answered(ask(client, echo_flow, production_key))["text"] == "You asked: hi"


def test_an_unticked_input_is_ignored_and_named(allow: Allow, change: Change, echo_flow: Flow) -> None:
    answer = change(echo_flow, directReplyMessage="Other", nothing=1)

    assert answered(answer)["text"] == "You asked: hi"
    assert answer.headers["Warning"] == (
        '299 forjinn "overrideConfig: not allowed, ignored: directReplyMessage, nothing"'
    )


def test_a_value_for_each_node_reaches_the_nodes_that_are_named(
    app: Flask, production: Workspace, allow: Allow, change: Change
) -> None:
    first = node("directReplyAgentflow", "First", {"directReplyMessage": "1"}, 0)
    last = node("directReplyAgentflow", "Last", {"directReplyMessage": "2 {{ directReplyAgentflow_0 }}"}, 1)
    with app.app_context():
        flow = flows.import_agentflow(production, chain(START, first, last), name="Two")
    allow(flow, [REPLY])
    answer = change(
        flow, directReplyMessage={"directReplyAgentflow_0": "one", "directReplyAgentflow_1": "two"}
    )

    assert answered(answer)["text"] == "2 one"
    assert answer.headers["Warning"].endswith('ignored: directReplyAgentflow_1.directReplyMessage"')
    allow(flow, [REPLY, REPLY.replace("_0", "_1")])
    assert answered(change(flow, directReplyMessage="same"))["text"] == "same"


def test_the_models_settings_change_what_the_provider_gets(
    allow: Allow, change: Change, llm_flow: Flow, provider: Provider
) -> None:
    allow(llm_flow, [f"{LLM}.temperature", f"{LLM}.llmMessages", f"{LLM}.maxTokens"])
    said = [{"role": "system", "content": "Be long."}]
    answered(change(llm_flow, temperature="0.5", llmMessages=said, maxTokens=9))

    assert provider.received[-1]["temperature"] == 0.5
    assert provider.received[-1]["max_tokens"] == 9
    # Rows come after those of the flow, as applications of this format expect.
    assert provider.messages[:2] == [
        {"role": "system", "content": "Be brief."},
        {"role": "system", "content": "Be long."},
    ]


TELLTALES = [
    "{{ $vars.secret }}",
    "<p>{{ &#36;vars.secret }}</p>",
    "{{ $vars }}",
    "{{ \\$vars.secret }}",
    "{{ $flow.state.secret }}",
]


def test_a_text_of_the_caller_does_not_read_the_workspaces_variables(
    subtests: pytest.Subtests,
    app: Flask,
    production: Workspace,
    allow: Allow,
    change: Change,
    echo_flow: Flow,
) -> None:
    with app.app_context():
        stored_variables.put(production, "secret", "s3cr3t")
    allow(echo_flow, [REPLY, "startAgentflow_0.startState"])
    for text in TELLTALES:
        with subtests.test(text):
            state = [{"key": "secret", "value": "{{ $vars.secret }}"}]
            answer = change(echo_flow, directReplyMessage=text, startState=state, vars={"own": "1"})
            assert "s3cr3t" not in answer.text

    answer = change(echo_flow, directReplyMessage="{{ $vars.own }}", vars={"own": "mine"})
    assert answered(answer)["text"] == "mine"


BAD: list[tuple[str, object]] = [
    ("temperature", "hot"),
    ("temperature", True),
    ("maxTokens", {}),
    ("modelName", "not-registered"),
    ("modelName", 5),
    ("modelName", ""),
    ("llmMessages", "Be long."),
    ("llmMessages", [1]),
    ("llmMessages", [{"role": "wizard", "content": "x"}]),
    ("llmMemoryWindowSize", []),
]


def test_a_value_that_a_node_cannot_work_with_is_400_and_named(
    subtests: pytest.Subtests, allow: Allow, change: Change, llm_flow: Flow, provider: Provider
) -> None:
    allow(llm_flow, [f"{LLM}.{name}" for name in {name for name, _value in BAD}])
    for name, value in BAD:
        with subtests.test(f"{name} {value}"):
            said = refused(change(llm_flow, **{name: value}), 400, "invalid_request")
            assert said.startswith("overrideConfig: ")
    assert provider.received == []


def test_an_empty_message_is_400(allow: Allow, change: Change, echo_flow: Flow) -> None:
    allow(echo_flow, [REPLY])
    assert "empty" in refused(change(echo_flow, directReplyMessage=""), 400, "invalid_request")


def test_variables_of_the_call_are_free_and_those_of_the_workspace_guarded(
    app: Flask, production: Workspace, allow: Allow, change: Change
) -> None:
    text = "{{ $vars.shop }}/{{ $vars.mine }}"
    with app.app_context():
        stored_variables.put(production, "shop", "Harbour")
        reply = node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": text})
        flow = flows.import_agentflow(production, chain(START, reply), name="Vars")
    sent = {"shop": "Elsewhere", "mine": "me"}
    answer = change(flow, vars=sent)
    assert answered(answer)["text"] == "Harbour/me"
    assert answer.headers["Warning"].endswith('ignored: vars.shop"')

    allow(flow, ["vars.shop"])
    answer = change(flow, vars=sent)
    assert answered(answer)["text"] == "Elsewhere/me"
    assert "Warning" not in answer.headers
    refused(change(flow, vars=["shop"]), 400, "invalid_request")


def test_a_name_cannot_break_out_of_the_header(change: Change, echo_flow: Flow) -> None:
    evil = 'x"\r\nSet-Cookie: a=b\x00\\ü€' + "y" * 5000
    answer = change(echo_flow, **{evil: 1, **{f"name{number}": 1 for number in range(100)}})
    warning = answer.headers["Warning"]

    assert answered(answer)["text"] == "You asked: hi"
    assert "Set-Cookie" not in answer.headers
    assert warning.isascii()
    assert warning.isprintable()
    assert warning.count('"') == 2
    assert len(warning) < 500


def test_a_stream_carries_the_warning_too(
    change: Change, client: FlaskClient, echo_flow: Flow, production_key: str
) -> None:
    answer = ask(client, echo_flow, production_key, streaming=True, overrideConfig={"x": 1})

    assert answer.status_code == 200
    assert "ignored: x" in answer.headers["Warning"]


@pytest.fixture
def allow(app: Flask, production: Workspace) -> Allow:
    def allow(flow: Flow, inputs: Sequence[str]) -> None:
        with app.app_context():
            flows.configure(production, flow, is_public=False, origins=[], overridable=inputs)

    return allow


@pytest.fixture
def change(client: FlaskClient, production_key: str) -> Change:
    def change(flow: Flow, **config: Any) -> TestResponse:
        return ask(client, flow, production_key, overrideConfig=config)

    return change
