"""Importing and exporting need `apikeys:import`, a session, and a form of ours."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import parse
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import State
from tests.apikeys.transfer.files import plain
from tests.apikeys.transfer.ways import Browser, Planned
from tests.conftest import member
from tests.people import Person, field

ALL_BUT_IMPORT = ("apikeys:view", "apikeys:create", "apikeys:update", "apikeys:delete")


def test_no_route_of_the_import_is_missing_here(app: Flask, waiting: Planned) -> None:
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("transfer.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert len(routes) == len(list(requests(waiting)))


def test_a_stranger_finds_nothing(waiting: Planned, charlie: Person, state: State) -> None:
    before = state()
    for method, path in requests(waiting):
        assert ask(charlie, method, path) == 404, path
    assert state() == before


def test_a_member_without_the_permission_is_refused(
    waiting: Planned, app: Flask, production: Workspace, state: State
) -> None:
    with app.app_context():
        workspaces.set_role(production, "All but import", ALL_BUT_IMPORT)
    person, before = member(app, "dora@example.com", production, "All but import"), state()
    for method, path in requests(waiting):
        for htmx in (True, False):
            assert ask(person, method, path, htmx=htmx) == 403, path
    assert state() == before
    screen = parse(person.get("/w/production/api-keys").text)
    assert screen.all(id="import-keys-opener") == []
    assert not any("export" in link["href"] for link in screen.all("a"))


def test_the_permission_is_enough(app: Flask, production: Workspace, screen: Screen) -> None:
    with app.app_context():
        workspaces.set_role(production, "Importer", ("apikeys:import",))
    person = member(app, "dora@example.com", production, "Importer")
    assert Browser(person)(plain(CI="one"), "overwrite").worked
    assert person.get("/w/production/api-keys/export").status_code == 200
    assert screen.names() == ["CI"]


def test_import_and_export_stand_beside_each_other_on_the_page(alice: Person) -> None:
    page = parse(alice.get("/w/production/api-keys").text)
    opener = page.one(id="import-keys-opener")
    assert "Import" in opener.text
    assert page.one("a", href="/w/production/api-keys/export").text == "Export"


def test_who_is_not_signed_in_is_led_to_the_sign_in(
    waiting: Planned, client: FlaskClient, state: State
) -> None:
    before = state()
    for method, path in requests(waiting):
        answer = client.open(path, method=method)
        assert answer.status_code == 303, path
    assert state() == before


def test_a_form_of_another_site_does_nothing(waiting: Planned, alice: Person, state: State) -> None:
    before = state()
    file = (io.BytesIO(json.dumps(plain(CI="one")).encode()), "keys.json")
    fields = {"plan": field(waiting.shown, "plan"), "mode": "add-new", "file": file}
    for method, path in requests(waiting):
        if method == "POST":
            answer = alice.client.post(path, data=fields if path.endswith("import") else {"plan": "x"})
            assert answer.status_code == 400, path
    assert state() == before


def requests(waiting: Planned) -> Iterator[tuple[str, str]]:
    yield "GET", "/w/production/api-keys/import"
    yield "POST", "/w/production/api-keys/import"
    yield "GET", waiting.path
    yield "POST", waiting.path
    yield "POST", f"{waiting.path}/give-up"
    yield "GET", "/w/production/api-keys/export"


def ask(person: Person, method: str, path: str, *, htmx: bool = False) -> int:
    answer = person.get(path, htmx=htmx) if method == "GET" else person.post(path, htmx=htmx, plan="x")
    return answer.status_code


@pytest.fixture
def waiting(browser: Browser) -> Planned:
    """A plan of Alice that waits."""
    return browser.planned(plain(CI="one"), "add-new")
