"""The samples beside a new key: this host, this key, a flow of this workspace."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import Screen
from tests.applications import close, environment, new_app
from tests.people import Person
from tests.samples import DIRECT_REPLY

CURL = """\
curl -X POST \\
  {host}/api/v1/prediction/{flow} \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"question": "What is the status of my order?"}}'"""


def reveal(screen: Screen) -> Element:
    return parse(screen.person.create_key("production", "CI integration").text)


def secret(page: Element) -> str:
    return page.one("input", id="secret")["value"]


def sample(page: Element, language: str) -> str:
    return page.one("code", id=f"sample-{language}").raw_text.strip()


def test_the_curl_sample_is_the_product_pages_filled_in(screen: Screen, echo_flow: Flow) -> None:
    page = reveal(screen)
    assert sample(page, "curl") == CURL.format(host="http://localhost", flow=echo_flow.id, key=secret(page))


def test_every_sample_holds_host_key_and_flow(screen: Screen, echo_flow: Flow) -> None:
    page = reveal(screen)
    for language in ("curl", "python", "javascript"):
        text = sample(page, language)
        assert f"http://localhost/api/v1/prediction/{echo_flow.id}" in text
        assert f"Bearer {secret(page)}" in text
        assert "<your-api-key>" not in text


def test_the_flow_is_chosen_from_those_that_answer(
    screen: Screen, app: Flask, production: Workspace, echo_flow: Flow, staging_flow: Flow
) -> None:
    with app.app_context():
        other = flows.import_agentflow(production, DIRECT_REPLY, name="Another")
        flows.import_agentflow(production, DIRECT_REPLY, name="Draft", deployed=False)
    options = reveal(screen).one("select", id="flow").all("option")
    assert [(option["value"], option.text) for option in options] == [
        (str(other.id), "Another"),
        (str(echo_flow.id), "Echo"),
    ]


def test_the_samples_call_the_flow_that_is_chosen_first(
    screen: Screen, app: Flask, production: Workspace, echo_flow: Flow
) -> None:
    with app.app_context():
        first = flows.import_agentflow(production, DIRECT_REPLY, name="Another")
    page = reveal(screen)
    assert str(first.id) in sample(page, "curl")
    assert "These samples call the flow “Another”" in page.text


def test_without_a_flow_the_samples_say_what_to_fill_in(screen: Screen, app: Flask) -> None:
    with app.app_context():
        production = workspaces.by_slug("production")
        flows.import_agentflow(production, DIRECT_REPLY, name="Draft", deployed=False)
    page = reveal(screen)
    assert page.all("select", id="flow") == []
    assert "/api/v1/prediction/<chatflow-id>" in sample(page, "curl")
    assert "This workspace has no flow yet. Replace <chatflow-id> with the ID" in page.text


def test_who_may_not_see_flows_is_offered_none(
    app: Flask, alice: Person, bob: Person, production: Workspace, echo_flow: Flow
) -> None:
    with app.app_context():
        workspaces.set_role(production, "Keys only", ["apikeys:view", "apikeys:create"])
        workspaces.grant(bob.user, production, "Keys only")
    page = reveal(Screen(bob))
    assert str(echo_flow.id) not in page.text
    assert "Echo" not in page.text


def test_the_configured_address_stands_in_the_samples(
    alice: Person, echo_flow: Flow, database_url: str, tmp_path: Path
) -> None:
    settings = environment(database_url, tmp_path) | {"FORJINN_BASE_URL": "https://forjinn.example.com/ai/"}
    app = new_app(settings)
    with app.app_context():
        db.session.remove()
    page = reveal(Screen(Person(app, alice.user).signed_in()))
    assert f"https://forjinn.example.com/ai/api/v1/prediction/{echo_flow.id}" in sample(page, "curl")
    assert "localhost" not in sample(page, "curl")
    close(app)
