"""The Access form of a flow's page: public, origins, and what a call may change."""

from __future__ import annotations

import html
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, path
from tests.conftest import member
from tests.people import Person
from tests.samples import START, chain, node

REPLY = "directReplyAgentflow_0.directReplyMessage"
# What a person may write for it.
ORIGINS = {
    "https://shop.example.com": "https://shop.example.com",
    "  HTTPS://Shop.Example.COM/  ": "https://shop.example.com",
    "http://localhost:3000": "http://localhost:3000",
    "https://shop.example.com:443": "https://shop.example.com",
    "http://[::1]:8080": "http://[::1]:8080",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
    "\n\nhttp://a\r\n\r\nhttp://b\nhttp://a/\n": "http://a\nhttp://b",
}
NO_ORIGINS = (
    "https://*.example.com",
    "*",
    "shop.example.com",
    "ftp://shop.example.com",
    "javascript://shop",
    "https://",
    "https://shop.example.com/path",
    "https://shop.example.com?x",
    "https://user@shop.example.com",
    "https://shop.example.com:0",
    "https://shop.example.com:99999",
    "https://shop..example.com",
    "https://-shop.example.com",
    "https://[::g]",
    "https://bücher.example",
    "https://shop.example.com https://other.example.com",
    "https://shop\x00.example.com",
    "null",
    "https://" + "a" * 300,
)


def test_the_form_saves_and_a_plain_browser_is_sent_back(
    app: Flask, alice: Person, client: FlaskClient, echo_flow: Flow
) -> None:
    answer = save(alice, echo_flow, is_public="y", origins="https://Shop.example/", overridable=[REPLY])

    assert (answer.status_code, answer.location) == (303, panel(echo_flow))
    page = alice.get(panel(echo_flow)).text
    assert "The access to this flow was saved." in page
    assert 'value="' + REPLY + '" checked' in page
    assert ">https://shop.example</textarea>" in page.replace("\r\n", "")
    answered(client.post(path(echo_flow), json={"question": "hi"}))


def test_htmx_gets_the_form_alone_and_the_state_that_changed(alice: Person, echo_flow: Flow) -> None:
    part = save(alice, echo_flow, htmx=True, is_public="y").text

    assert part.lstrip().startswith('<div class="card" id="flow-access" data-form>')
    assert 'hx-target="#flow-state"' in part
    assert "Public</span>" in part
    assert "<html" not in part


def test_making_it_public_is_warned_of(alice: Person, echo_flow: Flow) -> None:
    page = alice.get(panel(echo_flow)).text

    assert "Anybody who knows the ID can call this flow" in page
    assert "30 calls a minute" in page


def test_an_empty_form_takes_everything_back(
    alice: Person, client: FlaskClient, app: Flask, production: Workspace, echo_flow: Flow
) -> None:
    save(alice, echo_flow, is_public="y", origins="http://a", overridable=[REPLY])
    save(alice, echo_flow)

    with app.app_context():
        flow = flows.get(production, echo_flow.id)
        assert (flow.is_public, flow.origins, flow.overridable) == (False, "", "[]")
    assert client.post(path(echo_flow), json={"question": "hi"}).status_code == 401


@pytest.mark.parametrize("written", ORIGINS)
def test_origins_are_kept_as_browsers_send_them(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, written: str
) -> None:
    assert save(alice, echo_flow, origins=written).status_code == 303
    with app.app_context():
        assert flows.get(production, echo_flow.id).origins == ORIGINS[written]


def test_what_is_no_origin_is_refused_beside_the_field_and_kept_to_be_mended(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, subtests: pytest.Subtests
) -> None:
    save(alice, echo_flow, origins="http://before")
    for written in NO_ORIGINS:
        with subtests.test(written[:40]):
            answer = save(alice, echo_flow, htmx=True, is_public="y", origins=written, overridable=[REPLY])
            assert answer.status_code == 422
            assert 'id="flow-origins-error"' in answer.text
            assert html.escape(written[:20]).replace("\x00", "") in answer.text.replace("\x00", "")
            assert 'value="' + REPLY + '" checked' in answer.text
    with app.app_context():
        flow = flows.get(production, echo_flow.id)
        assert (flow.is_public, flow.origins) == (False, "http://before")


def test_an_asterisk_is_answered_in_plain_words(alice: Person, echo_flow: Flow) -> None:
    page = save(alice, echo_flow, origins="https://*.example.com").text

    assert "“https://*.example.com” has an asterisk. Name each origin in full, one a line." in page
    assert "<html" in page


def test_there_are_at_most_fifty_origins(alice: Person, echo_flow: Flow) -> None:
    lines = [f"https://shop{number}.example" for number in range(51)]

    assert "at most 50" in save(alice, echo_flow, origins="\n".join(lines)).text
    assert save(alice, echo_flow, origins="\n".join(lines[:50])).status_code == 303


def test_the_inputs_of_each_node_and_the_variables_can_be_ticked(
    app: Flask, alice: Person, production: Workspace, llm_flow: Flow
) -> None:
    with app.app_context():
        stored_variables.put(production, "shop", "Harbour")
    page = alice.get(panel(llm_flow)).text

    for value in ("startAgentflow_0.startState", "llmAgentflow_0.temperature", "vars.shop"):
        assert f'name="overridable" value="{value}"' in page
    assert page.index("Start (startAgentflow_0)") < page.index("LLM (llmAgentflow_0)") < page.index("vars.")
    save(alice, llm_flow, overridable=["vars.shop", "llmAgentflow_0.temperature"])
    with app.app_context():
        kept = json.loads(flows.get(production, llm_flow.id).overridable)
        assert kept == ["llmAgentflow_0.temperature", "vars.shop"]


def test_an_input_that_is_not_there_is_refused(alice: Person, echo_flow: Flow) -> None:
    for value in ("vars.gone", "llmAgentflow_0.temperature", "directReplyAgentflow_0.id", "<b>"):
        answer = save(alice, echo_flow, overridable=[REPLY, value])
        assert answer.status_code == 422
        assert f"“{html.escape(value)}” is not an input of this flow" in answer.text


def test_a_deploy_is_not_offered_while_something_is_missing(
    app: Flask, alice: Person, production: Workspace
) -> None:
    strange = chain(START, node("toolAgentflow", "Warehouse", {}))
    with app.app_context():
        flow = flows.import_agentflow(production, strange, name="Strange")
    page = alice.get(panel(flow)).text

    assert "This flow cannot be deployed yet" in page
    assert "Warehouse: nodes of the type toolAgentflow are not supported." in page
    assert f'action="{panel(flow)}/deploy"' not in page


def test_a_viewer_sees_the_access_and_cannot_change_it(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow
) -> None:
    save(alice, echo_flow, is_public="y", origins="https://shop.example", overridable=[REPLY])
    viewer = member(app, "vera@example.com", production, "Viewer")
    page = viewer.get(panel(echo_flow)).text

    for shown in ("anybody who knows the ID", "https://shop.example", REPLY, "chatflows:update"):
        assert shown in page
    assert "Save access" not in page
    assert save(viewer, echo_flow).status_code == 403


def test_a_member_may_change_it_and_a_stranger_not(
    alice: Person, bob: Person, charlie: Person, echo_flow: Flow, staging_flow: Flow
) -> None:
    assert save(bob, echo_flow, is_public="y").status_code == 303
    assert save(charlie, echo_flow).status_code == 404
    assert save(alice, staging_flow).status_code == 404


def test_labels_and_ids_of_nodes_are_inert(app: Flask, alice: Person, production: Workspace) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    reply = node("directReplyAgentflow", evil, {"directReplyMessage": evil})
    text = chain(START, reply).replace("directReplyAgentflow_0", json.dumps(evil)[1:-1])
    with app.app_context():
        flow = flows.import_agentflow(production, text, name="Evil")
    value = f"{evil}.directReplyMessage"
    assert save(alice, flow, overridable=[value]).status_code == 303
    page = alice.get(panel(flow)).text

    assert "<img" not in page.replace('<img src="/static', "")
    assert (
        f'value="{html.escape(value)}" checked'.replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    )


def panel(flow: Flow) -> str:
    return f"/w/production/flows/{flow.id}"


def save(person: Person, flow: Flow, *, htmx: bool = False, **fields: object):  # type: ignore[no-untyped-def]
    return person.post(f"{panel(flow)}/access", htmx=htmx, **fields)
