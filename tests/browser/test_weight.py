"""Pages are light, are cached, and do not jump."""

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.browsing import Browsing
from tests.browser.installation import Team

FIRST_VISIT, LATER = 150_000, 20_000
SHIFTS = """(since) => new Promise((done) => {
    const shifts = [];
    new PerformanceObserver((list) => {
        for (const {value, sources, startTime} of list.getEntries()) {
            const nodes = sources.map(({node}) => node?.outerHTML?.slice(0, 100));
            if (startTime >= since) shifts.push([value, nodes]);
        }
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(shifts), 300);
})"""


class Wire:
    """Counts the bytes that came over the network, headers included."""

    def __init__(self, session: CDPSession) -> None:
        self._received = 0
        session.on("Network.loadingFinished", self._add)
        session.send("Network.enable")

    def _add(self, event: dict[str, int]) -> None:
        self._received += event["encodedDataLength"]

    def bytes_for(self, page: Page, path: str) -> int:
        self._received = 0
        page.goto(path, wait_until="networkidle")
        return self._received


@pytest.fixture
def full(team: Team) -> Team:
    """A team with a full page of keys."""
    for number in range(55):
        team.add_key(f"Integration number {number:02}")
    team.add_flow("Echo")
    return team


@pytest.mark.parametrize("where", ["keys", "flows"])
def test_the_first_visit_is_light_and_later_ones_lighter(page: Page, full: Team, where: str) -> None:
    wire = Wire(page.context.new_cdp_session(page))
    path = getattr(full, where)

    first = wire.bytes_for(page, path)
    assert 20_000 < first < FIRST_VISIT
    assert 1_000 < wire.bytes_for(page, path) < LATER
    assert 1_000 < wire.bytes_for(page, "/profile") < LATER


def test_the_sign_in_page_is_light(browsing: Browsing) -> None:
    page = browsing.page()

    assert 20_000 < Wire(page.context.new_cdp_session(page)).bytes_for(page, "/login") < FIRST_VISIT


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("where", ["keys", "flows"])
def test_nothing_jumps_while_it_loads(browsing: Browsing, full: Team, width: int, where: str) -> None:
    page = browsing.page(full.admin, viewport={"width": width, "height": 800})
    # On a loaded machine the browser may draw half a row of one visit; what always jumps is ours.
    visits = []
    for _ in range(3):
        page.goto(getattr(full, where), wait_until="networkidle")
        visits.append(page.evaluate(SHIFTS, 0))

    assert [] in visits, visits


def test_nothing_jumps_when_the_dialog_opens_and_closes(page: Page, full: Team) -> None:
    page.goto(full.keys, wait_until="networkidle")
    before: float = page.evaluate("performance.now()")
    page.get_by_role("button", name="Add New Key").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    assert page.evaluate(SHIFTS, before) == []
