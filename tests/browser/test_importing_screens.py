"""Every step of an import, in the dialog and as a page, is held to the standards of all screens."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import dialog
from tests.browser.browsing import Browsing
from tests.browser.importing import choose, confirm, entry, file, open_import, plan, slow_down
from tests.browser.installation import Team
from tests.browser.test_screens import OVERFLOWING, SMALL_TARGETS, found_by_axe

INJECTION = "<img src=x onerror=alert(1)> " + "and a long name " * 4


def upload_step(page: Page, _team: Team) -> None:
    open_import(page).get_by_role("radio", name="Replace all").check()


def incomplete(page: Page, _team: Team) -> None:
    open_import(page).get_by_role("button", name="Show the plan").click()
    expect(dialog(page).get_by_text("Choose a file.")).to_be_visible()


def problems(page: Page, _team: Team) -> None:
    open_import(page)
    choose(page, file([entry(INJECTION, "short")] * 40), "Replace all")
    expect(page.get_by_text("40 problems")).to_be_visible()


def uploading(page: Page, _team: Team) -> None:
    slow_down(page, megabytes=0.02)
    open_import(page)
    choose(page, file(" " * 4_000_000), "Add new only")
    expect(page.get_by_role("progressbar")).to_be_visible()


def plan_step(page: Page, team: Team) -> None:
    team.add_key(INJECTION)
    entries = [entry("ci"), *(entry(f"{INJECTION}{number}") for number in range(60))]
    plan(page, file([*entries, entries[0]]), "Replace all")


def refused(page: Page, _team: Team) -> None:
    plan(page, file([entry("ci"), entry(INJECTION)]), "Error if exists")


def name_missing(page: Page, team: Team) -> None:
    plan_step(page, team)
    confirm(page)
    expect(dialog(page).get_by_text("Enter the name of the workspace")).to_be_visible()


def changed(page: Page, team: Team) -> None:
    plan(page, file([entry("ci")]), "Overwrite if exists")
    team.delete_key("CI")
    confirm(page)
    expect(dialog(page).get_by_text("The keys have changed")).to_be_visible()


def imported(page: Page, _team: Team) -> None:
    plan(page, file([entry("Phone")]), "Add new only")
    confirm(page)
    expect(page.get_by_role("dialog", name="The import is done")).to_be_visible()


def upload_page(page: Page, team: Team) -> None:
    page.goto(f"{team.keys}/import")


def plan_page(page: Page, team: Team) -> None:
    page.goto(f"{team.keys}/import")
    choose(page, file([entry(INJECTION)]), "Replace all")
    expect(page.get_by_role("heading", name="What the import will do")).to_be_visible()


STEPS = (
    upload_step,
    incomplete,
    problems,
    uploading,
    plan_step,
    refused,
    name_missing,
    changed,
    imported,
    upload_page,
    plan_page,
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_step_can_be_read_and_reached_by_everybody(
    browsing: Browsing, team: Team, step: Callable[[Page, Team], None]
) -> None:
    browsing.allow("status of 4")
    page = browsing.page(team.admin, reduced_motion="reduce", bypass_csp=True)
    for name in ("CI", "Website"):
        team.add_key(name)
    page.goto(team.keys)
    step(page, team)
    found = found_by_axe(page)
    assert not any(found.values()), json.dumps(found, indent=1)
    for width in (1280, 640, 400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OVERFLOWING) == [], width
        assert page.evaluate(SMALL_TARGETS) == [], width
