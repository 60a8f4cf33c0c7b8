"""What opens beside the canvas of a flow, and a run on it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.canvas import SHOP, add, open_canvas, the_card
from tests.browser.flow_history import add_run
from tests.browser.installation import Team
from tests.browser.managing_screens import LONG, add_model
from tests.browser.trying_screens import send, try_form_flow


def _entry(label: str, name: str, said: str, status: str = "FINISHED", **output: Any) -> dict[str, Any]:
    about = {"content": said, "timeMetadata": {"delta": 840}, **output}
    data = {
        "id": label,
        "name": f"{name}Agentflow",
        "input": {"question": LONG},
        "output": about,
        "state": {},
    }
    return {"nodeId": label, "nodeLabel": label, "status": status, "previousNodeIds": [], "data": data}


RAN = [
    _entry("Start", "start", LONG),
    _entry("About money?", "condition", "", conditions=[{"isFulfilled": True}, {"isFulfilled": False}]),
    _entry("Order desk that was deleted", "llm", "Yes", usageMetadata={"total_tokens": 1544}),
    _entry("Refunds", "directReply", "", "ERROR", error="the provider answered with 429: " + LONG),
]


def run_of(team: Team) -> str:
    """The path of a run on the canvas of its flow."""
    path = add(team, SHOP)
    error = "Refunds: the provider answered with 429"
    run = add_run(team, path.split("/")[-2], outcome="ERROR", error=error, trace=RAN)
    return f"{path}?run={run}"


def run_on_the_canvas(page: Page, team: Team) -> None:
    open_canvas(page, run_of(team))
    the_card(page, "Refunds").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ran-panel")).to_be_visible()


def run_in_the_list(page: Page, team: Team) -> None:
    page.goto(f"{run_of(team)}&list=1")


def flow_settings_on_the_canvas(page: Page, team: Team) -> None:
    path = run_of(team).split("?")[0]
    open_canvas(page, path)
    page.get_by_role("link", name="Flow settings").click()
    expect(page.get_by_role("heading", name="Flow settings")).to_be_focused()
    page.get_by_text("Inputs that a call may change").click()


def try_it_on_the_canvas(page: Page, team: Team) -> None:
    """With a node that failed."""
    add_model(team)
    path = add(
        team, SHOP.replace('"Refunds", "name": "directReplyAgentflow"', '"Refunds", "name": "llmAgentflow"')
    )
    open_canvas(page, path)
    page.locator("#canvas-trying").click()
    send(page, "I want a refund. " + LONG)
    expect(page.locator("[data-work]")).to_have_count(3)
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    # Handles are drawn at the scale that the person chose.
    page.locator("#canvas-zoom").click()


def try_a_form_on_the_canvas(page: Page, team: Team) -> None:
    open_canvas(page, f"{team.flows}/{try_form_flow(team)}/canvas")
    page.locator("#canvas-trying").click()
    expect(page.get_by_label("Name of the customer")).to_be_focused()


BESIDE_SCREENS = (
    run_on_the_canvas,
    run_in_the_list,
    flow_settings_on_the_canvas,
    try_it_on_the_canvas,
    try_a_form_on_the_canvas,
)
