"""Our export: digests, no secrets; and keys that go on working in another environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from forjinn.apikeys import service as apikeys
from forjinn.database import now
from forjinn.flows import service as flows
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Cli
from tests.apikeys.screen import SECRET, Screen
from tests.apikeys.transfer.conftest import Works
from tests.apikeys.transfer.files import digest, flowise, value
from tests.apikeys.transfer.ways import Browser, Way
from tests.applications import close, environment, new_app
from tests.calls import ask
from tests.commands import done
from tests.databases import new_database
from tests.people import Person
from tests.samples import DIRECT_REPLY

PATH = "/w/production/api-keys/export"
Export = Callable[[], str]


def test_an_export_holds_names_digests_hints_and_moments(export: Export, screen: Screen) -> None:
    first, second = screen.create("Café"), screen.create("CI")
    screen.create("Gone")
    screen.post("Gone", "delete")
    file = json.loads(export())
    keys = file.pop("keys")
    moment = datetime.fromisoformat(file.pop("exported_at"))
    assert file == {"format": "forjinn-apikeys", "version": 1, "workspace": "production"}
    assert now() - timedelta(minutes=1) < moment <= now()
    for key in keys:
        created = datetime.fromisoformat(key.pop("created_at"))
        assert now() - timedelta(minutes=1) < created <= now()
        assert created.utcoffset() == timedelta()
    # The oldest first.
    assert keys == [
        {"name": "Café", "digest": digest(first), "hint": f"{first[:7]}…{first[-4:]}"},
        {"name": "CI", "digest": digest(second), "hint": f"{second[:7]}…{second[-4:]}"},
    ]


def test_an_export_holds_no_secret_and_no_other_workspace(
    export: Export, screen: Screen, browser: Browser, staging_key: str
) -> None:
    screen.create("CI")
    assert browser([flowise("Old", value("one"))], "add-new").worked
    text = export()
    assert not SECRET.search(text)
    assert value("one") not in text
    assert "Staging web app" not in text
    assert len(json.loads(text)["keys"]) == 2


def test_an_export_of_no_keys_is_a_file_all_the_same(export: Export, production: Workspace) -> None:
    assert json.loads(export())["keys"] == []


def test_in_the_browser_it_is_a_file_that_nothing_keeps(alice: Person) -> None:
    answer = alice.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="forjinn-apikeys-production.json"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_screens_say_that_the_file_holds_digests(alice: Person, browser: Browser) -> None:
    said = "keys keep working in the other environment, and the file is worthless to a thief"
    assert said in alice.get("/w/production/api-keys").text
    assert said in alice.get(browser.path).text


def test_an_exported_key_is_no_key(export: Export, screen: Screen, works: Works) -> None:
    screen.create("CI")
    [key] = json.loads(export())["keys"]
    assert not works(key["digest"])


def test_keys_go_on_working_in_another_environment(
    export: Export, screen: Screen, another: Flask, tmp_path: Path
) -> None:
    secrets = {name: screen.create(name) for name in ("CI", "Café")}
    file = tmp_path / "export.json"
    file.write_text(export(), encoding="utf-8")
    with another.app_context():
        flow = flows.import_agentflow(workspaces.create("Target"), DIRECT_REPLY, name="Echo").id
    client = another.test_client()
    assert {ask(client, flow, secret).status_code for secret in secrets.values()} == {401}
    said = done(another, "apikeys", "import", str(file), "--workspace", "target", "--mode", "error")
    assert sorted(said.splitlines()[:-1]) == ["added\tCI", "added\tCafé"]
    assert {ask(client, flow, secret).status_code for secret in secrets.values()} == {200}
    again = json.loads(done(another, "apikeys", "export", "--workspace", "target"))
    assert again["keys"] == json.loads(export())["keys"]


def test_an_export_brings_deleted_keys_back(
    export: Export, screen: Screen, way: Way, works: Works, app: Flask, production: Workspace
) -> None:
    secret = screen.create("CI")
    file = export()
    with app.app_context():
        apikeys.delete(production, apikeys.named(production, "CI"), by=None)
    assert not works(secret)
    assert way(file, "error").done == [("added", "CI")]
    assert works(secret)


def test_an_export_imported_where_it_came_from_changes_nothing(
    export: Export, screen: Screen, way: Way
) -> None:
    screen.create("CI")
    assert way(export(), "replace-all").done == [("kept", "CI")]


@pytest.fixture(params=["browser", "command line"])
def export(request: pytest.FixtureRequest, alice: Person, cli: Cli) -> Export:
    """The text of an export of Production."""
    if request.param == "browser":
        return lambda: alice.get(PATH).text
    return lambda: cli("apikeys", "export", "--workspace", "production").stdout


@pytest.fixture
def another(on_postgres: bool, tmp_path: Path) -> Iterator[Flask]:
    """An application in another environment."""
    folder = tmp_path / "another"
    folder.mkdir()
    with new_database("another", folder, on_postgres) as url:
        app = new_app(environment(url, folder))
        yield app
        close(app)
