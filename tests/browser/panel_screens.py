"""The settings of a node, on a page of their own and beside the canvas."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forjinn.flows import service as flows
from tests.browser.canvas import SHOP, add, open_canvas, the_card
from tests.browser.installation import Team
from tests.flows.canvas.every_node import EVERY_NODE


def node_settings(page: Page, team: Team) -> None:
    """A node with every kind of field, one of them wrong."""
    with team.app.app_context():
        flow = flows.import_agentflow(team.workspace, EVERY_NODE, name="Every node", deployed=False)
    page.goto(f"{team.flows}/{flow.id}/canvas/node?node=agentAgentflow_0")
    page.get_by_label("Temperature").fill("warm")
    page.get_by_label("Max tokens").click()
    expect(page.get_by_text("Enter a number.")).to_be_visible()
    page.get_by_text("Kept as they are").click()


def node_settings_on_the_canvas(page: Page, team: Team) -> None:
    """With the list of variables."""
    open_canvas(page, add(team, SHOP))
    the_card(page, "Refunds").focus()
    page.keyboard.press("Enter")
    page.locator("#canvas-panel").get_by_label("Message", exact=True).press_sequentially(" {{")
    expect(page.get_by_role("listbox", name="Variables")).to_be_visible()


PANEL_SCREENS = (node_settings, node_settings_on_the_canvas)
