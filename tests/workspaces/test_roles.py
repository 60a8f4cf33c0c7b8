"""Who may do what, and from when on. Roles are changed on the command line while people are signed in."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn.apikeys import service as apikeys
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.applications import environment
from tests.commands import as_operator, done
from tests.people import Person

MAY = {
    "Admin": {"see keys", "create", "rename", "delete", "see flows", "deploy"},
    "Member": {"see keys", "see flows", "deploy"},
    "Viewer": {"see keys", "see flows"},
}


@pytest.fixture
def key_path(app: Flask, production: Workspace) -> str:
    with app.app_context():
        key, _secret = apikeys.issue(production, "CI integration", by=None)
    return f"/w/production/api-keys/{key.id}"


def grant(app: Flask, person: Person, role: str) -> None:
    done(app, "users", "grant", person.email, "--workspace", "production", "--role", role)


def set_role(app: Flask, name: str, *permissions: str) -> None:
    given = [part for permission in permissions for part in ("--permission", permission)]
    done(app, "roles", "set", name, "--workspace", "production", *given)


def possible(person: Person, key_path: str, flow: Flow) -> set[str]:
    """What is not refused with 403. The last of it destroys the key."""
    flow_path = f"/w/production/flows/{flow.id}"
    calls: dict[str, Callable[[], TestResponse]] = {
        "see keys": lambda: person.get("/w/production/api-keys"),
        "create": lambda: person.post("/w/production/api-keys/new", name="", once=""),
        "rename": lambda: person.post(f"{key_path}/rename", name="Renamed"),
        "see flows": lambda: person.get(flow_path),
        "deploy": lambda: person.post(f"{flow_path}/deploy"),
        "delete": lambda: person.post(f"{key_path}/delete"),
    }
    statuses = {what: call().status_code for what, call in calls.items()}
    assert set(statuses.values()) <= {200, 303, 403, 422}
    return {what for what, status in statuses.items() if status != 403}


@pytest.mark.parametrize("role", MAY)
def test_a_built_in_role_permits_this_and_no_more(
    app: Flask, bob: Person, key_path: str, echo_flow: Flow, role: str
) -> None:
    grant(app, bob, role)
    assert possible(bob, key_path, echo_flow) == MAY[role]


@pytest.mark.parametrize(
    ("permission", "what"),
    [
        ("apikeys:view", {"see keys"}),
        ("apikeys:create", {"create", "rename"}),
        ("apikeys:update", {"rename"}),
        ("apikeys:delete", {"delete"}),
        ("apikeys:import", set()),
        ("chatflows:view", {"see flows"}),
        ("chatflows:update", {"deploy"}),
        ("chatflows:run", set()),
        ("gateway:manage", set()),
        ("members:manage", set()),
    ],
)
def test_each_permission_permits_what_it_says(
    app: Flask, bob: Person, key_path: str, echo_flow: Flow, permission: str, what: set[str]
) -> None:
    set_role(app, "Helper", permission)
    grant(app, bob, "Helper")
    assert possible(bob, key_path, echo_flow) == what


def test_a_permission_that_is_given_or_taken_away_holds_on_the_next_request(app: Flask, bob: Person) -> None:
    path = "/w/production/api-keys/new"
    assert bob.get(path).status_code == 403
    set_role(app, "Member", "apikeys:view", "apikeys:create")
    assert bob.get(path).status_code == 200
    set_role(app, "Member", "apikeys:view")
    assert bob.get(path).status_code == 403
    set_role(app, "Member")
    assert bob.get("/w/production/api-keys").status_code == 403


def test_a_form_that_was_open_meanwhile_is_refused(app: Flask, bob: Person) -> None:
    set_role(app, "Member", "apikeys:view", "apikeys:create")
    bob.get("/w/production/api-keys/new")
    set_role(app, "Member", "apikeys:view")
    answer = bob.post("/w/production/api-keys/new", name="Too late", once="a" * 32)
    assert answer.status_code == 403
    assert "Too late" not in bob.get("/w/production/api-keys").text


def test_a_change_by_another_process_holds_on_the_next_request(
    app: Flask, bob: Person, database_url: str, tmp_path: Path
) -> None:
    assert bob.get("/w/production/api-keys").status_code == 200
    settings = environment(database_url, tmp_path)
    result = as_operator(settings, "roles", "set", "Member", "--workspace", "production")
    assert (result.returncode, result.stdout) == (0, "")
    assert bob.get("/w/production/api-keys").status_code == 403


def test_a_grant_replaces_the_role_on_the_next_request(app: Flask, bob: Person) -> None:
    grant(app, bob, "Admin")
    assert bob.get("/w/production/api-keys/new").status_code == 200
    grant(app, bob, "viewer")
    assert bob.get("/w/production/api-keys/new").status_code == 403
    assert bob.get("/w/production/api-keys").status_code == 200


def test_a_role_in_one_workspace_is_none_in_another(app: Flask, bob: Person, staging: Workspace) -> None:
    grant(app, bob, "Admin")
    done(app, "users", "grant", bob.email, "--workspace", "staging", "--role", "Viewer")
    assert bob.get("/w/production/api-keys/new").status_code == 200
    assert bob.get("/w/staging/api-keys/new").status_code == 403


def test_a_role_of_the_same_name_is_another_one_in_another_workspace(
    app: Flask, bob: Person, charlie: Person
) -> None:
    set_role(app, "Member", "apikeys:view", "apikeys:create")
    done(app, "users", "grant", charlie.email, "--workspace", "staging", "--role", "Member")
    assert bob.get("/w/production/api-keys/new").status_code == 200
    assert charlie.get("/w/staging/api-keys/new").status_code == 403


def test_somebody_removed_is_a_stranger_on_the_next_request(
    bob: Person, sql: Callable[..., list[tuple[object, ...]]]
) -> None:
    assert bob.get("/w/production/api-keys").status_code == 200
    sql("DELETE FROM memberships")
    assert bob.get("/w/production/api-keys").status_code == 404


def test_a_refusal_names_the_permission_and_who_can_give_it(bob: Person, key_path: str) -> None:
    answer = bob.get("/w/production/api-keys/new")
    assert answer.status_code == 403
    assert "This needs the permission apikeys:create." in answer.text
    assert "An Admin in Production, or whoever runs this server, can give it to you." in answer.text
    rename = unescape(bob.get(f"{key_path}/rename", htmx=True).text)
    assert "This needs the permission apikeys:create or apikeys:update." in rename


def test_what_is_not_permitted_is_not_offered(app: Flask, bob: Person, key_path: str) -> None:
    refused = bob.get("/w/production/api-keys").text
    assert "CI integration" in refused
    for label in ("Add New Key", 'aria-label="Rename', 'aria-label="Delete'):
        assert label not in refused
    grant(app, bob, "Admin")
    offered = bob.get("/w/production/api-keys").text
    assert f"{key_path}/rename" in offered
    assert f"{key_path}/delete" in offered
    assert "Add New Key" in offered
