"""Import applies exactly the plan that was shown, once, and by who saw it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forjinn.database import now
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import parse
from tests.apikeys.screen import Screen
from tests.apikeys.transfer.conftest import State, Works
from tests.apikeys.transfer.files import plain, value
from tests.apikeys.transfer.ways import Browser, rows
from tests.calls import Sql
from tests.conftest import member
from tests.people import Person


def test_afterwards_the_numbers_are_said_and_the_table_is_fresh(browser: Browser, screen: Screen) -> None:
    screen.create("CI")
    screen.create("Goes")
    plan = browser.planned(plain(CI="one", New="two"), "replace-all")
    done = plan.apply(workspace="Production")
    assert done.status_code == 303
    page = browser.person.get(done.location).text
    assert "The import is done: 1 added, 1 overwritten, 0 kept, 1 deleted." in page
    assert sorted(screen.names()) == ["CI", "New"]


def test_in_the_dialog_the_table_is_told_to_refresh(browser: Browser, screen: Screen) -> None:
    shown = browser.upload(plain(CI="one"), "add-new", htmx=True)
    form = parse(shown.text).one("form", method="post", novalidate="")
    token = parse(shown.text).one("input", name="plan")["value"]
    done = browser.person.post(form["action"], htmx=True, plan=token)
    assert (done.status_code, done.headers["HX-Trigger"]) == (200, "keys-changed")
    assert "The import is done: 1 added, 0 overwritten, 0 kept, 0 deleted." in done.text
    assert screen.names() == ["CI"]


def created(screen: Screen) -> None:
    screen.create("New")


def renamed(screen: Screen) -> None:
    screen.post("CI", "rename", name="Another")


def deleted(screen: Screen) -> None:
    screen.post("CI", "delete")


def unrelated(screen: Screen) -> None:
    screen.create("Unrelated")


@pytest.mark.parametrize(
    ("change", "mode"),
    [
        (created, "add-new"),
        (renamed, "add-new"),
        (created, "overwrite"),
        (renamed, "overwrite"),
        (deleted, "overwrite"),
        (deleted, "replace-all"),
        (unrelated, "replace-all"),
        (created, "error"),
    ],
)
def test_if_the_keys_have_changed_nothing_is_imported_and_the_new_plan_is_shown(
    change: Callable[[Screen], None], mode: str, browser: Browser, screen: Screen, state: State
) -> None:
    screen.create("Other")
    if mode != "error":
        screen.create("CI")
    plan = browser.planned(plain(CI="one", New="two"), mode)
    change(screen)
    before = state()
    answer = plan.apply(workspace="Production")
    assert answer.status_code == 409
    assert "The keys have changed since this plan was made. Nothing was imported." in answer.text
    assert state() == before
    new = browser.planned(plain(CI="one", New="two"), mode)
    assert rows(parse(answer.text)) == new.rows != plan.rows


def test_the_new_plan_can_be_imported(browser: Browser, screen: Screen, works: Works) -> None:
    plan = browser.planned(plain(New="one"), "overwrite")
    old = screen.create("New")
    answer = plan.apply()
    assert rows(parse(answer.text)) == [("overwritten", "New")]
    plan.shown = answer.text
    assert plan.apply().status_code == 303
    assert (works(old), works(value("one"))) == (False, True)


def test_what_has_nothing_to_do_with_the_plan_does_not_stop_it(browser: Browser, screen: Screen) -> None:
    plan = browser.planned(plain(CI="one"), "overwrite")
    unrelated(screen)
    assert plan.apply().status_code == 303
    assert sorted(screen.names()) == ["CI", "Unrelated"]


@pytest.mark.parametrize("wrong", ["", "0" * 64, "x"])
def test_without_the_plan_that_was_shown_nothing_is_imported(
    wrong: str, browser: Browser, state: State
) -> None:
    before = state()
    plan = browser.planned(plain(CI="one"), "add-new")
    assert browser.person.post(plan.path, plan=wrong).status_code == 409
    assert state() == before


@pytest.mark.parametrize("typed", [None, "", "production", "Production 2", "Staging"])
def test_replace_all_asks_for_the_name_of_the_workspace(
    typed: str | None, browser: Browser, screen: Screen, state: State
) -> None:
    screen.create("CI")
    before = state()
    plan = browser.planned(plain(New="one"), "replace-all")
    fields: dict[str, Any] = {} if typed is None else {"workspace": typed}
    answer = plan.apply(**fields)
    assert answer.status_code == 422
    assert "Enter the name of the workspace, Production, to replace all keys." in answer.text
    assert state() == before
    assert plan.apply(workspace=" Production ").status_code == 303


def test_a_plan_is_applied_once(browser: Browser, screen: Screen, state: State) -> None:
    plan = browser.planned(plain(CI="one"), "add-new")
    assert plan.apply().status_code == 303
    before = state()
    again = plan.apply()
    assert again.status_code == 404
    assert "This import was applied or given up. Choose the file again." in again.text
    assert browser.person.get(plan.path).status_code == 404
    assert state() == before


def test_a_plan_waits_for_an_hour(browser: Browser, sql: Sql, state: State) -> None:
    plan = browser.planned(plain(CI="one"), "add-new")
    waited = now().replace(tzinfo=None) - timedelta(minutes=61)
    sql("UPDATE api_key_imports SET created_at = :waited", waited=f"{waited:%Y-%m-%d %H:%M:%S.%f}")
    before = state()
    assert browser.person.get(plan.path).status_code == 404
    assert plan.apply().status_code == 404
    assert state() == before
    # The next one that begins forgets it.
    browser.planned(plain(CI="one"), "add-new")
    assert len(sql("SELECT id FROM api_key_imports")) == 1


def test_a_plan_is_nobody_elses(
    app: Flask, browser: Browser, production: Workspace, staging: Workspace, charlie: Person, state: State
) -> None:
    plan = browser.planned(plain(CI="one"), "add-new")
    before = state()
    dora = member(app, "dora@example.com", production, "Admin")
    elsewhere = plan.path.replace("/production/", "/staging/")
    for person, path in ((dora, plan.path), (charlie, plan.path), (charlie, elsewhere)):
        assert person.get(path).status_code == 404
        for action in (path, f"{path}/give-up"):
            assert person.post(action, plan="x").status_code == 404
    assert state() == before
    assert plan.apply().status_code == 303
