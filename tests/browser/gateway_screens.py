"""The pages and dialogs of the API Gateway."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import dialog
from tests.browser.installation import Team

LONG = "Nightly summaries of the warehouse and everything that hangs on it, " + "x" * 30


def gateway_empty(page: Page, team: Team) -> None:
    page.goto(team.gateway)


def gateway_models(page: Page, team: Team) -> None:
    team.add_model("small")
    team.add_model("small", "upstream-8b", further=True)
    team.add_model(LONG)
    page.goto(team.gateway)


def gateway_new_model(page: Page, team: Team) -> None:
    gateway_models(page, team)
    page.get_by_role("button", name="Add Model").click()
    expect(dialog(page).get_by_label("Name")).to_be_focused()


def gateway_new_model_refused(page: Page, team: Team) -> None:
    gateway_new_model(page, team)
    dialog(page).get_by_label("Name").fill("large")
    dialog(page).get_by_role("button", name="Add model").click()
    expect(dialog(page).locator("[aria-invalid=true]")).to_be_visible()


def gateway_remove_model(page: Page, team: Team) -> None:
    gateway_models(page, team)
    page.get_by_role("button", name=f"Remove “{LONG}").click()
    expect(dialog(page)).to_be_visible()


def gateway_edit_model(page: Page, team: Team) -> None:
    gateway_models(page, team)
    page.get_by_role("button", name=f"Edit “{LONG}").click()
    expect(dialog(page).get_by_label("Upstream model ID")).to_be_focused()


def gateway_credential(page: Page, team: Team) -> None:
    gateway_models(page, team)
    page.get_by_role("button", name=f"Replace the credential of “{LONG}").click()
    expect(dialog(page)).to_be_visible()


def gateway_configurations(page: Page, team: Team) -> None:
    team.add_model("small")
    team.add_model(LONG)
    team.add_configuration("batch-" + "x" * 50, offered=["small", LONG], record_texts=True)
    page.goto(f"{team.gateway}/configurations")


def gateway_edit_configuration(page: Page, team: Team) -> None:
    gateway_configurations(page, team)
    page.get_by_role("button", name='Edit "batch').click()
    expect(dialog(page).get_by_label(LONG)).to_be_checked()


def gateway_edit_configuration_refused(page: Page, team: Team) -> None:
    gateway_edit_configuration(page, team)
    dialog(page).get_by_label("Name").fill("Batch jobs")
    dialog(page).get_by_role("button", name="Save").click()
    expect(dialog(page).locator("[aria-invalid=true]")).to_be_visible()


def gateway_delete_configuration(page: Page, team: Team) -> None:
    team.add_configuration("batch")
    team.add_gateway_key(LONG, "batch")
    page.goto(f"{team.gateway}/configurations")
    page.get_by_role("button", name='Delete "batch"').click()
    expect(dialog(page)).to_contain_text("These keys end with it")


def gateway_no_keys(page: Page, team: Team) -> None:
    page.goto(f"{team.gateway}/keys")


def gateway_keys(page: Page, team: Team) -> None:
    team.add_model("small")
    team.add_configuration("batch-jobs", offered=["small"], record_texts=True)
    team.add_configuration("x" * 60)
    team.add_gateway_key(LONG, requests_per_minute=60, tokens_per_minute=100_000, budget_money=25_000_000)
    team.add_gateway_key("Batch jobs", "batch-jobs", models=("small",), budget_tokens=1_000_000)
    page.goto(f"{team.gateway}/keys")
    page.get_by_role("button", name="Pause “Batch jobs”").click()
    expect(page.get_by_role("button", name="Resume “Batch jobs”")).to_be_visible()


def gateway_new_key(page: Page, team: Team) -> None:
    gateway_keys(page, team)
    page.get_by_role("button", name="Generate Key").click()
    expect(dialog(page).get_by_label("Label")).to_be_focused()


def gateway_new_key_refused(page: Page, team: Team) -> None:
    gateway_new_key(page, team)
    dialog(page).get_by_label("Label").fill("CI")
    dialog(page).get_by_label("Budget in tokens").fill("many")
    dialog(page).get_by_role("button", name="Generate key").click()
    expect(dialog(page).locator("[aria-invalid=true]")).to_be_visible()


def gateway_reveal(page: Page, team: Team) -> None:
    gateway_new_key(page, team)
    dialog(page).get_by_label("Label").fill("Product search")
    dialog(page).get_by_role("button", name="Generate key").click()
    expect(page.get_by_role("button", name="Copy key")).to_be_visible()


def gateway_delete_key(page: Page, team: Team) -> None:
    gateway_keys(page, team)
    page.get_by_role("button", name='Delete "Batch jobs"').click()
    expect(dialog(page)).to_be_visible()


def gateway_no_usage(page: Page, team: Team) -> None:
    page.goto(f"{team.gateway}/usage")


def gateway_usage(page: Page, team: Team) -> None:
    gateway_keys(page, team)
    page.goto(f"{team.gateway}/usage")


def gateway_requests(page: Page, team: Team) -> None:
    gateway_keys(page, team)
    page.goto(f"{team.gateway}/usage/requests?configuration=batch-jobs")


def gateway_request(page: Page, team: Team) -> None:
    gateway_requests(page, team)
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_text("Hello")).to_be_visible()


def gateway_delete_requests(page: Page, team: Team) -> None:
    gateway_requests(page, team)
    page.get_by_role("button", name="Delete all").click()
    expect(dialog(page)).to_be_visible()


SCREENS = {name: opener for name, opener in globals().items() if name.startswith("gateway_")}
