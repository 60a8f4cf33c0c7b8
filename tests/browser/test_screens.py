"""What holds on every screen: axe finds nothing, nothing scrolls sideways, targets are large enough."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.browsing import Browsing
from tests.browser.installation import Installation
from tests.browser.screens import SCREENS

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 400, "height": 800}
TAGS = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
# What is wider than the page, or than the dialog that is open.
OVERFLOWING = """() => [document.documentElement, document.querySelector("dialog[open]")]
    .filter((box) => box && box.scrollWidth > box.clientWidth)
    .map((box) => `${box.tagName} is ${box.scrollWidth} wide, ${box.clientWidth} are seen`)"""
# WCAG 2.2 SC 2.5.8 excepts links in a sentence.
SMALL_TARGETS = """() => ["a", "button", "input:not([type=hidden])", "select", "summary"]
    .flatMap((kind) => [...document.querySelectorAll(kind)])
    .filter((target) => target.checkVisibility({visibilityProperty: true}) && !target.closest("p, [inert]"))
    .map((target) => [target, target.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([target, box]) => `${target.outerHTML.slice(0, 200)} is ${box.width} by ${box.height}`)"""


@pytest.fixture(scope="module", params=SCREENS)
def shown(request: pytest.FixtureRequest, chromium: Browser, installation: Installation) -> Iterator[Page]:
    """The screen, opened once for all tests here."""
    browsing, team = Browsing(chromium, installation.url), installation.team()
    # Without motion, so that no colour is caught between two others.
    page = browsing.page(team.admin, reduced_motion="reduce", bypass_csp=True)
    SCREENS[request.param](page, team)
    yield page
    browsing.close()
    browsing.allow("status of 4")
    assert browsing.complaints == []


def test_axe_finds_nothing(shown: Page) -> None:
    found = found_by_axe(shown)
    assert not any(found.values()), json.dumps(found, indent=1)


def test_it_fits_a_narrow_window_and_a_finger(shown: Page) -> None:
    # 800 is a tablet; 640 is what 1280 pixels are at 200 %, and 320 at 400 % (WCAG SC 1.4.10).
    for width in (1280, 800, 640, 400, 320):
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate(OVERFLOWING) == [], width
        assert shown.evaluate(SMALL_TARGETS) == [], width


def found_by_axe(page: Page) -> dict[str, list[Any]]:
    """What it finds in both sizes and colour schemes. A scheme changes colours, and nothing else."""
    page.evaluate(Axe().axe_script)
    found = {}
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for scheme, rules in (("light", TAGS), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            found[f"{size['width']} {scheme}"] = _violations(page, rules)
    return found


def _violations(page: Page, rules: dict[str, Any]) -> list[Any]:
    # What it would load beforehand, style sheets and videos, is for rules that are not asked for.
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    violations = page.evaluate("options => axe.run(options).then((results) => results.violations)", options)
    return [
        (rule["id"], [(node["html"][:200], node["failureSummary"]) for node in rule["nodes"]])
        for rule in violations
    ]
