"""Walks every route, so that a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from forjinn.extensions import csrf
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.people import Person, field

GUARDS = {"public", "signed in", "workspace", "api key", "gateway key"}
# Whoever adds one here says why anybody may call it.
PUBLIC = {
    "health.healthz": "load balancers have no account",
    "health.readyz": "load balancers have no account",
    "accounts.login": "the way in",
    "pages.set_theme": "also on the sign-in page; changes one cookie of the caller",
    "prediction_open.chatflows_streaming": "WIRE: no key; says false for every id",
    "prediction_open.public_chatbot_config": "WIRE: no key; refuses every id alike",
    "prediction_open.ping": "WIRE: no key",
}
API_BLUEPRINTS = {"prediction", "prediction_open"}
GATEWAY_BLUEPRINT = "llm_gateway"
ANY_ID = UUID(int=1)
Call = tuple[str, str]


def routes(app: Flask) -> Iterator[Rule]:
    """All but Flask's own route for the files in static/."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def guard(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "guard", None)


def calls(app: Flask, *guards: str) -> list[Call]:
    """Method and path of all routes behind these guards."""
    return [
        (method, path(rule))
        for rule in routes(app)
        if guard(app, rule) in guards
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path(rule: Rule) -> str:
    """An address of the route in Production."""
    filled = rule.rule.replace("<slug>", "production")
    return re.sub(r"<(\w+:)?\w+>", str(ANY_ID), filled)


def test_every_route_has_a_guard(app: Flask) -> None:
    unguarded = {rule.endpoint for rule in routes(app) if guard(app, rule) not in GUARDS}
    assert unguarded == set()
    assert {guard(app, rule) for rule in routes(app)} == GUARDS


def test_what_is_public_is_so_on_purpose(app: Flask) -> None:
    assert {rule.endpoint for rule in routes(app) if guard(app, rule) == "public"} == set(PUBLIC)


def test_everything_in_a_workspace_is_behind_its_guard(app: Flask) -> None:
    for rule in routes(app):
        assert rule.rule.startswith("/w/<slug>/") == (guard(app, rule) == "workspace"), rule


def test_every_prediction_route_asks_for_a_key_or_is_public_on_purpose(app: Flask) -> None:
    under_api = [rule for rule in routes(app) if rule.rule.startswith("/api/")]
    assert {guard(app, rule) for rule in under_api} == {"api key", "public"}
    assert {rule.endpoint.partition(".")[0] for rule in under_api} == API_BLUEPRINTS
    for rule in under_api:
        assert (guard(app, rule) == "api key") == (rule.endpoint.partition(".")[0] == "prediction")


def test_without_a_key_every_route_that_needs_one_is_401(app: Flask, echo_flow: Flow, alice: Person) -> None:
    for method, address in calls(app, "api key"):
        address = address.replace(str(ANY_ID), str(echo_flow.id))
        # Also for somebody who is signed in: a cookie is no key.
        answer = alice.client.open(address, method=method, json={"question": "hi"})
        assert answer.status_code == 401, address
        assert answer.get_json()["code"] == "key_missing"


def test_everything_under_gateway_needs_a_gateway_key_and_nothing_else_takes_one(
    app: Flask, production: Workspace, alice: Person
) -> None:
    under = {rule.endpoint for rule in routes(app) if rule.rule.startswith("/gateway/")}
    assert under == {rule.endpoint for rule in routes(app) if guard(app, rule) == "gateway key"}
    assert {endpoint.partition(".")[0] for endpoint in under} == {GATEWAY_BLUEPRINT}
    for method, address in calls(app, "gateway key"):
        answer = alice.client.open(address, method=method, json={"model": "small"})
        assert answer.status_code == 401, address
        assert answer.get_json()["error"]["code"] == "key_missing"


def test_who_is_not_signed_in_is_sent_to_the_sign_in(
    app: Flask, client: FlaskClient, production: Workspace
) -> None:
    token = {"X-CSRFToken": field(client.get("/login").text, "csrf_token")}
    for method, address in calls(app, "signed in", "workspace"):
        answer = client.open(address, method=method, headers=token)
        assert answer.status_code == 303, address
        assert answer.headers["Location"].partition("?")[0] == "/login", address


def test_a_stranger_gets_404_everywhere_in_a_workspace(app: Flask, alice: Person, charlie: Person) -> None:
    for call in calls(app, "workspace"):
        assert send(charlie, call).status_code == 404, call


def test_a_member_whose_role_permits_nothing_gets_403_everywhere(app: Flask, bob: Person) -> None:
    with app.app_context():
        workspaces.set_role(workspaces.by_slug("production"), "Member", [])
    for call in calls(app, "workspace"):
        assert send(bob, call).status_code == 403, call


def test_every_form_needs_its_csrf_token(app: Flask, alice: Person) -> None:
    forms = [address for method, address in calls(app, *GUARDS) if method != "GET"]
    forms = [address for address in forms if not address.startswith(("/api/", "/gateway/"))]
    assert len(forms) >= 10
    foreign = field(app.test_client().get("/login").text, "csrf_token")
    for address in forms:
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": foreign}):
            answer = alice.client.post(address, data=token)
            assert answer.status_code == 400, address
            assert "This form is no longer valid" in answer.text
    assert alice.get("/profile").status_code == 200


@pytest.mark.parametrize(
    "body", ['{"name": 5, "once": {}, "new": [], "theme": null}', "[1]", "{", '"\\ud800"']
)
def test_json_in_place_of_a_form_breaks_nothing(
    app: Flask, alice: Person, echo_flow: Flow, body: str
) -> None:
    headers = {"X-CSRFToken": field(alice.get("/profile").text, "csrf_token")}
    for method, address in calls(app, "public", "signed in", "workspace"):
        if method == "POST" and address not in ("/login", "/logout"):
            answer = alice.client.post(address, data=body, content_type="application/json", headers=headers)
            assert answer.status_code in (303, 404, 422), address


def test_no_form_is_exempt_from_csrf(app: Flask) -> None:
    assert csrf._exempt_blueprints == csrf._exempt_views == set()
    assert app.config.get("WTF_CSRF_ENABLED", True)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_no_page_answers_another_method(app: Flask, alice: Person, method: str) -> None:
    token = {"X-CSRFToken": field(alice.get("/profile").text, "csrf_token")}
    for _method, address in calls(app, "public", "signed in", "workspace"):
        assert alice.client.open(address, method=method, headers=token).status_code == 405


def send(person: Person, call: Call) -> TestResponse:
    method, address = call
    return person.get(address) if method == "GET" else person.post(address)
