"""A real Chromium, and a real server that the tests of this folder share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.browsing import Browsing
from tests.browser.installation import Installation, Team, running
from tests.databases import new_database
from tests.machine import skip_or_fail

# What a new window would draw behind its address bar, where nobody types here, took half the time of a test.
# This list takes the place of Playwright's, so what matters of that one stands here, too.
SWITCHED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


# Not for the whole session: while Playwright runs, no other test could run an event loop.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        skip_or_fail("no Chromium: install one, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                f"--disable-features={','.join(SWITCHED_OFF)}",
            ],
            # People's browsers have a back/forward cache; a secret could live on in it.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def installation(
    chromium: Browser, on_postgres: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    with new_database("browser", folder, on_postgres) as url, running(url, folder) as installation:
        yield installation


@pytest.fixture
def team(installation: Installation) -> Team:
    """A workspace of the test's own, without keys, and its admin."""
    return installation.team()


@pytest.fixture
def browsing(chromium: Browser, installation: Installation) -> Iterator[Browsing]:
    browsing = Browsing(chromium, installation.url)
    yield browsing
    browsing.close()
    assert browsing.complaints == []


@pytest.fixture
def page(browsing: Browsing, team: Team) -> Page:
    """The team's admin, signed in."""
    return browsing.page(team.admin)
