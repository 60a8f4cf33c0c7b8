"""Variables in every text field of every node; what they stand for is the caller's or the workspace's."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask
from tests.flows.conftest import Run
from tests.flows.drawing import box, in_a_row, llm, reply, told
from tests.providers import Provider

SET = "INSERT INTO variables (workspace_id, name, value) VALUES (:id, :name, :value)"


def test_variables_of_the_workspace_are_known_everywhere(
    run: Run, production: Workspace, staging: Workspace, model: str, provider: Provider, sql: Sql
) -> None:
    sql(SET, id=key_of(production, sql), name="city", value='{"name": "Rome"}')
    sql(SET, id=key_of(staging, sql), name="other", value="secret")
    name = "{{ $vars.city.name }}"
    nodes: list[dict[str, Any]] = [
        box("start", "start", startState=[{"key": "at", "value": name}]),
        llm("w", UserMessage=name, UpdateState=[{"key": "w", "value": f"{name}!"}]),
        box("iteration", "over", iterationInput=f'["{name}"]'),
        reply("inside", "{{ $iteration }}", "over"),
        box("loop", "again", loopBackToNode="w", maxLoopCount=1, fallbackMessage=f"<p>{name}?</p>"),
        reply("end", "{{ $flow.state }} {{ over }} {{ again }} {{ $vars.other }}"),
    ]
    answer = run(in_a_row(*nodes))

    assert answer["text"] == '{"at": "Rome", "w": "Rome!"} Rome Rome? {{ $vars.other }}'
    assert provider.messages[-1]["content"] == "Rome"


def test_start_alone_may_need_the_variables(run: Run, production: Workspace, sql: Sql) -> None:
    sql(SET, id=key_of(production, sql), name="city", value="Rome")
    begin = box("start", "start", startState=[{"key": "at", "value": "{{ $vars.city }}"}])

    assert told(run(in_a_row(begin)), "start")["state"] == {"at": "Rome"}


def test_what_a_conversation_is_called(run: Run, echo_flow: Flow) -> None:
    text = "{{ $flow.sessionId }} {{ $flow.chatId }} {{ $flow.input }}"
    assert run(in_a_row(reply("r", text)), "q", chatId="c-1")["text"] == "c-1 c-1 q"

    told_id = run(in_a_row(reply("r", "{{ $flow.chatflowId }}")))["text"]
    assert re.fullmatch(r"[0-9a-f-]{36}", told_id)


def test_the_clock_and_the_counts(run: Run, model: str) -> None:
    text = "{{ current_date_time }} {{ runtime_messages_length }} {{ loop_count }} {{ file_attachment }}|"
    said = run(in_a_row(llm("a"), llm("b"), reply("r", text)))["text"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 2 0 \|", said)


def test_the_conversation_of_this_run_is_a_variable(run: Run, model: str, provider: Provider) -> None:
    provider.says_next("one")
    history = [{"role": "apiMessage", "content": "old"}]
    answer = run(in_a_row(llm("a"), reply("r", "{{ chat_history }}")), "q", history=history)

    assert answer["text"] == "assistant: old\nuser: q\nuser: one"


def test_a_form_has_any_values(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    begin = box("start", "start", startInputType="formInput")
    with app.app_context():
        flow = flows.import_agentflow(production, in_a_row(begin, reply("r", "{{ form.a }}")), name="Form")
    for value in (None, True, 1.5, [], {"b": [None]}, "x", "\x00", "{{ form.a }}", 10**300):
        text = answered(ask(client, flow, production_key, None, form={"a": value}))["text"]
        assert text == (value if isinstance(value, str) else json.dumps(value))


def test_a_form_that_is_nested_very_deep_is_an_answer(run: Run) -> None:
    begin = box(
        "start", "start", startInputType="formInput", startState=[{"key": "a", "value": "{{ form.a }}"}]
    )
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]

    assert told(run(in_a_row(begin), None, form={"a": deep}), "start")["state"] == {"a": deep}


def key_of(workspace: Workspace, sql: Sql) -> object:
    [row] = sql("SELECT id FROM workspaces WHERE slug = :slug", slug=workspace.slug)
    return row[0]
