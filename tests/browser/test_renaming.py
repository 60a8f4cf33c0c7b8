"""Rename turns the name into a field in place."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.actions import in_shell, row, start_rename
from tests.browser.browsing import Browsing
from tests.browser.installation import Team


@pytest.fixture
def secret(page: Page, team: Team) -> str:
    """The key “CI integration”, and another one, in the list."""
    team.add_key("Production web app")
    secret = team.add_key("CI integration")
    page.goto(team.keys)
    return secret


def test_the_field_holds_the_name_ready_to_be_typed_over(page: Page, secret: str) -> None:
    field = start_rename(page, "CI integration")

    expect(field).to_have_value("CI integration")
    assert field.evaluate("field => field.selectionEnd - field.selectionStart") == len("CI integration")


@pytest.mark.parametrize("how", ["Enter", "Save"])
def test_enter_and_save_keep_the_new_name(page: Page, team: Team, secret: str, how: str) -> None:
    start_rename(page, "CI integration").fill("Nightly build")
    if how == "Enter":
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("button", name='Rename "Nightly build"')).to_be_focused()
    expect(page.get_by_text("The key is now named “Nightly build”.")).to_have_count(1)
    expect(row(page, "Nightly build").get_by_role("textbox")).to_have_count(0)
    assert team.key_names() == ["Nightly build", "Production web app"]


@pytest.mark.parametrize("how", ["Escape", "Cancel"])
def test_escape_and_cancel_keep_the_old_name(page: Page, team: Team, secret: str, how: str) -> None:
    start_rename(page, "CI integration").fill("Nightly build")
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("button", name='Rename "CI integration"')).to_be_focused()
    expect(row(page, "CI integration")).to_be_visible()
    assert team.key_names() == ["CI integration", "Production web app"]


def test_a_taken_name_is_said_there_and_what_was_typed_stays(
    page: Page, team: Team, secret: str, browsing: Browsing
) -> None:
    browsing.allow("status of 422")
    start_rename(page, "CI integration").fill("production WEB app")
    page.keyboard.press("Enter")

    field = page.get_by_role("textbox", name="New name of CI integration")
    expect(field).to_have_accessible_description(re.compile("already. Choose another name"))
    expect(field).to_have_value("production WEB app")
    expect(field).to_be_focused()
    field.fill("Nightly build")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name='Rename "Nightly build"')).to_be_focused()
    assert team.key_names() == ["Nightly build", "Production web app"]


def test_only_the_letter_case_can_be_changed(page: Page, team: Team, secret: str) -> None:
    start_rename(page, "CI integration").fill("ci integration")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name='Rename "ci integration"')).to_be_focused()
    assert team.key_names() == ["ci integration", "Production web app"]


def test_two_rows_can_be_renamed_at_once(page: Page, team: Team, secret: str) -> None:
    start_rename(page, "CI integration").fill("Nightly build")
    start_rename(page, "Production web app").fill("Shop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name='Rename "Shop"')).to_be_visible()
    field = page.get_by_role("textbox", name="New name of CI integration")
    expect(field).to_have_value("Nightly build")
    field.press("Enter")

    expect(page.get_by_role("button", name='Rename "Nightly build"')).to_be_visible()
    assert team.key_names() == ["Nightly build", "Shop"]


def test_saving_waits_with_its_button_disabled(page: Page, team: Team, secret: str) -> None:
    waiting: list[Route] = []
    start_rename(page, "CI integration").fill("Nightly build")
    page.route("**/rename", lambda route: waiting.append(route))
    save = page.get_by_role("button", name="Save")
    save.dblclick(no_wait_after=True)
    expect(save).to_be_disabled()
    page.wait_for_timeout(100)

    assert len(waiting) == 1
    waiting[0].continue_()
    expect(page.get_by_role("button", name='Rename "Nightly build"')).to_be_visible()


def test_a_renamed_key_still_works(page: Page, team: Team, secret: str, browsing: Browsing) -> None:
    flow = team.add_flow("Echo")
    start_rename(page, "CI integration").fill("Nightly build")
    page.keyboard.press("Enter")
    expect(row(page, "Nightly build")).to_be_visible()
    url = page.url.split("/w/")[0]

    answer = in_shell(
        f"curl -s -X POST {url}/api/v1/prediction/{flow} -H 'Authorization: Bearer {secret}'"
        """ -H 'Content-Type: application/json' -d '{"question": "Hello"}'"""
    )
    assert answer["text"] == "You asked: Hello"
