"""The way of an admin through the API Gateway: a configuration, a key of it, and what it asked."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import clipboard, copy_key, dialog, row
from tests.browser.installation import Team


def test_a_configuration_gets_its_models_and_a_key_of_its_own(page: Page, team: Team) -> None:
    team.add_model("small")
    team.add_model("large")
    page.goto(f"{team.gateway}/configurations")
    page.get_by_role("button", name="Add Configuration").click()
    dialog(page).get_by_label("Name").fill("batch-jobs")
    expect(dialog(page).get_by_label("large")).to_be_hidden()
    dialog(page).get_by_label("Only these").check()
    dialog(page).get_by_label("large").check()
    dialog(page).get_by_role("button", name="Add configuration").click()
    expect(dialog(page)).to_be_hidden()
    expect(row(page, "batch-jobs")).to_contain_text("large")
    row(page, "batch-jobs").get_by_role("button", name="Copy").click()
    expect(row(page, "batch-jobs").get_by_role("button", name="Copied")).to_be_visible()
    endpoint = clipboard(page)
    assert endpoint.endswith(f"/gateway/{team.slug}/batch-jobs/v1")

    page.goto(f"{team.gateway}/keys")
    page.get_by_role("button", name="Generate Key").click()
    expect(dialog(page).get_by_label("small")).to_be_visible()
    dialog(page).get_by_label("Label").fill("Night")
    dialog(page).get_by_label("Configuration").select_option("batch-jobs")
    expect(dialog(page).get_by_label("small")).to_be_hidden()
    dialog(page).get_by_label("large").check()
    dialog(page).get_by_role("button", name="Generate key").click()
    copy_key(page)
    assert re.fullmatch(r"fjgw_[0-9A-Za-z]{38}", clipboard(page))
    expect(page.get_by_label("curl sample")).to_contain_text(f"curl {endpoint}/chat/completions")
    page.get_by_role("button", name="Done").click()
    expect(row(page, "Night")).to_contain_text("calls large")

    page.get_by_role("link", name="batch-jobs").click()
    page.get_by_role("button", name="Pause “Night”").click()
    expect(row(page, "Night")).to_contain_text("Paused")
    expect(page.get_by_role("link", name="batch-jobs")).to_have_attribute("aria-current", "true")


def test_requests_are_read_and_deleted(page: Page, team: Team) -> None:
    team.add_configuration("batch-jobs", record_texts=True)
    team.add_gateway_key("Night", "batch-jobs")
    page.goto(f"{team.gateway}/usage")
    page.get_by_role("link", name="Single requests").click()
    expect(page.get_by_text("No requests yet")).to_be_visible()
    page.get_by_role("link", name="batch-jobs").click()
    row(page, "200").first.get_by_role("link").click()
    expect(page.get_by_text("Hello")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    dialog(page).get_by_role("button", name="Delete request").click()
    expect(page.get_by_text("The request was deleted.")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(9)
    page.get_by_role("button", name="Delete all").click()
    dialog(page).get_by_role("button", name="Delete all").click()
    expect(page.get_by_text("No requests yet")).to_be_visible()
    assert "configuration=batch-jobs" in page.url
