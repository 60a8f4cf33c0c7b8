"""The key is shown once: copying it, closing before it was copied, and the samples beside it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    SECRET,
    accept_boxes,
    clipboard,
    copy_key,
    create,
    dialog,
    done,
    sample,
)
from tests.browser.browsing import Browsing
from tests.browser.installation import Team

QUESTION = "You will not see this key again. Close without copying?"


@pytest.fixture
def secret(page: Page, team: Team) -> str:
    """A key that was created a moment ago and is still shown."""
    page.goto(team.keys)
    return create(page, "CI integration")


def test_the_key_is_shown_whole_with_the_warning(page: Page, secret: str) -> None:
    field = page.get_by_role("textbox", name="CI integration")

    expect(field).to_be_focused()
    expect(field).not_to_be_editable()
    assert field.evaluate("field => field.scrollWidth <= field.clientWidth")
    expect(dialog(page)).to_contain_text("This key is shown once.")
    expect(dialog(page)).to_contain_text(
        "Store your API key securely. Treat it like a password — do not commit it to version control, "
        "include it in client-side code, or share it in chat."
    )


def test_copy_puts_the_key_into_the_clipboard_and_says_so(page: Page, secret: str) -> None:
    copy_key(page)

    assert clipboard(page) == secret
    expect(dialog(page).locator("[aria-live]")).to_have_text("Copied")
    expect(page.get_by_role("button", name="Copy key")).to_be_visible()


def test_done_after_copying_closes_at_once(page: Page, secret: str) -> None:
    copy_key(page)
    done(page)

    expect(page.get_by_role("button", name="Add New Key")).to_be_focused()


@pytest.mark.parametrize("how", ["Done", "Escape", "the backdrop"])
def test_closing_before_copying_asks(page: Page, secret: str, how: str) -> None:
    if how == "Done":
        page.get_by_role("button", name="Done").click()
    elif how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)

    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.get_by_role("button", name="Keep it open").click()
    expect(page.get_by_text(QUESTION)).to_be_hidden()
    expect(page.get_by_role("textbox", name="CI integration")).to_have_value(secret)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Close without copying").click()
    expect(dialog(page)).to_be_hidden()


def test_escape_again_and_again_does_not_slip_through(page: Page, secret: str) -> None:
    for _ in range(5):
        page.keyboard.press("Escape")
        expect(page.get_by_role("textbox", name="CI integration")).to_be_visible()
        assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")

    expect(page.get_by_text(QUESTION)).to_be_visible()


def test_copying_by_hand_counts_as_copying(page: Page, secret: str) -> None:
    page.get_by_role("textbox", name="CI integration").select_text()
    page.keyboard.press("Control+C")

    assert clipboard(page) == secret
    done(page)


def test_copying_a_part_of_the_key_does_not_count(page: Page, secret: str) -> None:
    field = page.get_by_role("textbox", name="CI integration")
    field.evaluate("field => field.setSelectionRange(0, 10)")
    page.keyboard.press("Control+C")
    page.get_by_role("button", name="Done").click()

    expect(page.get_by_text(QUESTION)).to_be_visible()


def test_copying_a_sample_copies_the_key_with_it(page: Page, secret: str) -> None:
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert secret in clipboard(page)
    done(page)


def test_leaving_the_page_before_copying_asks(page: Page, team: Team, secret: str) -> None:
    asked = accept_boxes(page)
    page.reload()

    assert asked == ["beforeunload"]
    expect(page.get_by_role("row").filter(has_text="CI integration")).to_be_visible()
    assert not SECRET.search(page.content())


def test_the_dialog_does_not_grow_past_a_small_window(browsing: Browsing, team: Team) -> None:
    page = browsing.page(team.admin, viewport={"width": 400, "height": 500})
    page.goto(team.keys)
    create(page, "CI integration")
    field = page.get_by_role("textbox", name="CI integration")

    assert field.evaluate("field => field.scrollWidth <= field.clientWidth")
    box = dialog(page).bounding_box()
    assert box
    assert box["height"] <= 500
    copy_key(page)
    page.get_by_role("button", name="Done").click()
    expect(dialog(page)).to_be_hidden()


def test_without_a_flow_the_samples_have_a_placeholder_and_say_so(page: Page, secret: str) -> None:
    expect(dialog(page)).to_contain_text("This workspace has no flow yet.")
    assert "/api/v1/prediction/<chatflow-id>" in sample(page, "curl")
    assert f"Bearer {secret}" in sample(page, "curl")
