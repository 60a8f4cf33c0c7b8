"""Flows are made, imported, renamed, copied and deleted by hand, with and without JavaScript."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from forjinn.flows import listing
from tests.browser.actions import dialog, row
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.browser.managing_screens import add_calls, add_model, choose_file
from tests.samples import DIRECT_REPLY, START, chain, node

FOREIGN = chain(START, node("llmAgentflow", "Writer", {"llmModel": "gpt-of-another-place"}))


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with JavaScript")


@pytest.fixture
def anybody(browsing: Browsing, team: Team, scripted: bool) -> Page:
    """The team's admin."""
    return browsing.page(team.admin, java_script_enabled=scripted)


def test_a_flow_is_created_from_a_starting_point(anybody: Page, team: Team) -> None:
    add_model(team)
    anybody.goto(team.flows)
    anybody.get_by_role("button", name="New flow").click()
    anybody.get_by_label("Name").fill("Order desk")
    anybody.get_by_role("radio", name="FAQ").check()
    anybody.get_by_label("System prompt").fill("We open at nine.")
    anybody.get_by_role("button", name="Create flow").click()

    expect(anybody.get_by_role("heading", name="Order desk", level=1)).to_be_visible()
    expect(anybody.get_by_role("status")).to_contain_text("was created and is deployed")
    assert names(team) == ["Order desk"]


def test_a_file_is_imported_and_its_model_mapped(anybody: Page, team: Team, scripted: bool) -> None:
    add_model(team)
    anybody.goto(team.flows)
    anybody.get_by_role("button", name="Import", exact=True).click()
    choose_file(anybody, FOREIGN)
    anybody.get_by_label("gpt-of-another").select_option("small")
    if not scripted:
        # A page without scripts cannot keep the file, and says so.
        expect(anybody.get_by_text("Choose the file again.")).to_be_visible()
        raw = {"name": "Writer.json", "mimeType": "application/json", "buffer": FOREIGN.encode()}
        anybody.get_by_label("Agentflow file").set_input_files(raw)  # type: ignore[arg-type]
    anybody.get_by_role("button", name="Import it").click()

    expect(anybody.get_by_role("heading", name="Writer", level=1)).to_be_visible()
    expect(anybody.get_by_role("status")).to_contain_text("was imported and is deployed")


def test_a_file_that_is_no_flow_is_refused_in_place(anybody: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    anybody.goto(team.flows)
    anybody.get_by_role("button", name="Import", exact=True).click()
    choose_file(anybody, '{"nodes": []}')
    expect(anybody.get_by_text("This one has 0", exact=False)).to_be_visible()
    choose_file(anybody, DIRECT_REPLY)
    expect(anybody.get_by_role("heading", name="Writer", level=1)).to_be_visible()


def test_a_flow_is_renamed_copied_and_deleted(anybody: Page, team: Team) -> None:
    flow = team.add_flow("Echo")
    add_calls(team, flow, "Nightly build", 3)
    anybody.goto(team.flows)
    anybody.get_by_role("button", name='Rename "Echo"').click()
    anybody.get_by_role("textbox", name="New name of Echo").fill("Order desk")
    anybody.get_by_role("button", name="Save").click()
    expect(anybody.get_by_text("Order desk").first).to_be_visible()

    anybody.goto(team.flows)
    anybody.get_by_role("button", name='Duplicate "Order desk"').click()
    expect(anybody.get_by_role("heading", name="Copy of Order desk", level=1)).to_be_visible()
    expect(anybody.locator("#flow-state")).to_contain_text("Not deployed")

    anybody.goto(team.flows)
    anybody.get_by_role("button", name='Delete "Order desk"').click()
    expect(anybody.get_by_text("Nightly build, 3 calls")).to_be_visible()
    anybody.get_by_role("button", name="Delete flow").click()
    expect(row(anybody, "Copy of Order desk")).to_be_visible()
    expect(anybody.get_by_role("link", name="Order desk", exact=True)).to_have_count(0)
    assert names(team) == ["Copy of Order desk"]


def test_the_list_is_searched_while_typing_and_keeps_its_type(page: Page, team: Team) -> None:
    for name in ("Order desk", "Complaints", "Orders"):
        team.add_flow(name)
    page.goto(team.flows)
    page.get_by_role("link", name="Agentflows").click()
    page.get_by_role("searchbox").press_sequentially("order")

    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?type=agentflow&q=order")
    expect(page.get_by_role("link", name="Agentflows")).to_have_attribute("aria-current", "page")


def test_an_export_is_a_file_that_can_be_imported(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow('Echo')}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == "Echo.json"
    page.goto(f"{team.flows}/import")
    choose_file(page, download.value.path().read_text())
    expect(page.get_by_role("status")).to_contain_text("was imported and is deployed")
    assert json.loads(download.value.path().read_text())


def test_a_dropped_file_is_chosen_and_escape_closes(page: Page, team: Team) -> None:
    page.goto(team.flows)
    page.get_by_role("button", name="Import", exact=True).click()
    transfer = page.evaluate_handle(
        "text => { const t = new DataTransfer(); t.items.add(new File([text], 'Dropped.json')); return t; }",
        DIRECT_REPLY,
    )
    dialog(page).locator("[data-drop-zone]").dispatch_event("drop", {"dataTransfer": transfer})
    dialog(page).get_by_role("button", name="Import flow").click()
    expect(page.get_by_role("heading", name="Dropped", level=1)).to_be_visible()


def names(team: Team) -> list[str]:
    with team.app.app_context():
        return [flow.name for flow in listing.every(team.workspace)]
