"""The screens of the canvas."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.canvas import SHOP, add, card, drag_by, drawn, open_canvas, settled, the_card
from tests.browser.installation import Team
from tests.browser.managing_screens import LONG


def canvas(page: Page, team: Team) -> None:
    open_canvas(page, add(team, SHOP))


def canvas_changed(page: Page, team: Team) -> None:
    """With a problem, a name that is long, and an Iteration."""
    nodes = [
        card("start", "Start", 0, 100, inputs={"startInputType": "chatInput"}),
        card("llm", LONG, 200, 100, inputs={"llmModel": "absent"}),
        card("directReply", "Inside", 60, 90, parentNode="Each item", inputs={"directReplyMessage": "One"}),
        card("iteration", "Each item", 450, 60, width=320, height=220, inputs={"iterationInput": "[1]"}),
    ]
    open_canvas(page, add(team, drawn(nodes, f"Start>{LONG}"), name=LONG))
    drag_by(page, the_card(page, "Start").locator(".node-label"), 0, 40)
    settled(page)


def canvas_problems(page: Page, team: Team) -> None:
    canvas_changed(page, team)
    page.get_by_role("button", name="1 problem").click()
    expect(page.locator("#canvas-wrong")).to_be_visible()


def canvas_discarding(page: Page, team: Team) -> None:
    canvas_changed(page, team)
    page.get_by_role("button", name="Discard", exact=True).click()
    expect(page.locator("#canvas-discard")).to_be_visible()


def canvas_panel_open(page: Page, team: Team) -> None:
    canvas(page, team)
    the_card(page, "About money?").click()
    expect(page.locator("#canvas-panel h2")).to_be_visible()


def canvas_palette_open(page: Page, team: Team) -> None:
    canvas(page, team)
    page.get_by_role("button", name="Add node").click()
    expect(page.locator("#canvas-palette")).to_be_visible()


def canvas_session_ended(page: Page, team: Team) -> None:
    canvas(page, team)
    team.end_sessions(team.admin)
    drag_by(page, the_card(page, "Start").locator(".node-label"), 0, 40)
    expect(page.locator("#canvas-session")).to_be_visible()


def canvas_list(page: Page, team: Team) -> None:
    page.goto(f"{add(team, SHOP)}?list=1")


def canvas_list_of_a_node(page: Page, team: Team) -> None:
    canvas_list(page, team)
    page.get_by_role("link", name="Connect or move About money?").click()
    expect(page.get_by_role("heading", name="Place")).to_be_visible()


CANVAS_SCREENS = (
    canvas,
    canvas_changed,
    canvas_problems,
    canvas_discarding,
    canvas_panel_open,
    canvas_palette_open,
    canvas_session_ended,
    canvas_list,
    canvas_list_of_a_node,
)
