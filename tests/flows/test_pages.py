"""The page of flows, and each one's settings panel."""

from __future__ import annotations

import html
import re

from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask
from tests.conftest import member
from tests.people import Person, without_tokens
from tests.providers import CREDENTIAL, Provider
from tests.samples import START, chain, node

LIST = "/w/production/flows"


def test_the_list_shows_the_workspaces_flows_and_no_other(
    alice: Person, echo_flow: Flow, llm_flow: Flow, staging_flow: Flow
) -> None:
    page = alice.get(LIST).text

    assert f'href="{LIST}/{echo_flow.id}"' in page
    assert f'href="{LIST}/{llm_flow.id}"' in page
    assert page.index("Assistant") < page.index("Echo")
    assert "Chatflow" in page
    assert "Agentflow" in page
    assert str(staging_flow.id) not in page


def test_the_list_is_searched_by_a_part_of_the_name(alice: Person, echo_flow: Flow, llm_flow: Flow) -> None:
    found = alice.get(f"{LIST}?q=SSIST").text

    assert str(llm_flow.id) in found
    assert str(echo_flow.id) not in found
    assert "No flow matches" in alice.get(f"{LIST}?q=100%25").text


def test_the_list_answers_htmx_with_its_part_alone(alice: Person, echo_flow: Flow) -> None:
    part = without_tokens(alice.get(LIST, htmx=True).text)

    assert part.lstrip().startswith('<div id="flows"')
    assert part.strip() in without_tokens(alice.get(LIST).text)


def test_an_empty_list_says_how_to_make_a_flow(app: Flask, production: Workspace, alice: Person) -> None:
    assert "Create the first flow" in alice.get(LIST).text
    viewer = member(app, "vera@example.com", production, "Viewer").get(LIST).text
    assert "Create the first flow" not in viewer
    assert "<code>chatflows:create</code> permission" in viewer


def test_the_panel_shows_the_id_its_parts_and_how_to_call_it(
    alice: Person, llm_flow: Flow, provider: Provider
) -> None:
    page = alice.get(f"{LIST}/{llm_flow.id}").text

    assert f'<code id="flow-id" class="break">{llm_flow.id}</code>' in page
    assert 'data-copy="#flow-id"' in page
    assert "http://localhost/api/v1/prediction/" in page
    assert page.count(f"<span data-flow-id>{llm_flow.id}</span>") == 3
    assert "Bearer &lt;your-api-key&gt;" in page
    assert 'href="/w/production/api-keys"' in page
    assert "small" in page
    assert re.findall(r'<li><span class="break">(.*?)</span>', page) == ["Start", "LLM"]
    assert CREDENTIAL not in page
    assert provider.url not in page


def test_a_flow_is_undeployed_and_deployed_in_its_panel(
    alice: Person, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    panel = f"{LIST}/{echo_flow.id}"
    assert "Undeploy" in alice.get(panel).text

    answer = alice.post(f"{panel}/undeploy")
    assert (answer.status_code, answer.location) == (303, panel)
    page = alice.get(panel).text
    assert "calls to it are refused" in page
    assert f'action="{panel}/deploy"' in page
    assert ask(client, echo_flow, production_key).status_code == 409

    assert alice.post(f"{panel}/deploy").status_code == 303
    answered(ask(client, echo_flow, production_key))


def test_a_flow_whose_model_is_gone_is_not_deployed_and_the_panel_says_why(
    app: Flask, alice: Person, production: Workspace, llm_flow: Flow, sql: Sql
) -> None:
    with app.app_context():
        flows.set_deployed(production, llm_flow, False)
    sql("DELETE FROM language_models")
    alice.post(f"{LIST}/{llm_flow.id}/deploy")
    page = alice.get(f"{LIST}/{llm_flow.id}").text

    assert "Not registered in production: the model &#39;small&#39;." in page
    assert "Not deployed" in page


def test_a_viewer_sees_flows_and_cannot_change_them(
    app: Flask, production: Workspace, echo_flow: Flow
) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    panel = f"{LIST}/{echo_flow.id}"

    assert "Echo" in viewer.get(LIST).text
    page = viewer.get(panel).text
    assert str(echo_flow.id) in page
    assert "Undeploy" not in page
    for verb in ("deploy", "undeploy"):
        assert viewer.post(f"{panel}/{verb}").status_code == 403
    with app.app_context():
        assert flows.get(production, echo_flow.id).deployed


def test_a_stranger_and_another_workspaces_flow_are_not_found(
    app: Flask, charlie: Person, alice: Person, echo_flow: Flow, staging_flow: Flow, staging: Workspace
) -> None:
    assert charlie.get(LIST).status_code == 404
    assert charlie.get(f"{LIST}/{echo_flow.id}").status_code == 404
    assert charlie.get(f"/w/staging/flows/{echo_flow.id}").status_code == 404
    for verb in ("deploy", "undeploy"):
        assert alice.post(f"{LIST}/{staging_flow.id}/{verb}").status_code == 404
    with app.app_context():
        assert flows.get(staging, staging_flow.id).deployed


def test_names_in_a_flow_are_shown_inert(app: Flask, alice: Person, production: Workspace) -> None:
    evil = "<img src=x onerror=alert(1)>"
    reply = node("directReplyAgentflow", f'"{evil}', {"directReplyMessage": evil})
    with app.app_context():
        flow = flows.import_agentflow(production, chain(START, reply), name=evil)

    for page in (alice.get(LIST).text, alice.get(f"{LIST}/{flow.id}").text):
        assert evil not in page
        assert html.escape(evil) in page
