from __future__ import annotations

import re

import pytest
from flask import Flask

from forjinn.workspaces import service as workspaces
from forjinn.workspaces.permissions import ALL, BUILT_IN
from tests.commands import done, refused, run

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Production", "production"),
        ("  Web   Shop  ", "web-shop"),
        ("Crème brûlée", "creme-brulee"),
        ("a/b?c#d&e", "a-b-c-d-e"),
        ("--Team--", "team"),
        ("../../etc", "etc"),
        ("日本", "workspace"),
        ("🔑", "workspace"),
        ("a" * 100, "a" * 48),
        ("a" * 47 + " b", "a" * 47),
    ],
)
def test_the_slug_comes_from_the_name(app: Flask, name: str, slug: str) -> None:
    assert done(app, "workspaces", "create", "--", name) == f"{slug}\n"


def test_a_name_may_be_taken_a_slug_never_is(app: Flask) -> None:
    slugs = [done(app, "workspaces", "create", "Team").strip() for _ in range(12)]
    assert slugs[:3] == ["team", "team-2", "team-3"]
    assert len(set(slugs)) == 12
    assert all(SLUG.fullmatch(slug) and len(slug) <= 60 for slug in slugs)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "bell\x07", "\u202eevil"])
def test_what_no_name_can_be(app: Flask, name: str) -> None:
    refused(run(app, "workspaces", "create", name))
    assert done(app, "workspaces", "list") == ""


def test_a_new_workspace_has_the_built_in_roles(app: Flask) -> None:
    done(app, "workspaces", "create", "Production")
    with app.app_context():
        made = {
            role.name: set(role.permissions) for role in workspaces.roles(workspaces.by_slug("production"))
        }
    assert made == {name: set(permissions) for name, permissions in BUILT_IN.items()}
    assert made["Admin"] == set(ALL)
    assert {name for name in made["Member"] if not name.startswith("chatflows:")} == {"apikeys:view"}
    assert {name.partition(":")[2] for name in made["Viewer"]} == {"view"}


def test_the_permissions_of_the_product_page_exist() -> None:
    for verb in ("view", "create", "update", "delete", "import"):
        assert f"apikeys:{verb}" in ALL
    assert {name.partition(":")[0] for name in ALL} == {"apikeys", "chatflows", "gateway", "members"}
