from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.accounts import service as accounts
from forjinn.apikeys import service as apikeys
from forjinn.workspaces.models import Workspace
from tests.commands import done
from tests.people import PASSWORD, Person

NewPerson = Callable[..., Person]


def switcher(person: Person, path: str) -> list[str]:
    """The workspaces that the top bar offers, in its order."""
    page = person.get(path).text
    menu = page.partition("switcher")[2].partition("</details>")[0]
    return re.findall(r'href="/w/([^/"]+)/', menu)


def test_a_stranger_learns_nothing_not_even_that_the_workspace_exists(alice: Person, charlie: Person) -> None:
    there = charlie.get("/w/production/api-keys")
    nowhere = charlie.get("/w/nowhere-at-all/api-keys")
    assert there.status_code == nowhere.status_code == 404
    tokens = re.compile(r'name="csrf_token" value="[^"]*"|/w/[a-z-]+/api-keys')
    assert tokens.sub("", there.text) == tokens.sub("", nowhere.text)
    assert "Production" not in there.text


def test_nobody_enters_without_signing_in(client: FlaskClient, production: Workspace) -> None:
    there, nowhere = client.get("/w/production/api-keys"), client.get("/w/nowhere/api-keys")
    assert there.headers["Location"] == "/login?next=/w/production/api-keys"
    assert nowhere.headers["Location"] == "/login?next=/w/nowhere/api-keys"


@pytest.mark.parametrize(
    "slug",
    ["Production", "PRODUCTION", "production ", "prod%", "%25", "%00", "%FF", "%F0%9F%94%91", "a" * 5000],
)
def test_only_the_slug_itself_is_the_workspace(alice: Person, slug: str) -> None:
    assert alice.get(f"/w/{slug}/api-keys").status_code == 404


def test_an_id_of_another_workspace_is_not_found_in_ones_own(
    app: Flask, alice: Person, staging: Workspace
) -> None:
    with app.app_context():
        key, _secret = apikeys.issue(staging, "Foreign", by=None)
    for path in ("", "/rename", "/delete"):
        assert alice.get(f"/w/production/api-keys/{key.id}{path}").status_code == 404
    for path in ("/rename", "/delete"):
        answer = alice.post(f"/w/production/api-keys/{key.id}{path}", name="Mine")
        assert answer.status_code == 404
    with app.app_context():
        assert apikeys.named(staging, "Foreign").id == key.id


def test_an_instance_admin_enters_every_workspace_also_later_ones(
    app: Flask, person: NewPerson, production: Workspace, staging: Workspace
) -> None:
    root = person("root@example.com", is_admin=True)
    done(app, "workspaces", "create", "Later")
    assert switcher(root, "/w/later/api-keys") == ["later", "production", "staging"]
    for slug in ("production", "staging", "later"):
        assert root.get(f"/w/{slug}/api-keys/new").status_code == 200
        assert root.create_key(slug, f"Key of {slug}").status_code == 200
    assert root.get("/w/nowhere/api-keys").status_code == 404


def test_an_instance_admin_is_made_on_the_command_line(app: Flask, production: Workspace) -> None:
    done(app, "users", "create", "root@example.com", "--admin", password=PASSWORD)
    with app.app_context():
        root = Person(app, accounts.user_by_email("root@example.com")).signed_in()
    assert root.get("/w/production/api-keys/new").status_code == 200


def test_the_switcher_lists_only_the_workspaces_of_the_person(
    app: Flask, alice: Person, charlie: Person
) -> None:
    assert switcher(alice, "/w/production/api-keys") == ["production"]
    done(app, "users", "grant", alice.email, "--workspace", "staging", "--role", "Viewer")
    assert switcher(alice, "/w/production/api-keys") == ["production", "staging"]
    assert switcher(alice, "/profile") == ["production", "staging"]


def test_two_tabs_hold_two_workspaces(app: Flask, alice: Person, staging: Workspace) -> None:
    done(app, "users", "grant", alice.email, "--workspace", "staging", "--role", "Admin")
    alice.get("/w/staging/api-keys")
    alice.create_key("production", "Made in the first tab")
    assert "Made in the first tab" in alice.get("/w/production/api-keys").text
    assert "Made in the first tab" not in alice.get("/w/staging/api-keys").text


def test_the_way_in_leads_to_the_first_workspace(app: Flask, alice: Person, staging: Workspace) -> None:
    done(app, "workspaces", "create", "Alpha")
    done(app, "users", "grant", alice.email, "--workspace", "alpha", "--role", "Viewer")
    answer = alice.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/w/alpha/api-keys")


def test_somebody_without_a_workspace_is_told_what_to_do(person: NewPerson, production: Workspace) -> None:
    dora = person("dora@example.com")
    answer = dora.get("/")
    assert answer.status_code == 200
    assert "You belong to no workspace." in answer.text
    assert "flask workspaces create" in answer.text
    assert switcher(dora, "/") == []
    assert dora.get("/profile").status_code == 200


def test_the_page_names_its_workspace(alice: Person) -> None:
    page = alice.get("/w/production/api-keys").text
    assert re.search(r"<title>[^<]*Production[^<]*</title>", page)
