"""Plain forms and pages do everything that the scripts make smoother."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import in_shell, open_menu, row, sample, shown_secret, sign_out
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.people import PASSWORD


@pytest.fixture
def plain(browsing: Browsing, team: Team) -> Page:
    """The team's admin, signed in, in a browser without JavaScript."""
    return browsing.page(team.admin, java_script_enabled=False)


def test_sign_in_and_out(browsing: Browsing, team: Team) -> None:
    page = browsing.page(java_script_enabled=False)
    page.goto(team.keys)
    page.get_by_label("Email").fill(team.admin)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    sign_out(page)


def test_create_shows_the_key_on_a_page_of_its_own(plain: Page, team: Team) -> None:
    team.add_flow("Echo")
    plain.goto(team.keys)
    plain.get_by_role("button", name="Add New Key").click()
    plain.get_by_label("Name").fill("CI integration")
    plain.get_by_role("button", name="Create key").click()
    secret = shown_secret(plain, "CI integration")

    expect(plain.get_by_role("heading", name="Copy your new API key")).to_be_visible()
    expect(plain.get_by_text("This key is shown once.")).to_be_visible()
    expect(plain.get_by_role("button", name="Copy")).to_have_count(0)
    for language in ("curl", "Python", "JavaScript"):
        assert secret in sample(plain, language)
    assert in_shell(sample(plain, "curl"))["text"].startswith("You asked")
    plain.get_by_role("link", name="Done").click()
    expect(row(plain, "CI integration")).to_be_visible()
    assert secret not in plain.content()


def test_a_mistake_keeps_what_was_typed(plain: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    team.add_key("CI integration")
    plain.goto(team.keys + "/new")
    plain.get_by_label("Name").fill("ci integration")
    plain.get_by_role("button", name="Create key").click()

    expect(plain.get_by_label("Name")).to_have_value("ci integration")
    expect(plain.get_by_text("already. Choose another name")).to_be_visible()


def test_rename(plain: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    team.add_key("Production web app")
    team.add_key("CI integration")
    plain.goto(team.keys)
    plain.get_by_role("button", name='Rename "CI integration"').click()
    field = plain.get_by_role("textbox", name="New name of CI integration")
    field.fill("production web app")
    field.press("Enter")
    expect(field).to_have_value("production web app")
    expect(plain.get_by_text("already. Choose another name")).to_be_visible()
    field.fill("Nightly build")
    plain.get_by_role("button", name="Save").click()

    expect(plain.get_by_role("status")).to_contain_text("The key is now named “Nightly build”")
    expect(row(plain, "Nightly build")).to_be_visible()
    assert team.key_names() == ["Nightly build", "Production web app"]


def test_delete_and_keep_it(plain: Page, team: Team) -> None:
    team.add_key("CI integration")
    plain.goto(team.keys)
    plain.get_by_role("button", name='Delete "CI integration"').click()
    expect(plain.get_by_text("Never used")).to_be_visible()
    plain.get_by_role("link", name="Keep it").click()
    expect(row(plain, "CI integration")).to_be_visible()
    plain.get_by_role("button", name='Delete "CI integration"').click()
    plain.get_by_role("button", name="Delete key").click()

    expect(plain.get_by_role("status")).to_contain_text("The key “CI integration” was deleted")
    expect(plain.get_by_role("heading", name="No API keys yet")).to_be_visible()


def test_search_and_pages(plain: Page, team: Team) -> None:
    for number in range(60):
        team.add_key(f"Key {number:02}")
    plain.goto(team.keys)
    expect(row(plain, "Key 59")).to_be_visible()
    plain.get_by_role("link", name="Older").click()
    expect(row(plain, "Key 00")).to_be_visible()
    plain.get_by_role("link", name="Newer").click()
    expect(row(plain, "Key 59")).to_be_visible()
    plain.get_by_role("searchbox").fill("key 07")
    plain.get_by_role("button", name="Search").click()

    expect(plain.locator("#keys tbody tr")).to_have_count(1)
    expect(row(plain, "Key 07")).to_be_visible()
    expect(plain.get_by_role("searchbox")).to_have_value("key 07")


def test_the_workspace_and_the_theme(plain: Page, team: Team, browsing: Browsing) -> None:
    plain.goto(team.keys)
    open_menu(plain, "Signed in as")
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-bs-theme", "dark")
    open_menu(plain, "Workspace:")
    plain.get_by_role("link", name=team.name).click()

    expect(plain.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    expect(plain.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_deploying_a_flow(plain: Page, team: Team) -> None:
    plain.goto(f"{team.flows}/{team.add_flow('Echo')}")
    plain.get_by_role("button", name="Undeploy").click()
    expect(plain.get_by_role("status")).to_contain_text("not deployed")
    plain.get_by_role("button", name="Deploy").click()

    expect(plain.get_by_role("status")).to_contain_text("The flow is deployed")
