"""When the server does not answer, or answers no: it is said, and nothing typed is lost."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import ask_to_delete, dialog, open_new, row, shown_secret, start_rename
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.processes import Server

SILENCE = "The server did not answer."


@pytest.fixture
def unplugged(page: Page, team: Team, browsing: Browsing) -> Page:
    """A page with one key, whose network can be taken away with `context.set_offline(True)`."""
    browsing.allow("ERR_INTERNET_DISCONNECTED")
    browsing.allow("Failed to fetch")
    team.add_key("CI integration")
    page.goto(team.keys)
    return page


def test_create_says_so_and_can_be_sent_again(unplugged: Page, team: Team) -> None:
    open_new(unplugged).fill("Nightly build")
    unplugged.context.set_offline(True)
    button = dialog(unplugged).get_by_role("button", name="Create key")
    button.click()
    expect(dialog(unplugged).get_by_role("alert")).to_contain_text(SILENCE)
    expect(dialog(unplugged).get_by_label("Name")).to_have_value("Nightly build")
    unplugged.context.set_offline(False)
    button.click()

    shown_secret(unplugged, "Nightly build")
    assert team.key_names() == ["Nightly build", "CI integration"]
    unplugged.get_by_role("button", name="Copy key").click()


def test_rename_says_so_beside_the_field(unplugged: Page, team: Team) -> None:
    start_rename(unplugged, "CI integration").fill("Nightly build")
    unplugged.context.set_offline(True)
    unplugged.get_by_role("button", name="Save").click()

    expect(row(unplugged, SILENCE).get_by_role("textbox")).to_have_value("Nightly build")
    unplugged.context.set_offline(False)
    unplugged.get_by_role("button", name="Save").click()
    expect(unplugged.get_by_role("button", name='Rename "Nightly build"')).to_be_visible()


def test_delete_says_so_in_the_dialog(unplugged: Page, team: Team) -> None:
    button = ask_to_delete(unplugged, "CI integration").get_by_role("button", name="Delete key")
    unplugged.context.set_offline(True)
    button.click()
    expect(dialog(unplugged).get_by_role("alert")).to_contain_text(SILENCE)

    unplugged.context.set_offline(False)
    expect(button).to_be_enabled()
    assert team.key_names() == ["CI integration"]


def test_opening_a_dialog_says_so_on_the_page(unplugged: Page) -> None:
    unplugged.context.set_offline(True)
    unplugged.get_by_role("button", name="Add New Key").click()

    expect(unplugged.get_by_role("alert")).to_contain_text(SILENCE)
    expect(dialog(unplugged)).to_be_hidden()


def test_a_refused_permission_is_said_in_the_dialog(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 403")
    page.goto(team.keys)
    open_new(page).fill("CI integration")
    team.set_role(team.admin, "Viewer")
    dialog(page).get_by_role("button", name="Create key").click()

    expect(dialog(page).get_by_role("alert")).to_contain_text("apikeys:create")
    dialog(page).get_by_role("link", name="Close").click()
    expect(dialog(page)).to_be_hidden()
    assert team.key_names() == []


def test_a_key_that_is_gone_is_said_on_the_page(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 404")
    team.add_key("CI integration")
    page.goto(team.keys)
    team.delete_key("CI integration")
    page.get_by_role("button", name='Rename "CI integration"').click()

    expect(page.get_by_role("alert")).to_contain_text("deleted")


def test_a_stopped_server_is_said_and_what_was_typed_stays(
    chromium: Browser, app: Flask, server: Server
) -> None:
    browsing, team = Browsing(chromium, server.url), Team(app)
    page = browsing.page(team.admin)
    page.goto(team.keys)
    open_new(page).fill("CI integration")
    server.stop()
    dialog(page).get_by_role("button", name="Create key").click()

    expect(dialog(page).get_by_role("alert")).to_contain_text(SILENCE)
    expect(dialog(page).get_by_role("alert")).to_contain_text("Nothing is known to have changed.")
    expect(dialog(page).get_by_label("Name")).to_have_value("CI integration")
    assert team.key_names() == []
    browsing.close()
