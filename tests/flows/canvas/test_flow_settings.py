"""The settings of a flow, beside its canvas and on a page of their own."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask
from tests.conftest import member
from tests.flows.drawing import in_a_row, llm
from tests.people import Person


def test_the_panel_tells_the_id_and_how_to_call_the_flow(alice: Person, echo_flow: Flow) -> None:
    for panel in (alice.get(path(echo_flow), htmx=True).text, alice.get(path(echo_flow)).text):
        assert f'<code id="flow-id" class="break">{echo_flow.id}</code>' in panel
        assert f"http://localhost/api/v1/prediction/<span data-flow-id>{echo_flow.id}</span>" in panel
        assert "&lt;your-api-key&gt;" in panel
        assert 'href="/w/production/api-keys/new"' in panel
        assert "flowise-embed" in panel
        assert "Inputs that a call may change" in panel
    canvas = alice.get(f"{path(echo_flow)}/canvas").text
    assert f'href="{path(echo_flow)}" hx-get="{path(echo_flow)}"' in canvas


def test_it_is_deployed_and_undeployed_in_the_panel(alice: Person, echo_flow: Flow, sql: Sql) -> None:
    for verb, other, deployed in (("undeploy", "deploy", False), ("deploy", "undeploy", True)):
        panel = alice.post(f"{path(echo_flow)}/{verb}", htmx=True).text
        assert f'action="{path(echo_flow)}/{other}"' in panel
        assert 'id="flow-settings"' in panel
        assert [bool(one) for (one,) in sql("SELECT deployed FROM flows")] == [deployed]
    answer = alice.post(f"{path(echo_flow)}/undeploy")
    assert (answer.status_code, answer.headers["Location"]) == (303, path(echo_flow))


def test_what_keeps_it_from_being_deployed_is_said_in_the_panel(
    app: Flask, alice: Person, production: Workspace
) -> None:
    with app.app_context():
        flow = flows.import_agentflow(production, in_a_row(llm("asks")), name="Lacks a model")
    panel = alice.post(f"{path(flow)}/deploy", htmx=True).text
    assert 'role="alert"' in panel
    assert "Not registered in production" in panel


def test_who_may_only_look_changes_nothing(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    viewer = member(app, "viewer@example.com", production, "Viewer")
    panel = viewer.get(path(echo_flow), htmx=True).text
    assert "Undeploy" not in panel
    assert "chatflows:update" in panel
    assert viewer.post(f"{path(echo_flow)}/undeploy", htmx=True).status_code == 403


def test_the_last_five_runs_lead_onto_the_canvas(
    app: Flask, alice: Person, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    assert "None yet." in alice.get(path(echo_flow), htmx=True).text
    for number in range(6):
        ask(client, echo_flow, production_key, chatId=f"customer-{number}")
    app.extensions["forjinn.runs"].flush()
    for htmx in (True, False):
        panel = alice.get(path(echo_flow), htmx=htmx).text
        runs = re.findall(rf'href="{path(echo_flow)}/canvas\?run=([0-9a-f-]{{36}})"', panel)
        assert len(set(runs)) == 5
        assert panel.count("Production web app") == 5
    assert 'class="node-order"' in alice.get(f"{path(echo_flow)}/canvas?run={runs[0]}").text


def path(flow: Flow) -> str:
    return f"/w/production/flows/{flow.id}"
