"""Large flows on the canvas: 200 nodes stay smooth, 1,000 can be opened and changed."""

from __future__ import annotations

import logging
import time

from playwright.sync_api import CDPSession, Page, expect

from tests.browser.canvas import (
    add,
    drag_by,
    fit,
    labels,
    many,
    middle,
    open_canvas,
    settled,
    the_card,
    unsaved,
)
from tests.browser.installation import Team

# Figures are told with --log-cli-level=INFO: a second is no reason to fail.
LOG = logging.getLogger(__name__)


def test_a_thousand_nodes_can_be_opened_and_changed(page: Page, team: Team) -> None:
    path = add(team, many(1000))
    begun = time.monotonic()
    open_canvas(page, path)
    LOG.info("seconds until 1,000 nodes are drawn: %s", round(time.monotonic() - begun, 1))
    first = the_card(page, "Start")
    expect(first).to_be_in_viewport()
    drag_by(page, first.locator(".node-label"), 30, 20)
    settled(page)
    assert labels(team, path)[0] == "Start"
    page.keyboard.press("Control+z")
    unsaved(page, many_changes=False)
    fit(page)
    expect(page.locator(".node").last).to_be_in_viewport()
    page.goto(f"{path}?list=1")
    expect(page.get_by_role("row")).to_have_count(1001)


# How many elements changed, and how long the frames took, while a card was dragged.
WATCH = """() => {
    const touched = new Set();
    const seen = window.seen = {frames: [], touched};
    new MutationObserver((records) => { for (const {target} of records) touched.add(target); })
        .observe(document.getElementById("canvas-world"), {subtree: true, attributes: true, childList: true});
    let last = performance.now();
    const tick = (now) => {
        seen.frames.push(now - last);
        last = now;
        seen.timer = requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""


def test_dragging_among_two_hundred_nodes_touches_one_card_and_its_edges(page: Page, team: Team) -> None:
    path = add(team, many(200))
    open_canvas(page, path)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    x, y = middle(the_card(page, "Step 1").first.locator(".node-label"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y + 5)
    page.wait_for_timeout(100)
    page.evaluate(WATCH)
    before = _metrics(session)
    for step in range(60):
        page.mouse.move(x + 10 + step, y + 5 + step / 2)
    after = _metrics(session)
    frames: list[float] = page.evaluate("cancelAnimationFrame(seen.timer), seen.frames.slice(1)")
    touched: list[str] = page.evaluate(
        "[...seen.touched].map((one) => one.closest('.node, .edge')?.id ?? one.id)"
    )
    page.mouse.up()
    settled(page)
    frames.sort()
    layouts = after["LayoutCount"] - before["LayoutCount"]
    LOG.info("milliseconds a frame of a drag, median: %s", round(frames[len(frames) // 2], 1))
    LOG.info("milliseconds a frame of a drag, 95 %%: %s", round(frames[len(frames) * 95 // 100], 1))
    assert len([one for one in set(touched) if one.startswith("node-")]) == 1
    assert len([one for one in set(touched) if one.startswith("edge-")]) <= 2
    # At most one layout a frame: none is forced between two writes.
    assert layouts <= len(frames) + 60
    # The card keeps the focus until somebody takes it.
    page.locator("#canvas").focus()
    page.evaluate(WATCH)
    page.keyboard.down("Space")
    page.mouse.down()
    for step in range(60):
        page.mouse.move(x + step, y + step)
    page.mouse.up()
    page.keyboard.up("Space")
    panned: list[float] = sorted(page.evaluate("cancelAnimationFrame(seen.timer), seen.frames.slice(1)"))
    LOG.info("milliseconds a frame of a pan, median: %s", round(panned[len(panned) // 2], 1))
    assert page.evaluate("[...seen.touched].map((one) => one.id)") == ["canvas-world"]


def _metrics(session: CDPSession) -> dict[str, float]:
    found = session.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found}
