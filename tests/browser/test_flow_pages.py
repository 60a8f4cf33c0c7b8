"""A flow's access, its conversations and the workspace's variables, by hand and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forjinn.flows import stored_variables
from tests.browser.actions import dialog, row
from tests.browser.browsing import Browsing
from tests.browser.flow_history import add_exchange
from tests.browser.installation import Team


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def anybody(request: pytest.FixtureRequest, browsing: Browsing, team: Team) -> Page:
    """The team's admin."""
    return browsing.page(team.admin, java_script_enabled=request.param == "with JavaScript")


def test_a_flow_is_made_public_and_private_again(anybody: Page, team: Team) -> None:
    anybody.goto(f"{team.flows}/{team.add_flow('Echo')}")
    warning = anybody.get_by_text("Anybody who knows the ID can call this flow")
    expect(warning).to_be_hidden()
    anybody.get_by_label("Public").check()
    expect(warning).to_be_visible()
    anybody.get_by_label("Origins").fill("https://Shop.Example.com/")
    anybody.get_by_role("button", name="Save access").click()

    expect(anybody.locator("#flow-state")).to_contain_text("Public")
    expect(anybody.get_by_label("Origins")).to_have_value("https://shop.example.com")
    anybody.get_by_label("Public").uncheck()
    anybody.get_by_role("button", name="Save access").click()
    expect(anybody.locator("#flow-state")).not_to_contain_text("Public")


def test_the_focus_stays_with_the_form(page: Page, browsing: Browsing, team: Team) -> None:
    browsing.allow("status of 422")
    page.goto(f"{team.flows}/{team.add_flow('Echo')}")
    page.get_by_label("Origins").fill("*")
    page.get_by_role("button", name="Save access").press("Enter")
    expect(page.get_by_label("Origins")).to_be_focused()
    expect(page.get_by_text("has an asterisk")).to_be_visible()

    page.get_by_label("Origins").fill("")
    page.get_by_role("button", name="Save access").press("Enter")
    expect(page.locator(".saved")).to_be_visible()
    expect(page.get_by_role("button", name="Save access")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("The access to this flow was saved.")


def test_a_conversation_is_deleted_after_a_question(anybody: Page, team: Team) -> None:
    flow = team.add_flow("Echo")
    for session in ("customer & co?", "customer-2"):
        add_exchange(team, flow, session, "Hello", "Hi")
    anybody.goto(f"{team.flows}/{flow}/conversations")
    anybody.get_by_role("button", name='Delete conversation "customer & co?"').click()
    expect(anybody.get_by_text("1 question and its answer")).to_be_visible()
    anybody.get_by_role("button", name="Delete conversation").filter(has_text="Delete").click()

    expect(anybody.get_by_role("link", name="customer-2")).to_be_visible()
    expect(anybody.get_by_role("link", name="customer & co?")).to_have_count(0)
    expect(dialog(anybody)).to_be_hidden()


def test_a_variable_is_set_changed_and_deleted(anybody: Page, team: Team) -> None:
    anybody.goto(f"/w/{team.slug}/settings")
    anybody.get_by_label("Name").fill("shop")
    anybody.get_by_label("Value").fill("1 Harbour Road")
    anybody.get_by_role("button", name="Save variable").click()
    expect(row(anybody, "shop")).to_contain_text("1 Harbour Road")

    anybody.get_by_role("button", name='Change "shop"').click()
    expect(anybody.get_by_role("heading", name="Change “shop”")).to_be_visible()
    anybody.get_by_label("Value").fill("2 Harbour Road")
    anybody.get_by_role("button", name="Save variable").click()
    expect(row(anybody, "shop")).to_contain_text("2 Harbour Road")

    anybody.get_by_role("button", name='Delete "shop"').click()
    anybody.get_by_role("button", name="Delete variable").click()
    expect(anybody.get_by_text("No variables yet")).to_be_visible()
    with team.app.app_context():
        assert stored_variables.of(team.workspace) == []
