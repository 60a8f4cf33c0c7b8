"""Light, dark and as the system: remembered, and there before the first paint."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.actions import open_menu
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.calls import eventually

WATCH = """
new MutationObserver((_, observer) => {
  if (!document.documentElement?.dataset.bsTheme) return;
  window.themeAt = performance.now();
  observer.disconnect();
}).observe(document, {attributes: true, childList: true, subtree: true});
"""
IS_DARK = """() => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.fillStyle = getComputedStyle(document.body).backgroundColor;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data[0] < 80;
}"""
FIRST_PAINT = "performance.getEntriesByName('first-paint')[0]?.startTime"


def choose(page: Page, theme: str) -> None:
    open_menu(page, "Signed in as")
    page.get_by_role("button", name=theme).click()


def arrive_late(route: Route) -> None:
    time.sleep(0.3)
    route.continue_()


def is_dark(page: Page) -> bool:
    return bool(page.evaluate(IS_DARK))


@pytest.mark.parametrize(("theme", "dark"), [("Light", False), ("Dark", True)])
def test_a_chosen_theme_holds_on_every_page_whatever_the_system_says(
    browsing: Browsing, team: Team, theme: str, dark: bool
) -> None:
    page = browsing.page(team.admin, color_scheme="light" if dark else "dark")
    page.goto(team.keys)
    choose(page, theme)
    assert page.url.endswith(team.keys)
    for path in (team.keys, team.flows, "/profile", "/login"):
        page.goto(path)
        assert is_dark(page) is dark, path
    open_menu(page, "Signed in as")
    expect(page.get_by_role("button", name=theme, pressed=True)).to_be_visible()


def test_as_the_system_follows_the_system_at_once(page: Page, team: Team) -> None:
    page.goto(team.keys)
    choose(page, "Dark")
    choose(page, "As the system")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        assert is_dark(page) is (scheme == "dark")


@pytest.mark.parametrize("chosen", [None, "Dark"])
def test_dark_is_there_before_the_first_paint(browsing: Browsing, team: Team, chosen: str | None) -> None:
    page = browsing.page(team.admin, color_scheme="light" if chosen else "dark")
    page.goto(team.keys)
    if chosen:
        choose(page, chosen)
    page.context.add_init_script(WATCH)
    page.route("**/theme.js*", arrive_late)
    page.goto(team.keys)
    # Asked from here: a page that has to ask itself again and again would need eval.
    eventually(lambda: page.evaluate(FIRST_PAINT))

    assert page.evaluate("themeAt") < page.evaluate(FIRST_PAINT)
    assert is_dark(page)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_sign_in_page_is_dark_with_the_system(browsing: Browsing) -> None:
    page = browsing.page(color_scheme="dark")
    page.goto("/login")

    assert is_dark(page)
