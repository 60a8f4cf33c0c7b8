"""Every page and every open dialog, so that each is held to the same standards."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import gateway_screens
from tests.browser.actions import ask_to_delete, create, dialog, open_menu, open_new, start_rename
from tests.browser.beside_screens import BESIDE_SCREENS
from tests.browser.canvas_screens import CANVAS_SCREENS
from tests.browser.flow_screens import FLOW_SCREENS
from tests.browser.installation import Team
from tests.browser.managing_screens import MANAGING_SCREENS
from tests.browser.panel_screens import PANEL_SCREENS
from tests.browser.trying_screens import TRYING_SCREENS

LONG = "Nightly build of the warehouse and everything that hangs on it, " + "x" * 36
Opener = Callable[[Page, Team], object]

SCREENS: dict[str, Opener] = {**gateway_screens.SCREENS}


def screen(opener: Opener) -> Opener:
    SCREENS[opener.__name__] = opener
    return opener


def _keys(page: Page, team: Team) -> None:
    team.add_key(LONG)
    team.add_key("CI integration")
    page.goto(team.keys)


def _goto_form(page: Page, button: str) -> None:
    """Where the button leads without JavaScript."""
    page.goto(page.get_by_role("button", name=button).evaluate("button => button.form.action"))


@screen
def sign_in(page: Page, team: Team) -> None:
    page.context.clear_cookies()
    page.goto("/login")


@screen
def sign_in_refused(page: Page, team: Team) -> None:
    sign_in(page, team)
    page.get_by_label("Email").fill(team.admin)
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


@screen
def no_keys(page: Page, team: Team) -> None:
    page.goto(team.keys)


@screen
def keys(page: Page, team: Team) -> None:
    _keys(page, team)


@screen
def older_keys(page: Page, team: Team) -> None:
    for number in range(55):
        team.add_key(f"Key {number:02}")
    page.goto(team.keys)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()


@screen
def no_match(page: Page, team: Team) -> None:
    _keys(page, team)
    page.goto(team.keys + "?q=nothing")


@screen
def new_key(page: Page, team: Team) -> None:
    page.goto(team.keys)
    open_new(page)


@screen
def new_key_refused(page: Page, team: Team) -> None:
    new_key(page, team)
    page.keyboard.press("Enter")
    expect(dialog(page).locator("[aria-invalid=true]")).to_be_visible()


@screen
def reveal(page: Page, team: Team) -> None:
    team.add_flow("Echo")
    page.goto(team.keys)
    create(page, LONG)


@screen
def reveal_copied(page: Page, team: Team) -> None:
    reveal(page, team)
    page.get_by_role("button", name="Copy key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


@screen
def reveal_asks(page: Page, team: Team) -> None:
    reveal(page, team)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Keep it open")).to_be_visible()


@screen
def reveal_page(page: Page, team: Team) -> None:
    page.goto(team.keys + "/new")
    page.get_by_label("Name").fill("CI integration")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", name="Copy your new API key")).to_be_visible()


@screen
def already_created(page: Page, team: Team) -> None:
    reveal_page(page, team)
    page.get_by_role("button", name="Copy key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.reload()
    expect(page.get_by_text("was already created")).to_be_visible()


@screen
def rename(page: Page, team: Team) -> None:
    _keys(page, team)
    start_rename(page, LONG)


@screen
def rename_refused(page: Page, team: Team) -> None:
    _keys(page, team)
    start_rename(page, LONG).fill("ci integration")
    page.keyboard.press("Enter")
    expect(page.locator("[aria-invalid=true]")).to_be_visible()


@screen
def delete(page: Page, team: Team) -> None:
    _keys(page, team)
    ask_to_delete(page, LONG)


@screen
def rename_page(page: Page, team: Team) -> None:
    _keys(page, team)
    _goto_form(page, 'Rename "CI integration"')


@screen
def delete_page(page: Page, team: Team) -> None:
    _keys(page, team)
    _goto_form(page, 'Delete "CI integration"')


@screen
def no_flows(page: Page, team: Team) -> None:
    page.goto(team.flows)


@screen
def flows(page: Page, team: Team) -> None:
    team.add_flow("Echo")
    team.add_flow(LONG)
    page.goto(team.flows)


@screen
def flow(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow(LONG)}")


@screen
def flow_undeployed(page: Page, team: Team) -> None:
    flow(page, team)
    page.get_by_role("button", name="Undeploy").click()
    expect(page.get_by_role("status")).to_be_visible()


@screen
def profile(page: Page, team: Team) -> None:
    page.goto("/profile")


@screen
def person_menu(page: Page, team: Team) -> None:
    page.goto(team.keys)
    open_menu(page, "Signed in as")


@screen
def workspace_menu(page: Page, team: Team) -> None:
    page.goto(team.keys)
    open_menu(page, "Workspace:")


@screen
def not_found(page: Page, team: Team) -> None:
    page.goto("/w/nowhere/api-keys")


@screen
def key_gone(page: Page, team: Team) -> None:
    """The message of a refused click, above the list."""
    _keys(page, team)
    team.delete_key("CI integration")
    page.get_by_role("button", name='Rename "CI integration"').click()
    expect(page.get_by_role("alert")).to_be_visible()


for opener in (
    *BESIDE_SCREENS,
    *CANVAS_SCREENS,
    *FLOW_SCREENS,
    *MANAGING_SCREENS,
    *PANEL_SCREENS,
    *TRYING_SCREENS,
):
    screen(opener)
