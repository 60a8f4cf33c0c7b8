"""The list of a flow's nodes and connections does all that the drawing does, also without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import Browsing
from tests.browser.canvas import SHOP, add, connections, labels, place
from tests.browser.installation import Team


@pytest.mark.parametrize("scripts", [True, False])
def test_everything_is_done_in_the_list(browsing: Browsing, team: Team, scripts: bool) -> None:
    page = browsing.page(team.admin, java_script_enabled=scripts)
    path = add(team, SHOP)
    page.goto(path)
    page.get_by_role("link", name="List", exact=True).click()
    row = page.get_by_role("row")
    expect(row).to_have_count(5)

    row.filter(has_text="Refunds").get_by_role("button", name="Duplicate").last.click()
    expect(row).to_have_count(6)
    expect(page.locator("#canvas-status")).to_contain_text("1 unsaved change")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(5)

    page.get_by_role("link", name="Connect or move Start").click()
    page.get_by_label("To", exact=True).select_option("Anything else")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("button", name="Disconnect Start from Anything else")).to_be_visible()
    _edit(page, "Start").get_by_label("From the left").fill("-70")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#canvas-status")).to_contain_text("2 unsaved changes")
    page.get_by_role("button", name="Disconnect Start from About money?").click()
    expect(page.get_by_role("button", name="Disconnect Start from About money?")).to_have_count(0)
    page.get_by_role("button", name="Delete Refunds").click()
    expect(row).to_have_count(4)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#canvas-status")).to_contain_text("Saved")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()

    assert place(team, path, "Start") == (-70, 100)
    assert connections(team, path) == {("Start", "Anything else"), ("About money?", "Anything else")}
    assert "Refunds" not in labels(team, path)


def _edit(page: Page, label: str) -> Page:
    """The forms of one node; a browser without JavaScript comes back to the whole list."""
    if page.get_by_label("From the left").count() == 0:
        page.get_by_role("link", name=f"Connect or move {label}").click()
    return page
