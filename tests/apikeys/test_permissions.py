"""Each route of the API Keys screen against each permission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Call
from tests.apikeys.screen import Screen
from tests.people import Person


@dataclass(frozen=True)
class Route:
    endpoint: str
    method: str
    path: str
    needs: tuple[str, ...]

    def ask(self, person: Person, key_id: str, slug: str = "production", *, htmx: bool = False) -> int:
        path = f"/w/{slug}/api-keys{self.path.format(key_id=key_id)}"
        if self.method == "GET":
            return person.get(path, htmx=htmx).status_code
        fields = {"name": f"Changed by {self.endpoint}", "once": "x" * 30}
        return person.post(path, htmx=htmx, **fields).status_code


ROUTES = (
    Route("index", "GET", "", ("apikeys:view",)),
    Route("new", "GET", "/new", ("apikeys:create",)),
    Route("show", "GET", "/{key_id}", ("apikeys:view",)),
    Route("rename_form", "GET", "/{key_id}/rename", ("apikeys:create", "apikeys:update")),
    Route("confirm_delete", "GET", "/{key_id}/delete", ("apikeys:delete",)),
    Route("create", "POST", "/new", ("apikeys:create",)),
    Route("rename", "POST", "/{key_id}/rename", ("apikeys:create", "apikeys:update")),
    Route("delete", "POST", "/{key_id}/delete", ("apikeys:delete",)),
)
OF_A_KEY = tuple(route for route in ROUTES if "key_id" in route.path)
Role = Callable[..., Person]


def test_no_route_of_the_screen_is_missing_here(app: Flask) -> None:
    routes = {
        (rule.endpoint.removeprefix("apikeys."), method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("apikeys.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(route.endpoint, route.method) for route in ROUTES}


@pytest.mark.parametrize(
    "permission", ["apikeys:view", "apikeys:create", "apikeys:update", "apikeys:delete", "apikeys:import"]
)
def test_a_permission_opens_its_routes_and_no_other(permission: str, screen: Screen, with_role: Role) -> None:
    screen.create("CI integration")
    key_id, person = screen.row("CI integration").id, with_role(permission)
    for htmx in (True, False):
        for route in ROUTES:
            status = route.ask(person, key_id, htmx=htmx)
            if permission not in route.needs:
                assert status == 403, (route, htmx)
            elif htmx is False:
                # The second time round: changed already by htmx, which is no matter of permissions.
                assert status in (200, 303, 404, 409), route
            else:
                assert status == 200, route


def test_who_may_only_look_has_no_buttons_and_can_change_nothing(
    screen: Screen, bob: Person, call: Call
) -> None:
    secret = screen.create("CI integration")
    assert Screen(bob).row("CI integration").actions == []
    assert Screen(bob).page().all(id="add-new-key") == []
    assert screen.page().all(id="add-new-key") != []
    for route in ROUTES:
        if route.method == "POST":
            assert route.ask(bob, screen.row("CI integration").id) == 403
    assert screen.names() == ["CI integration"]
    assert call(secret).status_code == 200


@pytest.mark.parametrize(
    ("permission", "actions", "add"),
    [
        ("apikeys:create", ['Rename "CI integration"'], 1),
        ("apikeys:update", ['Rename "CI integration"'], 0),
        ("apikeys:delete", ['Delete "CI integration"'], 0),
    ],
)
def test_each_button_is_there_for_those_who_may(
    permission: str, actions: list[str], add: int, screen: Screen, with_role: Role
) -> None:
    screen.create("CI integration")
    theirs = Screen(with_role("apikeys:view", permission))
    assert theirs.row("CI integration").actions == actions
    assert len(theirs.page().all(id="add-new-key")) == add


def test_a_refusal_names_the_permission_and_who_can_give_it(screen: Screen, bob: Person) -> None:
    answer = bob.get(f"{screen.path}/new")
    assert "This needs the permission apikeys:create. An Admin in Production" in answer.text
    screen.create("CI integration")
    answer = bob.get(f"{screen.path}/{screen.row('CI integration').id}/rename")
    assert "This needs the permission apikeys:create or apikeys:update." in answer.text


def test_a_permission_taken_away_holds_on_the_next_request(screen: Screen, with_role: Role) -> None:
    person = with_role("apikeys:view", "apikeys:create")
    assert person.get(f"{screen.path}/new").status_code == 200
    with_role("apikeys:view")
    assert person.get(f"{screen.path}/new").status_code == 403


def test_the_key_of_another_workspace_is_not_found_on_any_route(
    screen: Screen, charlie: Person, alice: Person, call: Call, staging_key: str
) -> None:
    theirs = Screen(charlie, "staging").row("Staging web app").id
    unknown = "00000000-0000-4000-8000-000000000000"
    for route in OF_A_KEY:
        for htmx in (False, True):
            assert route.ask(alice, theirs, htmx=htmx) == 404, route
            assert route.ask(alice, unknown, htmx=htmx) == 404, route
            assert route.ask(alice, "not-an-id", htmx=htmx) == 404, route
    assert Screen(charlie, "staging").names() == ["Staging web app"]
    assert call(staging_key).get_json()["code"] == "wrong_workspace"


def test_a_stranger_is_not_told_that_the_workspace_exists(screen: Screen, charlie: Person) -> None:
    screen.create("CI integration")
    key_id = screen.row("CI integration").id
    for route in ROUTES:
        assert route.ask(charlie, key_id) == route.ask(charlie, key_id, slug="no-such") == 404, route
    assert screen.names() == ["CI integration"]


def test_who_is_not_signed_in_is_led_to_the_sign_in(app: Flask, screen: Screen) -> None:
    screen.create("CI integration")
    key_id = screen.row("CI integration").id
    for route in ROUTES:
        path = f"{screen.path}{route.path.format(key_id=key_id)}"
        answer = app.test_client().open(path, method=route.method)
        assert answer.status_code == 303, route
        assert answer.headers["Location"].partition("?")[0] == "/login"
        assert "CI integration" not in answer.text
    assert screen.names() == ["CI integration"]


@pytest.fixture
def with_role(app: Flask, production: Workspace, bob: Person) -> Role:
    """Bob, with exactly these permissions in Production."""

    def with_role(*permissions: str) -> Person:
        with app.app_context():
            workspaces.set_role(production, "Special", permissions)
            workspaces.grant(bob.user, production, "Special")
        return bob

    return with_role
