from __future__ import annotations

import json

import pytest
from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.accounts.signing_in import Sql, sign_in
from tests.commands import done, refused, run
from tests.people import PASSWORD, Person

EMAIL = "dora@example.com"


def test_workspaces_create_prints_the_slug_and_nothing_else(app: Flask) -> None:
    result = run(app, "workspaces", "create", "Web Shop")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "web-shop\n", "")


def test_workspaces_list_prints_slug_and_name(app: Flask) -> None:
    for name in ("Web Shop", "Größe"):
        done(app, "workspaces", "create", name)
    assert done(app, "workspaces", "list") == "groe\tGröße\nweb-shop\tWeb Shop\n"
    assert json.loads(done(app, "workspaces", "list", "--json")) == [
        {"slug": "groe", "name": "Größe"},
        {"slug": "web-shop", "name": "Web Shop"},
    ]


def test_without_workspaces_the_list_is_empty(app: Flask) -> None:
    assert done(app, "workspaces", "list") == ""
    assert done(app, "workspaces", "list", "--json") == "[]\n"


def test_users_create_prints_nothing_on_stdout_and_the_password_nowhere(app: Flask) -> None:
    result = run(app, "users", "create", EMAIL, password=PASSWORD)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"Created {EMAIL}.\n"
    assert sign_in(app, EMAIL, PASSWORD).status_code == 303


def test_users_create_takes_a_name_a_workspace_and_a_role(
    app: Flask, production: Workspace, sql: Sql
) -> None:
    place = ("--workspace", "production", "--role", "viewer")
    done(app, "users", "create", EMAIL, "--name", "Dora D.", *place, password=PASSWORD)
    assert sql("SELECT name, is_admin FROM users") in ([("Dora D.", False)], [("Dora D.", 0)])
    assert sql("SELECT name FROM roles JOIN memberships ON role_id = roles.id") == [("Viewer",)]


def test_a_name_that_is_not_given_is_what_stands_before_the_at(app: Flask, sql: Sql) -> None:
    done(app, "users", "create", EMAIL, password=PASSWORD)
    assert sql("SELECT name FROM users") == [("dora",)]


def test_users_grant_prints_nothing_on_stdout_and_keeps_one_role(app: Flask, alice: Person, sql: Sql) -> None:
    for role in ("Viewer", "Member", "Member", "viewer"):
        place = ("--workspace", "production", "--role", role)
        assert done(app, "users", "grant", " ALICE@example.com ", *place) == ""
    assert sql("SELECT name FROM roles JOIN memberships ON role_id = roles.id") == [("Viewer",)]


def test_roles_list_prints_each_role_with_its_permissions(app: Flask, production: Workspace) -> None:
    done(app, "roles", "set", "Renamer", "--workspace", "production", "--permission", "apikeys:update")
    lines = done(app, "roles", "list", "--workspace", "production").splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["Admin", "Member", "Renamer", "Viewer"]
    assert "Renamer\tapikeys:update" in lines
    listed = json.loads(done(app, "roles", "list", "--workspace", "production", "--json"))
    assert {"role": "Renamer", "permissions": ["apikeys:update"]} in listed


MISTAKES = {
    "taken e-mail": (("users", "create", "ALICE@Example.com"), "already"),
    "no e-mail": (("users", "create", "dora"), "'dora' is not an e-mail address"),
    "two e-mails": (("users", "create", "a@b@c"), "is not an e-mail address"),
    "unknown workspace": (
        ("users", "create", EMAIL, "--workspace", "nowhere", "--role", "Viewer"),
        "no workspace 'nowhere'",
    ),
    "unknown role": (
        ("users", "create", EMAIL, "--workspace", "production", "--role", "Boss"),
        "there are: Admin, Member, Viewer",
    ),
    "bad name": (("users", "create", EMAIL, "--name", "a\nb"), "control characters"),
    "grant to nobody": (
        ("users", "grant", EMAIL, "--workspace", "production", "--role", "Viewer"),
        "no user with the e-mail",
    ),
    "grant elsewhere": (
        ("users", "grant", "alice@example.com", "--workspace", "nowhere", "--role", "Viewer"),
        "flask workspaces list",
    ),
    "grant of no role": (
        ("users", "grant", "alice@example.com", "--workspace", "production", "--role", ""),
        "no role ''",
    ),
    "password of nobody": (("users", "password", EMAIL), "no user with the e-mail"),
    "unknown permission": (
        ("roles", "set", "R", "--workspace", "production", "--permission", "apikeys:*"),
        "Unknown permission apikeys:*; there are: apikeys:view",
    ),
    "less for Admin": (
        ("roles", "set", "ADMIN", "--workspace", "production", "--permission", "apikeys:view"),
        "always has all permissions",
    ),
    "unnamed role": (("roles", "set", " ", "--workspace", "production"), "name"),
    "roles of nowhere": (("roles", "list", "--workspace", "nowhere"), "no workspace 'nowhere'"),
    "unnamed workspace": (("workspaces", "create", " "), "name"),
}


@pytest.mark.parametrize(("arguments", "reason"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_one_line_and_changes_nothing(
    app: Flask, alice: Person, sql: Sql, arguments: tuple[str, ...], reason: str
) -> None:
    assert reason in refused(run(app, *arguments, password=PASSWORD))
    counted = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM memberships)"
    assert sql(counted) == [(1, 1)]
    assert len(done(app, "roles", "list", "--workspace", "production").splitlines()) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "create"),
        ("users", "create", EMAIL, "--workspace", "production"),
        ("users", "create", EMAIL, "--role", "Viewer"),
        ("users", "grant", EMAIL),
        ("workspaces", "create"),
        ("workspaces", "create", "one", "two"),
        ("workspaces", "rename"),
        ("roles", "set", "Boss"),
        ("roles", "list"),
    ],
)
def test_wrong_usage_exits_with_2(app: Flask, production: Workspace, arguments: tuple[str, ...]) -> None:
    result = run(app, *arguments, password=PASSWORD)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("group", ["users", "workspaces", "roles"])
def test_every_command_says_what_it_is_for(app: Flask, group: str) -> None:
    shown = done(app, group, "--help")
    commands = app.cli.commands[group].commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert command.help
        assert name in shown
