"""Flows that answer without a key: for whom, for which web pages, and how often."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, bearer, eventually, path, refused, strict
from tests.providers import Provider
from tests.samples import chain, node

SHOP = "https://shop.example.com"
SECRET_PROMPT = "The discount code is SPRING"


@pytest.fixture
def public_flow(app: Flask, production: Workspace, echo_flow: Flow) -> Flow:
    return open_to_all(app, production, echo_flow)


@pytest.fixture
def shop_flow(app: Flask, production: Workspace, echo_flow: Flow) -> Flow:
    """Public, for the pages of one origin."""
    return open_to_all(app, production, echo_flow, SHOP)


def test_a_public_flow_answers_without_a_key_and_tells_no_trace(
    client: FlaskClient, public_flow: Flow
) -> None:
    answer = answered(call(client, public_flow))

    assert answer["text"] == "You asked: hi"
    assert "agentFlowExecutedData" not in answer
    assert "usedTools" not in answer


def test_its_stream_tells_no_trace_either(client: FlaskClient, public_flow: Flow) -> None:
    answer = call(client, public_flow, streaming=True)

    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    assert "You asked: hi" in answer.text
    assert "agentFlowExecutedData" not in answer.text
    assert "nextAgentFlow" not in answer.text


def test_a_key_still_counts_and_a_wrong_one_is_still_refused(
    client: FlaskClient, public_flow: Flow, production_key: str, staging_key: str
) -> None:
    answered(ask(client, public_flow, production_key))
    refused(ask(client, public_flow, "fj_wrong"), 401, "key_unknown")
    refused(ask(client, public_flow, staging_key), 403, "wrong_workspace")
    refused(client.post(path(public_flow), headers={"Authorization": ""}), 401, "key_malformed")


def test_who_has_no_key_cannot_tell_a_private_flow_from_none(
    app: Flask, client: FlaskClient, production: Workspace, public_flow: Flow
) -> None:
    with app.app_context():
        flows.configure(production, public_flow, is_public=False, origins=[], overridable=[])
    answers = [call(client, flow) for flow in (public_flow, uuid4(), "no-id")]

    for answer in answers:
        refused(answer, 401, "key_missing")
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="forjinn"'}


def test_a_public_flow_that_is_not_deployed_is_409(
    app: Flask, client: FlaskClient, production: Workspace, public_flow: Flow
) -> None:
    with app.app_context():
        flows.set_deployed(production, public_flow, False)

    refused(call(client, public_flow), 409, "flow_not_deployed")


def test_a_page_of_a_named_origin_gets_its_own_header(
    client: FlaskClient, shop_flow: Flow, production_key: str
) -> None:
    for origin in (SHOP, "HTTPS://Shop.Example.com"):
        for headers in ({}, bearer(production_key)):
            answer = call(client, shop_flow, headers={"Origin": origin, **headers})
            assert answer.status_code == 200, answer.text
            assert answer.headers.getlist("Access-Control-Allow-Origin") == [origin]
            assert "Origin" in answer.vary


def test_pages_of_other_origins_are_refused_with_and_without_a_key(
    client: FlaskClient, shop_flow: Flow, production_key: str
) -> None:
    others = (
        "https://evil.example",
        f"{SHOP}.evil.example",
        "http://shop.example.com",
        f"{SHOP}:8443",
        "null",
    )
    for origin in others:
        for headers in ({}, bearer(production_key)):
            answer = call(client, shop_flow, headers={"Origin": origin, **headers})
            assert SHOP not in refused(answer, 403, "origin_not_allowed")


def test_a_caller_that_is_no_page_passes(client: FlaskClient, shop_flow: Flow, production_key: str) -> None:
    answered(call(client, shop_flow))
    answered(ask(client, shop_flow, production_key))


def test_a_private_flow_with_origins_holds_them_for_calls_with_a_key(
    app: Flask, client: FlaskClient, production: Workspace, echo_flow: Flow, production_key: str
) -> None:
    with app.app_context():
        flows.configure(production, echo_flow, is_public=False, origins=[SHOP], overridable=[])
    headers = bearer(production_key)

    assert call(client, echo_flow, headers={"Origin": SHOP, **headers}).status_code == 200
    other = call(client, echo_flow, headers={"Origin": "https://evil.example", **headers})
    refused(other, 403, "origin_not_allowed")


def test_calls_of_one_address_are_limited_over_all_processes(
    app: Flask, app_with: Callable[..., Flask], public_flow: Flow, production_key: str
) -> None:
    if time.time() % 60 > 55:
        # The count begins anew with each minute.
        time.sleep(5)
    one, other = (app_with(FORJINN_PUBLIC_CALLS_PER_MINUTE="3").test_client() for _ in range(2))
    for client in (one, other, one):
        answered(call(client, public_flow))
    answer = call(other, public_flow)

    refused(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] in {str(seconds) for seconds in range(1, 61)}
    answered(ask(other, public_flow, production_key))
    elsewhere = other.post(
        path(public_flow), json={"question": "hi"}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}
    )
    answered(elsewhere)


def test_a_call_without_a_key_is_a_run_without_key_and_no_keys_use(
    client: FlaskClient, public_flow: Flow, production_key: str, sql: Sql
) -> None:
    answered(call(client, public_flow))
    answered(ask(client, public_flow, production_key))
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(2,)])
    eventually(lambda: sql("SELECT calls FROM api_key_usage") == [(1,)])

    assert sql("SELECT outcome FROM runs WHERE api_key_id IS NULL") == [("FINISHED",)]


def test_the_widgets_configuration_holds_the_start_node_and_no_other(
    app: Flask, client: FlaskClient, production: Workspace
) -> None:
    start = node("startAgentflow", "Start", {"startInputType": "formInput", "formTitle": "Order"})
    reply = node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": SECRET_PROMPT})
    with app.app_context():
        flow = flows.import_agentflow(production, chain(start, reply), name="Form")
    refused(client.get(widget(flow)), 401, "not_public")
    open_to_all(app, production, flow)

    answer = client.get(widget(flow))
    [shown] = json.loads(answered(answer)["flowData"])["nodes"]
    assert shown["data"]["name"] == "startAgentflow"
    assert shown["data"]["inputs"] == {"startInputType": "formInput", "formTitle": "Order"}
    assert SECRET_PROMPT not in answer.text


def test_who_lists_flows_without_a_key_sees_no_public_one_either(
    client: FlaskClient, public_flow: Flow, production_key: str
) -> None:
    refused(client.get("/api/v1/chatflows"), 401, "key_missing")
    refused(client.get(f"/api/v1/chatflows/{public_flow.id}"), 401, "key_missing")
    [listed] = strict(client.get("/api/v1/chatflows", headers=bearer(production_key)).text)
    assert listed["isPublic"] is True


def open_to_all(app: Flask, workspace: Workspace, flow: Flow, *origins: str) -> Flow:
    with app.app_context():
        flows.configure(workspace, flow, is_public=True, origins=origins, overridable=[])
    return flow


def call(
    client: FlaskClient, flow: object, headers: dict[str, str] | None = None, **members: object
) -> TestResponse:
    body = {"question": "hi", **members}
    return client.post(path(flow), json=body, headers=headers)  # type: ignore[arg-type]


def widget(flow: Flow) -> str:
    return f"/api/v1/public-chatbotConfig/{flow.id}"


def test_who_has_no_key_does_not_continue_a_conversation_that_was_begun_with_one(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    llm_flow: Flow,
    provider: Provider,
) -> None:
    open_to_all(app, production, llm_flow)
    answered(ask(client, llm_flow, production_key, "I am Ada", chatId="customer-7"))
    answer = answered(call(client, llm_flow, question="Who am I?", chatId="customer-7"))
    assert "Ada" not in str(provider.received[-1])
    assert answer["chatId"] == "customer-7"

    answered(call(client, llm_flow, question="And now?", chatId="customer-7"))
    assert "Who am I?" in str(provider.received[-1])
    answered(ask(client, llm_flow, production_key, "Who am I?", chatId="customer-7"))
    assert "I am Ada" in str(provider.received[-1])
    assert "And now?" not in str(provider.received[-1])
