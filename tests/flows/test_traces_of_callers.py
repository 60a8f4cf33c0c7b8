"""The trace that a caller gets holds no value of the workspace's variables, and no author's credential."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually, refused
from tests.providers import Provider, calling
from tests.samples import START, chain, node
from tests.streaming import events
from tests.web import Web

ADDRESS = "1 Harbour Road/Hamburg"
NESTED = "inner-value-77"
HTTP = "httpAgentflow"


@pytest.fixture
def variables(app: Flask, production: Workspace) -> None:
    with app.app_context():
        stored_variables.put(production, "shop", ADDRESS)
        stored_variables.put(production, "db", json.dumps({"password": NESTED, "port": 5432999}))
        stored_variables.put(production, "short", "Rome")


@pytest.mark.parametrize("streaming", [False, True])
def test_a_variables_value_is_in_the_answer_and_not_in_the_trace(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    variables: None,
    streaming: bool,
    sql: Sql,
) -> None:
    text = "At {{ $vars.shop }}, {{ $vars.db.password }}, {{ $vars.db.port }}, {{ $vars.short }}"
    start = node("startAgentflow", "Start", {"startState": [{"key": "at", "value": "{{ $vars.db }}"}]})
    flow = kept(app, production, reply(text), start=start)
    answer = ask(client, flow, production_key, streaming=streaming)
    trace, said = told(answer.data, streaming)

    assert said == f"At {ADDRESS}, {NESTED}, 5432999, Rome"
    for value in (ADDRESS, NESTED, "5432999"):
        assert value not in trace
    assert "Rome" in trace
    # Who may read the workspace's runs sees them whole.
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(1,)])
    [(recorded,)] = sql("SELECT trace FROM runs")
    assert ADDRESS in zlib.decompress(bytes(recorded)).decode()


@pytest.mark.parametrize("streaming", [False, True])
def test_nothing_that_an_http_node_sent_is_in_the_trace(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    variables: None,
    web: Web,
    streaming: bool,
) -> None:
    word = "hidden-word-4711"
    basic = base64.b64encode(f"me:{ADDRESS}".encode()).decode()
    web.says(json.dumps([word, ADDRESS, quote(ADDRESS, safe=""), basic, "harmless"]))
    rest = {
        "url": web.url.replace("//", f"//me:{word}@") + f"/hooks/{word}/{{{{ $vars.shop }}}}?x={word}#{word}",
        "headers": [{"key": "X-Team", "value": word}, {"key": "X-Basic", "value": f"Basic {basic}"}],
        "queryParams": [{"key": "at", "value": "{{ $vars.shop }}"}],
        "method": "POST",
        "bodyType": "raw",
        "body": f"key: {word}",
    }
    flow = kept(app, production, node(HTTP, "H", rest), reply("done"))
    answer = ask(open_client, flow, production_key, streaming=streaming)
    trace, _said = told(answer.data, streaming)

    for value in (word, ADDRESS, quote(ADDRESS, safe=""), basic, basic[4:-4]):
        assert value not in answer.text
        assert value not in trace
    assert "harmless" in trace
    assert f"{web.url.replace('//', '//…@')}/…" in trace


def test_a_failure_tells_no_value_either(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    variables: None,
    web: Web,
) -> None:
    rest = {"url": web.url, "headers": [{"key": "X-Team", "value": "team-of-4711"}]}
    rest["queryParams"] = [{"key": "at", "value": "{{ $vars.shop }}"}]  # type: ignore[assignment]
    flow = kept(app, production, node(HTTP, "H", rest))
    for padding in (0, 180, 190, 195):
        web.says("." * padding + f"{ADDRESS} team-of-4711", 404)
        for streaming in (False, True):
            answer = ask(open_client, flow, production_key, streaming=streaming)
            assert "Harbour" not in answer.text
            assert "team-of" not in answer.text
            if not streaming:
                assert "status 404" in refused(answer, 500, "internal")


@pytest.mark.parametrize("streaming", [False, True])
def test_what_an_agents_tools_were_told_and_answered_is_masked_too(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
    variables: None,
    web: Web,
    streaming: bool,
) -> None:
    web.says(f"{ADDRESS} team-of-4711 harmless")
    config = {
        "requestsGetUrl": web.url + "/{{ $vars.shop }}",
        "requestsGetName": "look",
        "requestsGetHeaders": json.dumps({"X-Team": "team-of-4711"}),
        "requestsGetQueryParamsSchema": json.dumps({"q": {"type": "string"}}),
    }
    agent = {
        "agentModel": model,
        "agentModelConfig": {"streaming": False},
        "agentUserMessage": "{{ question }} in {{ $vars.shop }}",
        "agentTools": [{"agentSelectedTool": "requestsGet", "agentSelectedToolConfig": config}],
    }
    flow = kept(app, production, node("agentAgentflow", "Agent", agent))
    provider.says_next(calling(("look", {"q": ADDRESS})), "Found it")
    answer = ask(open_client, flow, production_key, streaming=streaming)

    assert answer.status_code == 200
    assert "harmless" in answer.text
    assert "Harbour" not in answer.text
    assert "team-of" not in answer.text
    assert web.last.headers["x-team"] == "team-of-4711"


def test_a_flow_within_a_flow_tells_nothing_more(
    app: Flask,
    open_client: FlaskClient,
    production: Workspace,
    production_key: str,
    variables: None,
    web: Web,
) -> None:
    web.says("team-of-4711")
    rest = {"url": web.url, "headers": [{"key": "X-Team", "value": "team-of-4711"}]}
    inner = kept(app, production, node(HTTP, "H", rest))
    outer = kept(
        app,
        production,
        node("executeFlowAgentflow", "E", {"executeFlowSelectedFlow": str(inner.id)}),
        reply("x"),
    )
    assert "team-of" not in json.dumps(answered(ask(open_client, outer, production_key)))


def told(body: bytes, streaming: bool) -> tuple[str, str]:
    """The trace, whole, and the answer's text."""
    if not streaming:
        answer = json.loads(body)
        return json.dumps(answer["agentFlowExecutedData"], ensure_ascii=False), answer["text"]
    found = events(body)
    traces = [data for name, data in found if name == "agentFlowExecutedData"]
    text = "".join(data for name, data in found if name == "token")
    return json.dumps(traces, ensure_ascii=False), text


def reply(text: str) -> dict[str, Any]:
    return node("directReplyAgentflow", "Reply", {"directReplyMessage": text})


def kept(app: Flask, workspace: Workspace, *nodes: dict[str, Any], start: dict[str, Any] = START) -> Flow:
    with app.app_context():
        return flows.import_agentflow(workspace, chain(start, *nodes), name="Under test")
