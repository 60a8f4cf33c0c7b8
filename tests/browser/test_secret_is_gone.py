"""Once the reveal is closed or left, the browser holds the key nowhere."""

import json

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.actions import copy_key, create, create_and_close, dialog, row, shown_secret
from tests.browser.browsing import Browsing
from tests.browser.installation import Team

MARK_COMING_BACK = 'addEventListener("pageshow", ({persisted}) => { window.cameBack = persisted; });'


def kept(page: Page) -> str:
    """Everything that this browser holds of this page, fields included."""
    held: str = page.evaluate("""() => JSON.stringify([
        document.documentElement.outerHTML,
        [...document.querySelectorAll("input, textarea, select")].map((field) => field.value),
        document.querySelector("template")?.innerHTML,
        {...localStorage}, {...sessionStorage}, document.cookie, history.state, location.href, window.name,
    ])""")
    state = json.dumps(page.context.storage_state(indexed_db=True))
    return page.content() + held + state


@pytest.fixture
def secret(page: Page, team: Team) -> str:
    """A key that was created, copied and closed."""
    page.goto(team.keys)
    return create_and_close(page, "CI integration")


def test_closing_leaves_it_nowhere(page: Page, secret: str) -> None:
    assert row(page, "CI integration").count() == 1
    assert secret not in kept(page)


def test_closing_without_copying_leaves_it_nowhere(page: Page, team: Team) -> None:
    page.goto(team.keys)
    secret = create(page, "CI integration")
    assert secret in kept(page)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Close without copying").click()
    expect(dialog(page)).to_be_hidden()

    assert secret not in kept(page)


def test_reload_shows_no_secret_and_makes_no_second_key(page: Page, team: Team, secret: str) -> None:
    page.reload()

    assert secret not in kept(page)
    assert team.key_names() == ["CI integration"]


def test_back_and_forward_show_no_secret_and_make_no_second_key(page: Page, team: Team, secret: str) -> None:
    page.get_by_role("link", name="Agentflows").click()
    expect(page.get_by_role("heading", name="Agentflows", exact=True)).to_be_visible()
    page.go_back(wait_until="commit")
    expect(row(page, "CI integration")).to_be_visible()
    assert secret not in kept(page)
    page.go_forward(wait_until="commit")
    assert secret not in kept(page)

    assert team.key_names() == ["CI integration"]


def test_the_back_forward_cache_holds_no_open_reveal(page: Page, team: Team) -> None:
    page.context.add_init_script(MARK_COMING_BACK)
    page.goto(team.keys)
    secret = create(page, "CI integration")
    copy_key(page)
    page.goto(team.flows)
    page.go_back(wait_until="commit")
    expect(row(page, "CI integration")).to_be_visible()

    assert page.evaluate("window.cameBack"), "the page was loaded anew, so this proved nothing"
    assert secret not in kept(page)
    expect(dialog(page)).to_be_hidden()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_reveal_page_is_gone_after_back(browsing: Browsing, team: Team, javascript: bool) -> None:
    page = browsing.page(team.admin, java_script_enabled=javascript)
    secret = create_on_its_page(page, team)
    if javascript:
        copy_key(page)
    page.goto(team.flows)
    # The browser kept nothing, and would have to send the form again to show this page.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back(wait_until="commit")
    page.wait_for_url("chrome-error://**")

    assert secret not in page.content()
    assert team.key_names() == ["CI integration"]


@pytest.mark.parametrize("javascript", [True, False])
def test_reloading_the_reveal_page_says_that_the_key_was_already_created(
    browsing: Browsing, team: Team, javascript: bool
) -> None:
    browsing.allow("status of 409")
    page = browsing.page(team.admin, java_script_enabled=javascript)
    secret = create_on_its_page(page, team)
    if javascript:
        copy_key(page)
    page.reload()

    expect(page.get_by_text("The key “CI integration” was already created.")).to_be_visible()
    assert secret not in page.content()
    assert team.key_names() == ["CI integration"]


def test_back_to_the_form_shows_no_secret_and_sends_nothing(page: Page, team: Team) -> None:
    secret = create_on_its_page(page, team)
    copy_key(page)
    page.go_back(wait_until="commit")
    expect(page.get_by_role("heading", name="Add New Key")).to_be_visible()

    assert secret not in kept(page)
    assert team.key_names() == ["CI integration"]


def create_on_its_page(page: Page, team: Team) -> str:
    page.goto(team.keys + "/new")
    page.get_by_label("Name").fill("CI integration")
    page.get_by_role("button", name="Create key").click()
    return shown_secret(page, "CI integration")
