"""The sign-in page, and what happens when a sign-in has ended."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import dialog, open_new, sign_out, start_rename
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.people import PASSWORD


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_leads_to_the_workspace(browsing: Browsing, team: Team) -> None:
    page = browsing.page()
    page.goto("/")
    expect(page.get_by_label("Email")).to_be_focused()
    sign_in(page, team.admin)

    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    expect(page).to_have_title(f"API Keys · {team.name} · Forjinn")
    assert page.url.endswith(team.keys)


def test_signing_in_leads_to_the_page_that_was_asked_for(browsing: Browsing, team: Team) -> None:
    page = browsing.page()
    page.goto(team.flows)
    sign_in(page, team.admin)

    expect(page.get_by_role("heading", name="Flows", exact=True)).to_be_visible()


def test_a_wrong_password_is_said_and_the_address_stays(browsing: Browsing, team: Team) -> None:
    browsing.allow("status of 401")
    page = browsing.page()
    page.goto("/login")
    sign_in(page, team.admin, "wrong password")

    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Email")).to_have_value(team.admin)
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_value("")


def test_signing_out_ends_the_session(page: Page, team: Team) -> None:
    page.goto(team.keys)
    sign_out(page)
    page.goto(team.keys)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.fixture
def ended(page: Page, team: Team, browsing: Browsing) -> Callable[[], None]:
    """Ends the session of a page that shows one key, behind its back."""
    browsing.allow("status of 401")
    team.add_key("CI integration")
    page.goto(team.keys)
    return lambda: team.end_sessions(team.admin)


def test_add_new_key_after_the_session_ended_lands_on_sign_in(page: Page, ended: Callable[[], None]) -> None:
    ended()
    page.get_by_role("button", name="Add New Key").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(dialog(page)).to_have_count(0)


def test_create_after_the_session_ended_lands_on_sign_in_and_makes_no_key(
    page: Page, team: Team, ended: Callable[[], None]
) -> None:
    open_new(page).fill("Nightly build")
    ended()
    dialog(page).get_by_role("button", name="Create key").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert team.key_names() == ["CI integration"]


def test_save_after_the_session_ended_lands_on_sign_in_and_renames_nothing(
    page: Page, team: Team, ended: Callable[[], None]
) -> None:
    start_rename(page, "CI integration").fill("Nightly build")
    ended()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert team.key_names() == ["CI integration"]


def test_the_search_after_the_session_ended_lands_on_sign_in(page: Page, ended: Callable[[], None]) -> None:
    ended()
    page.get_by_role("searchbox").press_sequentially("ci")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_form_of_before_the_sign_out_in_another_tab_changes_nothing_and_says_so(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 401")
    page.goto(team.keys)
    open_new(page).fill("CI integration")
    other = page.context.new_page()
    other.goto("/profile")
    sign_out(other)
    dialog(page).get_by_role("button", name="Create key").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("You are signed out, so nothing was changed.")
    assert team.key_names() == []
