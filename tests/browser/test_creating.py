"""Add New Key: the dialog, and the one time that the key is shown."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.actions import copy_key, create, create_and_close, dialog, done, open_new, row
from tests.browser.browsing import Browsing
from tests.browser.installation import Team


def test_the_dialog_opens_with_the_name_field_focused(page: Page, team: Team) -> None:
    page.goto(team.keys)
    open_new(page)

    expect(page.get_by_role("dialog", name="Add New Key")).to_be_visible()
    expect(dialog(page).get_by_role("textbox")).to_have_count(1)


def test_a_mistake_is_said_beside_the_field_and_keeps_what_was_typed(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 422")
    team.add_key("CI integration")
    page.goto(team.keys)
    open_new(page).fill("  ci INTEGRATION ")
    dialog(page).get_by_role("button", name="Create key").click()

    name = dialog(page).get_by_label("Name")
    expect(name).to_have_accessible_description(re.compile("already. Choose another name"))
    expect(name).to_have_value("  ci INTEGRATION ")
    expect(name).to_be_focused()
    assert team.key_names() == ["CI integration"]


def test_after_a_mistake_the_same_form_still_creates_a_key(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 422")
    page.goto(team.keys)
    open_new(page)
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Name")).to_have_accessible_description(re.compile("Enter a name"))
    # Until htmx has taken the new form over it is a plain one, which nobody is quick enough to send.
    expect(dialog(page).locator("form[data-htmx-powered]")).to_be_visible()
    page.keyboard.type("CI integration")
    page.keyboard.press("Enter")

    expect(dialog(page)).to_contain_text("This key is shown once.")
    assert team.key_names() == ["CI integration"]


def test_the_new_row_stands_in_the_table_behind_and_is_highlighted(page: Page, team: Team) -> None:
    team.add_key("Older key")
    page.goto(team.keys)
    secret = create(page, "CI integration")

    new = page.locator("#keys tbody tr").first
    expect(new).to_contain_text("CI integration")
    expect(new).to_contain_text(f"{secret[:7]}…{secret[-4:]}")
    expect(new).to_contain_text("Never used")
    assert new.evaluate("row => row.firstElementChild.getAnimations().length") == 1
    copy_key(page)
    done(page)
    expect(page.locator("#keys tbody tr")).to_have_count(2)


def test_the_first_key_takes_the_place_of_the_empty_state(page: Page, team: Team) -> None:
    page.goto(team.keys)
    expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()
    page.get_by_role("button", name="Create the first key").click()
    dialog(page).get_by_label("Name").fill("CI integration")
    dialog(page).get_by_role("button", name="Create key").click()
    copy_key(page)
    done(page)

    expect(row(page, "CI integration")).to_be_visible()
    expect(page.get_by_role("heading", name="No API keys yet")).to_have_count(0)


def test_what_was_done_is_said_to_screen_readers(page: Page, team: Team) -> None:
    page.goto(team.keys)
    create_and_close(page, "CI integration")

    expect(page.locator("#announce")).to_contain_text("CI integration")


def test_a_double_click_makes_one_key_and_shows_that_it_waits(page: Page, team: Team) -> None:
    waiting: list[Route] = []
    page.goto(team.keys)
    open_new(page).fill("CI integration")
    page.route("**/api-keys/new", lambda route: waiting.append(route))
    button = dialog(page).get_by_role("button", name="Create key")
    button.dblclick(no_wait_after=True)
    page.keyboard.press("Enter")
    expect(button).to_be_disabled()
    page.wait_for_timeout(100)

    assert len(waiting) == 1
    waiting[0].continue_()
    expect(dialog(page)).to_contain_text("This key is shown once.")
    assert team.key_names() == ["CI integration"]


def test_two_quick_clicks_on_add_new_key_open_one_dialog(page: Page, team: Team) -> None:
    page.goto(team.keys)
    page.get_by_role("button", name="Add New Key").dblclick()

    expect(dialog(page).get_by_label("Name")).to_be_focused()
    dialog(page).get_by_role("button", name="Cancel").click()
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Add New Key")).to_be_focused()


def test_a_slow_double_click_leaves_the_dialog_open(page: Page, team: Team) -> None:
    page.goto(team.keys)
    button = page.get_by_role("button", name="Add New Key")
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(dialog(page).get_by_label("Name")).to_be_focused()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    expect(dialog(page)).to_be_visible()
    # A press beside it does close it.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(dialog(page)).to_be_hidden()
