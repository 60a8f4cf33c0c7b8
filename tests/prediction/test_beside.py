"""What stands beside the prediction: the lists of flows, the open calls, and the CORS preflight."""

from __future__ import annotations

import json
import re
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, bearer, path, refused
from tests.providers import CREDENTIAL
from tests.samples import DIRECT_REPLY, chain, node

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PATHS = (
    "/api/v1/prediction/5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11",
    "/api/v1/prediction/no-such-flow",
    "/api/v1/chatflows",
    "/api/v1/chatflows/5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11",
    "/api/v1/chatflows-streaming/5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11",
    "/api/v1/public-chatbotConfig/5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11",
    "/api/v1/ping",
)


def test_a_key_lists_the_flows_of_its_workspace_and_no_other(
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    llm_flow: Flow,
    echo_flow: Flow,
    staging_flow: Flow,
) -> None:
    answer = client.get("/api/v1/chatflows", headers=bearer(production_key))
    listed = json.loads(answer.text)

    assert answer.status_code == 200
    assert [flow["id"] for flow in listed] == [str(llm_flow.id), str(echo_flow.id)]
    moments = [(flow.pop("createdDate"), flow.pop("updatedDate")) for flow in listed]
    assert all(MOMENT.fullmatch(moment) for pair in moments for moment in pair)
    assert datetime.fromisoformat(moments[0][0]).replace(microsecond=0) == llm_flow.created_at.replace(
        microsecond=0
    )
    assert listed[1] == {
        "id": str(echo_flow.id),
        "name": "Echo",
        "description": "",
        "type": "AGENTFLOW",
        "category": None,
        "deployed": True,
        "isPublic": False,
        "workspaceId": str(production.id),
    }
    assert listed[0]["type"] == "CHATFLOW"


def test_the_list_says_what_is_not_deployed_and_the_files_description(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str
) -> None:
    text = json.dumps(json.loads(DIRECT_REPLY) | {"description": "Repeats what was asked"})
    with app.app_context():
        flows.import_agentflow(production, text, name="Draft", deployed=False)
    [listed] = client.get("/api/v1/chatflows", headers=bearer(production_key)).get_json()

    assert listed["deployed"] is False
    assert listed["description"] == "Repeats what was asked"


def test_one_flow_comes_with_its_graph_and_without_credentials(
    client: FlaskClient, production_key: str, llm_flow: Flow
) -> None:
    answer = client.get(f"/api/v1/chatflows/{llm_flow.id}", headers=bearer(production_key))
    flow = answered(answer)

    assert (flow["id"], flow["name"]) == (str(llm_flow.id), "Assistant")
    assert [node["data"]["name"] for node in json.loads(flow["flowData"])["nodes"]] == [
        "startAgentflow",
        "llmAgentflow",
    ]
    assert CREDENTIAL not in answer.text


def test_a_flow_is_shown_only_to_a_key_of_its_workspace(
    client: FlaskClient, production_key: str, echo_flow: Flow, staging_flow: Flow
) -> None:
    own, other, unknown = (f"/api/v1/chatflows/{one}" for one in (echo_flow.id, staging_flow.id, uuid4()))

    refused(client.get(own), 401, "key_missing")
    refused(client.get("/api/v1/chatflows"), 401, "key_missing")
    refused(client.get(other, headers=bearer(production_key)), 403, "wrong_workspace")
    refused(client.get(unknown, headers=bearer(production_key)), 404, "flow_not_found")


IDS = [("own", True), ("5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11", False), ("x", False)]


def test_the_open_calls_need_no_key_and_tell_nothing(
    subtests: pytest.Subtests, client: FlaskClient, echo_flow: Flow
) -> None:
    for flow, streams in IDS:
        with subtests.test(ascii(flow)[:50]):
            flow = flow.replace("own", str(echo_flow.id))

            assert answered(client.get(f"/api/v1/chatflows-streaming/{flow}")) == {"isStreaming": streams}
            said = refused(client.get(f"/api/v1/public-chatbotConfig/{flow}"), 401, "not_public")
            assert said == "This flow is not public."


def test_with_a_key_the_widget_of_a_flow_that_is_not_public_gets_its_form_and_no_more(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    staging_key: str,
    echo_flow: Flow,
) -> None:
    inputs = {"startInputType": "formInput", "formTitle": "Order", "startState": [{"key": "secret"}]}
    graph = chain(node("startAgentflow", "Start", inputs), *json.loads(DIRECT_REPLY)["nodes"][1:])
    with app.app_context():
        flow = flows.import_agentflow(production, graph, name="Form")
    path = f"/api/v1/public-chatbotConfig/{flow.id}"
    refused(client.get(path), 401, "not_public")
    refused(client.get(path, headers=bearer("fj_wrong")), 401, "key_unknown")
    refused(client.get(path, headers=bearer(staging_key)), 403, "wrong_workspace")
    told = answered(client.get(path, headers=bearer(production_key)))
    [start] = json.loads(told["flowData"])["nodes"]
    assert start["data"]["inputs"] == {"startInputType": "formInput", "formTitle": "Order"}


def test_ping_is_answered_with_pong(client: FlaskClient) -> None:
    answer = client.get("/api/v1/ping")

    assert (answer.status_code, answer.text) == (200, "pong")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_may_ask_before_it_calls_without_a_key(client: FlaskClient) -> None:
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for place in PATHS:
        answer = client.options(place, headers=headers)
        assert (answer.status_code, answer.data) == (204, b""), place
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"GET", "POST", "OPTIONS"} <= names(answer.headers["Access-Control-Allow-Methods"])
        assert {"authorization", "content-type"} <= names(answer.headers["Access-Control-Allow-Headers"])
        assert "WWW-Authenticate" not in answer.headers


def test_the_api_sets_and_reads_no_cookie(client: FlaskClient, production_key: str, echo_flow: Flow) -> None:
    for answer in (
        client.post(path(echo_flow), json={"question": "hi"}, headers=bearer(production_key)),
        client.post(path(echo_flow)),
        client.get("/api/v1/ping"),
    ):
        assert "Set-Cookie" not in answer.headers
        # A browser must not send one along: the answer is for any origin.
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_ids_are_written_as_uuids_on_both_databases(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    [listed] = client.get("/api/v1/chatflows", headers=bearer(production_key)).get_json()

    assert listed["id"] == str(UUID(listed["id"]))
    assert listed["workspaceId"] == str(UUID(listed["workspaceId"]))


def names(header: str) -> set[str]:
    return {name.strip() for name in header.split(",")}
