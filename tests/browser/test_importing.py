"""Import: nothing changes before the plan is confirmed, and exactly the plan is done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.browsing import Browsing
from tests.browser.importing import confirm, entry, file, plan, rows, totals
from tests.browser.installation import Team


@pytest.fixture
def keys(page: Page, team: Team) -> Page:
    """The list, with the keys "CI" and "Website"."""
    team.add_key("CI")
    team.add_key("Website")
    page.goto(team.keys)
    return page


@pytest.mark.parametrize(
    ("mode", "planned", "left"),
    [
        ("Add new only", ["Kept ci", "Added Phone"], ["Phone", "Website", "CI"]),
        ("Overwrite if exists", ["Overwritten ci", "Added Phone"], ["Phone", "Website", "ci"]),
        ("Replace all", ["Overwritten ci", "Deleted Website", "Added Phone"], ["Phone", "ci"]),
        ("Error if exists", ["Refused ci", "Added Phone"], ["Website", "CI"]),
    ],
)
def test_the_plan_is_shown_and_only_then_done(
    keys: Page, team: Team, mode: str, planned: list[str], left: list[str]
) -> None:
    shown = plan(keys, file([entry("ci"), entry("Phone")]), mode)
    assert sorted(rows(keys)) == sorted(planned)
    assert rows(keys)[-1] == "Added Phone"
    assert sum(totals(keys).values()) == len(planned)
    assert team.key_names() == ["Website", "CI"]
    if mode == "Error if exists":
        expect(shown).to_contain_text("Nothing can be imported until this is solved")
        expect(shown.get_by_role("button", name="Import", exact=True)).to_have_count(0)
        shown.get_by_role("button", name="Choose another file or mode").click()
        expect(shown.get_by_label("JSON file", exact=True)).to_be_focused()
    else:
        if mode == "Replace all":
            shown.get_by_label("Name of the workspace").fill(team.name)
        confirm(keys)
        expect(keys.get_by_role("dialog", name="The import is done")).to_be_visible()
        expect(keys.locator("#keys tbody tr")).to_have_count(len(left))
        done = totals(keys)
        assert {f"{count} {action}" for action, count in done.items() if count} == {
            f"1 {one.split()[0].lower()}" for one in planned
        }
        expect(shown.get_by_role("button", name="Done")).to_be_focused()
        keys.keyboard.press("Enter")
        expect(shown).to_be_hidden()
        expect(keys.get_by_role("button", name="Import", exact=True)).to_be_focused()
    assert sorted(team.key_names()) == sorted(left)


def test_what_stops_working_stands_first_the_most_recently_used_on_top(page: Page, team: Team) -> None:
    flow = team.add_flow("Echo")
    values = {name: team.add_key(name) for name in ("Unused", "Used", "In use")}
    for name, calls in (("Used", 1), ("In use", 3)):
        for _ in range(calls):
            answer = page.request.post(
                f"/api/v1/prediction/{flow}",
                headers={"Authorization": f"Bearer {values[name]}"},
                data={"question": "hi"},
            )
            assert answer.ok
        team.wait_for_calls(name, calls)
    page.goto(team.keys)
    shown = plan(page, file([entry("Phone")]), "Replace all")

    assert rows(page) == ["Deleted In use", "Deleted Used", "Deleted Unused", "Added Phone"]
    expect(shown).to_contain_text("3 keys that work now stop working at once")
    expect(shown).to_contain_text("2 of them were used in the last 7 days")
    expect(shown.locator("tbody tr").nth(0)).to_contain_text("from 127.0.0.1; 3 calls in the last 7 days")
    expect(shown.locator("tbody tr").nth(2)).to_contain_text("Never used")


def test_replace_all_needs_the_name_of_the_workspace(keys: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    shown = plan(keys, file([entry("Phone")]), "Replace all")
    for typed in ("", "Some other team"):
        shown.get_by_label("Name of the workspace").fill(typed)
        confirm(keys)
        expect(shown.get_by_text(f"Enter the name of the workspace, {team.name}")).to_be_visible()
        expect(shown.get_by_label("Name of the workspace")).to_be_focused()
        expect(shown.get_by_label("Name of the workspace")).to_have_value(typed)
    assert team.key_names() == ["Website", "CI"]


def test_keys_that_changed_meanwhile_are_said_and_the_new_plan_is_shown(
    keys: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 409")
    shown = plan(keys, file([entry("CI"), entry("Phone")]), "Overwrite if exists")
    team.delete_key("CI")
    confirm(keys)
    expect(shown.get_by_role("alert").filter(has_text="The keys have changed")).to_be_focused()
    assert rows(keys) == ["Added CI", "Added Phone"]
    assert team.key_names() == ["Website"]
    confirm(keys)
    expect(keys.get_by_role("dialog", name="The import is done")).to_be_visible()
    assert sorted(team.key_names()) == ["CI", "Phone", "Website"]


def test_a_wrong_name_does_not_hide_that_the_keys_changed(keys: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    shown = plan(keys, file([entry("Phone")]), "Replace all")
    team.delete_key("CI")
    confirm(keys)
    expect(shown.get_by_role("alert").filter(has_text="The keys have changed.")).to_be_visible()
    assert rows(keys) == ["Deleted Website", "Added Phone"]


def test_cancel_gives_the_import_up(keys: Page, team: Team, browsing: Browsing) -> None:
    shown = plan(keys, file([entry("Phone")]), "Add new only")
    address = shown.locator("form").first.get_attribute("action")
    shown.get_by_role("button", name="Cancel").click()
    expect(shown).to_be_hidden()
    expect(keys.get_by_role("button", name="Import", exact=True)).to_be_focused()
    browsing.allow("status of 404")
    keys.goto(str(address))
    expect(keys.get_by_text("Choose the file again.")).to_be_visible()


def test_a_double_click_imports_once(keys: Page, team: Team) -> None:
    waiting: list[Route] = []
    shown = plan(keys, file([entry("Phone")]), "Add new only")
    keys.route("**/import/*", lambda route: waiting.append(route))
    button = shown.get_by_role("button", name="Import", exact=True)
    button.dblclick(no_wait_after=True)
    expect(button).to_be_disabled()
    keys.wait_for_timeout(100)
    assert len(waiting) == 1
    waiting[0].continue_()
    expect(keys.get_by_role("dialog", name="The import is done")).to_be_visible()


def test_a_long_plan_has_pages_and_keeps_what_was_typed(keys: Page) -> None:
    entries = [entry(f"New {number}") for number in range(118)]
    chosen = file([*entries, entries[0]])
    shown = plan(keys, chosen, "Replace all")
    shown.get_by_label("Name of the workspace").fill("half typed")
    assert len(rows(keys)) == 50
    for page in (2, 3):
        shown.get_by_role("link", name="Next").click()
        expect(shown.get_by_role("table", name=f"page {page} of 3")).to_be_visible()
        expect(shown.locator("#plan-rows")).to_be_focused()
    assert len(rows(keys)) == 20
    expect(shown.get_by_role("link", name="Next")).to_have_count(0)
    expect(shown.get_by_label("Name of the workspace")).to_have_value("half typed")
    expect(shown.get_by_text("1 entry stands twice in the file and counts once")).to_be_visible()


def test_a_page_of_a_plan_that_is_gone_is_said_in_the_dialog(keys: Page, browsing: Browsing) -> None:
    browsing.allow("status of 404")
    shown = plan(keys, file([entry(f"New {number}") for number in range(60)]), "Add new only")
    address = str(shown.locator("form").first.get_attribute("action"))
    token = shown.locator("[name=csrf_token]").first.input_value()
    keys.request.post(f"{address}/give-up", form={"csrf_token": token})
    shown.get_by_role("link", name="Next").click()
    expect(shown.get_by_role("alert")).to_contain_text("Choose the file again.")
