"""The switcher, and two workspaces in two tabs."""

from playwright.sync_api import Page, expect

from tests.browser.actions import create_and_close, open_menu, row
from tests.browser.browsing import Browsing
from tests.browser.installation import Installation, Team


def switch(page: Page, name: str) -> None:
    open_menu(page, "Workspace:")
    page.get_by_role("banner").get_by_role("link", name=name, exact=True).click()


def test_two_tabs_hold_two_workspaces(page: Page, team: Team, installation: Installation) -> None:
    other = installation.team()
    other.admit(team.admin)
    first, second = page, page.context.new_page()
    first.goto(team.keys)
    second.goto(team.keys)
    switch(second, other.name)
    expect(second).to_have_title(f"API Keys · {other.name} · Forjinn")
    create_and_close(first, "First key")
    create_and_close(second, "Second key")
    first.reload()
    second.reload()

    expect(row(first, "First key")).to_be_visible()
    expect(row(second, "Second key")).to_be_visible()
    assert (team.key_names(), other.key_names()) == (["First key"], ["Second key"])


def test_switching_stays_in_the_section(page: Page, team: Team, installation: Installation) -> None:
    other = installation.team()
    other.admit(team.admin)
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/try")
    switch(page, other.name)

    expect(page).to_have_title(f"Agentflows · {other.name} · Forjinn")


def test_the_switcher_offers_only_ones_own_workspaces(
    page: Page, team: Team, installation: Installation
) -> None:
    stranger = installation.team("Strangers")
    page.goto(team.keys)
    open_menu(page, "Workspace:")

    expect(page.get_by_role("link", name=team.name)).to_be_visible()
    expect(page.get_by_role("link", name=stranger.name)).to_have_count(0)


def test_a_member_sees_the_keys_and_no_buttons_to_change_them(browsing: Browsing, team: Team) -> None:
    team.add_key("CI integration")
    page = browsing.page(team.add_person("Member"))
    page.goto(team.keys)

    expect(row(page, "CI integration")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_a_member_of_an_empty_workspace_is_told_who_can_help(browsing: Browsing, team: Team) -> None:
    page = browsing.page(team.add_person("Viewer"))
    page.goto(team.keys)

    expect(page.get_by_role("main")).to_contain_text("apikeys:create")
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(0)
