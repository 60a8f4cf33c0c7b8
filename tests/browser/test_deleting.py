"""Delete asks first, with consequences, and what it says then holds."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.actions import ask_to_delete, copy_key, create, dialog, done, in_shell, row, sample
from tests.browser.browsing import Browsing
from tests.browser.installation import Team

WORDS = "Any request that uses this key will immediately receive a 401 Unauthorized response."
UTC_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$")


def test_the_dialog_tells_what_will_fail(page: Page, team: Team) -> None:
    team.add_flow("Echo")
    page.goto(team.keys)
    secret = create(page, "CI integration")
    copy_key(page)
    for _ in range(3):
        in_shell(sample(page, "curl"))
    team.wait_for_calls("CI integration", 3)
    page.goto(team.keys)
    asked = ask_to_delete(page, "CI integration")

    expect(page.get_by_role("dialog", name="Delete “CI integration”?")).to_be_visible()
    expect(asked).to_contain_text(f"{secret[:7]}…{secret[-4:]}")
    expect(asked).to_contain_text("from 127.0.0.1")
    expect(asked.get_by_role("time")).to_have_attribute("title", UTC_TIME)
    expect(asked).to_contain_text("3 calls in the last 7 days will start to fail")
    expect(asked).to_contain_text(WORDS)
    expect(asked.get_by_role("button", name="Keep it")).to_be_focused()


def test_a_key_that_was_never_used_says_so(page: Page, team: Team) -> None:
    team.add_key("CI integration")
    page.goto(team.keys)
    asked = ask_to_delete(page, "CI integration")

    expect(asked).to_contain_text("Never used")
    expect(asked).to_contain_text(WORDS)


@pytest.mark.parametrize("how", ["Keep it", "Escape", "the backdrop"])
def test_keep_it_keeps_it(page: Page, team: Team, how: str) -> None:
    team.add_key("CI integration")
    page.goto(team.keys)
    ask_to_delete(page, "CI integration")
    if how == "Keep it":
        page.get_by_role("button", name="Keep it").click()
    elif how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)

    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name='Delete "CI integration"')).to_be_focused()
    assert team.key_names() == ["CI integration"]


def test_after_delete_key_the_row_is_gone_and_the_same_curl_gets_401(page: Page, team: Team) -> None:
    team.add_key("Production web app")
    team.add_flow("Echo")
    page.goto(team.keys)
    create(page, "CI integration")
    curl = sample(page, "curl")
    copy_key(page)
    done(page)
    assert in_shell(curl)["text"].startswith("You asked")
    ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key").click()

    expect(dialog(page)).to_be_hidden()
    expect(row(page, "CI integration")).to_have_count(0)
    expect(row(page, "Production web app")).to_be_visible()
    refusals = [in_shell(curl) for _ in range(6)]
    assert {(refused["statusCode"], refused["code"]) for refused in refusals} == {(401, "key_deleted")}
    assert "was deleted" in refusals[0]["message"]


def test_afterwards_the_focus_is_on_something_that_is_there_and_it_is_said(page: Page, team: Team) -> None:
    team.add_key("Production web app")
    team.add_key("CI integration")
    page.goto(team.keys)
    ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key").click()
    expect(row(page, "CI integration")).to_have_count(0)

    expect(page.get_by_text("The key “CI integration” was deleted.")).to_have_count(1)
    page.wait_for_timeout(100)
    assert page.evaluate("document.activeElement.tagName") != "BODY"
    expect(page.locator(":focus")).to_be_visible()


def test_the_last_row_leaves_the_empty_state(page: Page, team: Team) -> None:
    team.add_key("CI integration")
    page.goto(team.keys)
    ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key").click()

    expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)


def test_a_double_click_deletes_once_and_no_other_key(page: Page, team: Team) -> None:
    waiting: list[Route] = []
    team.add_key("Production web app")
    team.add_key("CI integration")
    page.goto(team.keys)
    button = ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key")
    page.route("**/delete", lambda route: waiting.append(route))
    button.dblclick(no_wait_after=True)
    expect(button).to_be_disabled()
    page.wait_for_timeout(100)

    assert len(waiting) == 1
    waiting[0].continue_()
    expect(row(page, "CI integration")).to_have_count(0)
    assert team.key_names() == ["Production web app"]


def test_a_key_that_somebody_else_deleted_meanwhile_is_said_in_the_dialog(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 404")
    team.add_key("CI integration")
    page.goto(team.keys)
    button = ask_to_delete(page, "CI integration").get_by_role("button", name="Delete key")
    team.delete_key("CI integration")
    button.click()

    expect(dialog(page).get_by_role("alert")).to_contain_text("deleted")
