"""Why a public flow fails is in its run; somebody without a key is told one general sentence."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask, bearer, eventually, path, refused
from tests.providers import Provider
from tests.samples import START, chain, node
from tests.streaming import events
from tests.web import Web

WORD = "hidden-word-4711"
SENTENCE = (
    "This flow cannot answer now. Try again later, or tell its owner, who finds the reason in its runs."
)
BROKEN = {
    "a body that is no JSON": {
        "method": "POST",
        "bodyType": "json",
        "body": f'{{"{WORD}": {{{{ question }}}}x',
    },
    "a host that is not there": {"url": f"http://{WORD}.invalid/"},
    "a path that leads elsewhere": {"url": "http://x.example/{{ question }}"},
}


@pytest.mark.parametrize("streaming", [False, True])
def test_a_providers_message_is_told_to_nobody_without_a_key(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    llm_flow: Flow,
    provider: Provider,
    sql: Sql,
    streaming: bool,
) -> None:
    make_public(app, production, llm_flow)
    provider.says({"error": {"message": f"quota of {WORD} exceeded"}}, 400)
    sentence, text = failure(client, llm_flow, streaming, 502, "provider_error")

    assert sentence == SENTENCE
    assert WORD not in text
    assert "small" not in text
    # Whoever has a key of the workspace reads the reason, and so does its run.
    assert WORD in refused(ask(client, llm_flow, production_key), 502, "provider_error")
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(2,)])
    assert all(WORD in error for (error,) in sql("SELECT error FROM runs"))


@pytest.mark.parametrize("streaming", [False, True])
def test_a_remote_body_is_told_to_nobody_without_a_key(
    app: Flask,
    app_with: Callable[..., Flask],
    production: Workspace,
    production_key: str,
    sql: Sql,
    streaming: bool,
) -> None:
    client = app_with(FORJINN_ALLOW_PRIVATE_ADDRESSES="1").test_client()
    with Web() as web:
        web.says(f"no such customer {WORD}", 404)
        flow = public_http(app, production, {"url": web.url})
        sentence, text = failure(client, flow, streaming, 500, "internal")
        assert WORD in refused(ask(client, flow, production_key), 500, "internal")

    assert sentence == SENTENCE
    assert WORD not in text
    assert web.url not in text
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(2,)])
    assert all(WORD in zlib.decompress(bytes(trace)).decode() for (trace,) in sql("SELECT trace FROM runs"))


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("inputs", BROKEN.values(), ids=BROKEN)
def test_every_failure_of_a_node_is_the_same_sentence(
    app: Flask, client: FlaskClient, production: Workspace, inputs: dict[str, str], streaming: bool
) -> None:
    flow = public_http(app, production, {"url": "http://x.example/"} | inputs)
    sentence, text = failure(client, flow, streaming, 500, "internal")

    assert sentence == SENTENCE
    assert WORD not in text
    assert "Order lookup" not in text


def test_a_value_that_a_node_cannot_work_with_is_refused_in_the_callers_words(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, llm_flow: Flow
) -> None:
    allowed = ["llmAgentflow_0.modelName", "llmAgentflow_0.llmMessages"]
    with app.app_context():
        flows.configure(production, llm_flow, is_public=True, origins=[], overridable=allowed)
    for override in ({"modelName": "not-registered"}, {"llmMessages": [{"role": "wizard"}]}):
        body = {"question": "hi", "overrideConfig": override}
        said = refused(client.post(path(llm_flow), json=body), 400, "invalid_request")
        [name] = override
        assert said == f"overrideConfig: {name} has a value that this flow cannot work with."
        known = client.post(path(llm_flow), json=body, headers=bearer(production_key))
        assert "registered" in known.text or "role" in known.text


def test_a_file_that_cannot_be_read_any_more_is_the_same_sentence(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    make_public(app, production, echo_flow)
    sql("UPDATE flows SET graph = :graph, version = 7", graph=json.dumps({"nodes": [], "edges": []}))

    assert refused(client.post(path(echo_flow), json={"question": "hi"}), 500, "internal") == SENTENCE
    for beside in ("public-chatbotConfig", "chatflows-streaming"):
        answer = client.get(f"/api/v1/{beside}/{echo_flow.id}")
        assert refused(answer, 500, "internal") == SENTENCE
    assert "Start" in refused(ask(client, echo_flow, production_key), 500, "internal")


def failure(client: FlaskClient, flow: Flow, streaming: bool, status: int, code: str) -> tuple[str, str]:
    """What somebody without a key is told, and all that the answer holds."""
    answer = client.post(path(flow), json={"question": "..", "streaming": streaming})
    if not streaming:
        return refused(answer, status, code), answer.text
    told = events(answer.data)
    [sentence] = [data for name, data in told if name == "error"]
    assert told[-1] == ("end", "[DONE]")
    return sentence, answer.text


def public_http(app: Flask, workspace: Workspace, inputs: dict[str, str]) -> Flow:
    http = node("httpAgentflow", "Order lookup", inputs)
    with app.app_context():
        flow = flows.import_agentflow(workspace, chain(START, http), name="Lookup")
    return make_public(app, workspace, flow)


def make_public(app: Flask, workspace: Workspace, flow: Flow) -> Flow:
    with app.app_context():
        flows.configure(workspace, flow, is_public=True, origins=[], overridable=[])
    return flow
