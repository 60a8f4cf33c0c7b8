"""Everything by Tab, Enter and Escape alone, with a focus that is seen."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import SECRET, clipboard, dialog, row
from tests.browser.installation import Team

OUTLINE = """(element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
}"""


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there. Every stop on the way shows where the focus is."""
    expect(target).to_be_visible()
    for _ in range(40):
        page.keyboard.press(key)
        assert page.evaluate("document.hasFocus()")
        focus = page.locator(":focus")
        assert focus.count() == 1, "the focus is nowhere"
        assert focus.evaluate(OUTLINE) >= 2, focus.evaluate("element => element.outerHTML")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def test_create_copy_and_close(page: Page, team: Team) -> None:
    page.goto(team.keys)
    tab_to(page, page.get_by_role("button", name="Add New Key"))
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Name")).to_be_focused()
    page.keyboard.type("CI integration")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="CI integration")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Copy key"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert SECRET.fullmatch(clipboard(page))
    page.keyboard.press("Escape")

    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Add New Key")).to_be_focused()
    assert team.key_names() == ["CI integration"]


def test_close_without_copying(page: Page, team: Team) -> None:
    page.goto(team.keys)
    tab_to(page, page.get_by_role("button", name="Add New Key"))
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Name")).to_be_focused()
    page.keyboard.type("CI integration")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="CI integration")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep it open")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Close without copying")).to_be_focused()
    page.keyboard.press("Enter")

    expect(dialog(page)).to_be_hidden()


def test_rename(page: Page, team: Team) -> None:
    team.add_key("CI integration")
    page.goto(team.keys)
    tab_to(page, page.get_by_role("button", name='Rename "CI integration"'))
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="New name of CI integration")).to_be_focused()
    page.keyboard.type("Nightly build")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name='Rename "Nightly build"')).to_be_focused()
    assert team.key_names() == ["Nightly build"]


def test_delete(page: Page, team: Team) -> None:
    team.add_key("CI integration")
    page.goto(team.keys)
    tab_to(page, page.get_by_role("button", name='Delete "CI integration"'))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Delete key"))
    page.keyboard.press("Enter")

    expect(row(page, "CI integration")).to_have_count(0)
    assert team.key_names() == []


@pytest.mark.parametrize("opener", ["Workspace:", "Signed in as"])
def test_the_menus(page: Page, team: Team, opener: str) -> None:
    page.goto(team.keys)
    menu = page.locator("summary").filter(has_text=opener)
    tab_to(page, menu)
    page.keyboard.press("Enter")
    inside = menu.locator("xpath=..").get_by_role("link").first
    tab_to(page, inside)
    page.keyboard.press("Escape")

    expect(inside).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_first_stop_skips_to_the_content(page: Page, team: Team) -> None:
    page.goto(team.keys)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").locator(":focus")).to_have_count(1)
