"""Beside the canvas: the flow is tried while its nodes light up, its settings, and a run on the drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from forjinn.gateway import service as models
from tests.browser.actions import accept_boxes, clipboard
from tests.browser.beside_screens import RAN, run_of
from tests.browser.browsing import Browsing
from tests.browser.canvas import SHOP, add, card, drawn, open_canvas, settled, the_card
from tests.browser.installation import Team
from tests.browser.trying_screens import send
from tests.streaming import Script, StreamingProvider

ASKS = drawn(
    [
        card("start", "Start", 0, 0, inputs={"startInputType": "chatInput"}),
        card("llm", "Asks", 200, 0, inputs={"llmModel": "small", "llmMessages": []}),
        card("directReply", "Ends", 400, 0, inputs={"directReplyMessage": "The end"}),
    ],
    "Start>Asks",
    "Asks>Ends",
)


@pytest.fixture
def upstream(team: Team) -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        with team.app.app_context():
            models.add(team.workspace, "small", base_url=running.url, upstream="m")
        yield running


def test_nodes_light_up_and_the_failed_one_is_mended_beside_the_conversation(
    page: Page, team: Team, upstream: StreamingProvider
) -> None:
    open_canvas(page, add(team, ASKS))
    tried = page.locator("#canvas-try")
    upstream.script = Script(["Hel", 60.0, "never"])
    page.locator("#canvas-trying").click()
    expect(tried.get_by_label("Question", exact=True)).to_be_focused()
    send(page, "Hi")
    expect(the_card(page, "Start")).to_have_attribute("data-work", "FINISHED")
    expect(the_card(page, "Asks")).to_have_attribute("data-work", "INPROGRESS")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-work=INPROGRESS]")).to_have_count(0)

    # What failed says so on the drawing, and its settings open from the answer.
    upstream.script = Script(status=400)
    send(page, "Hi")
    expect(the_card(page, "Asks")).to_have_attribute("data-work", "ERROR")
    tried.get_by_role("link", name="Show the node").click()
    panel = page.locator("#canvas-panel")
    expect(panel.get_by_role("heading", name="Asks")).to_be_focused()
    expect(tried).to_be_hidden()
    panel.get_by_role("button", name="Add message").click()
    panel.get_by_label("Content").fill("Be brief.")
    page.keyboard.press("Escape")
    expect(the_card(page, "Asks")).to_be_focused()

    # The conversation is where it was. What was typed a moment ago is tried, and was not saved.
    upstream.script = Script(["Hello"])
    expect(tried.locator(".answered")).to_have_count(2)
    send(page, "And now?")
    expect(tried.locator(".answered").last).to_contain_text("The end")
    assert "Be brief." in str(upstream.received[-1])
    expect(page.locator("#canvas-status")).to_contain_text("unsaved change")
    expect(page.locator("[data-work=FINISHED]")).to_have_count(3)
    page.get_by_role("link", name="New session").click()
    expect(tried.locator("li")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#canvas-trying")).to_be_focused()
    expect(page.locator("[data-work]")).to_have_count(0)


def test_a_draft_that_could_not_run_says_why(page: Page, team: Team) -> None:
    open_canvas(page, add(team, SHOP))
    the_card(page, "Start").focus()
    page.keyboard.press("Delete")
    settled(page)
    page.locator("#canvas-trying").click()
    tried = page.locator("#canvas-try")
    expect(tried).to_contain_text("A flow has one Start node; this one has 0.")
    page.get_by_role("button", name="Undo").click()
    settled(page)
    tried.get_by_role("link", name="Try again").click()
    expect(tried.get_by_label("Question", exact=True)).to_be_focused()
    send(page, "A refund, please")
    expect(tried.locator(".answered")).to_contain_text("It is on its way.")


def test_the_settings_of_the_flow_are_kept_beside_its_drawing(page: Page, team: Team) -> None:
    path = add(team, SHOP)
    open_canvas(page, path)
    boxes = accept_boxes(page)
    opener = page.get_by_role("link", name="Flow settings")
    opener.click()
    panel = page.locator("#canvas-panel")
    expect(panel.get_by_role("heading", name="Flow settings")).to_be_focused()
    panel.get_by_role("button", name="Copy ID").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    assert clipboard(page) == path.split("/")[-2]
    panel.get_by_role("tab", name="Python", exact=True).click()
    expect(panel.get_by_label("Python sample")).to_contain_text(path.split("/")[-2])
    panel.get_by_role("button", name="Undeploy").click()
    expect(panel.get_by_text("Not deployed", exact=True)).to_be_visible()
    expect(panel.get_by_role("button", name="Deploy", exact=True)).to_be_focused()
    panel.get_by_label("Public").check()
    panel.get_by_role("button", name="Save access").click()
    expect(panel.get_by_text("Embed it in a web page")).to_be_visible()
    expect(panel.get_by_label("Embed sample")).to_contain_text("Chatbot.init")
    # A node takes its place; each way back leads to where it came from.
    the_card(page, "Start").click()
    expect(panel.get_by_role("heading", name="Start")).to_be_focused()
    opener.click()
    expect(panel.get_by_role("heading", name="Flow settings")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    assert boxes == []


def test_a_run_is_looked_at_node_by_node(page: Page, team: Team) -> None:
    path = run_of(team)
    page.goto(path.split("/canvas")[0])
    page.locator("#recent-runs").get_by_role("link").last.click()
    expect(page.locator("#canvas-world.is-ready")).to_be_attached()
    expect(page.locator(".run-said").first).to_contain_text("This run failed.")
    expect(the_card(page, "Refunds")).to_contain_text("Failed: ")
    expect(the_card(page, "Anything else")).to_contain_text("Did not run")
    the_card(page, "Refunds").click()
    panel = page.locator("#canvas-panel")
    expect(panel).to_contain_text(str(RAN[-1]["data"]["output"]["error"]))
    page.keyboard.press("Escape")
    expect(the_card(page, "Refunds")).to_be_focused()
    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Open its settings").click()
    expect(page).to_have_url(re.compile(r"canvas\?node=Refunds$"))
    expect(page.locator("#canvas-panel").get_by_role("heading", name="Refunds")).to_be_visible()
    page.go_back(wait_until="commit")
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator("#canvas-list")).to_contain_text("Ran as number 2")
    page.get_by_role("link", name="Show the flow alone").click()
    expect(page.locator("#canvas-status")).to_contain_text("Saved")


def test_without_javascript_each_is_a_page(browsing: Browsing, team: Team) -> None:
    path = run_of(team)
    plain = browsing.page(team.admin, java_script_enabled=False)
    plain.goto(path)
    plain.get_by_role("main").get_by_role("link", name="The list").click()
    expect(plain.locator("#canvas-list")).to_contain_text("Ran as number 2")
    plain.get_by_role("link", name="Flow settings").click()
    expect(plain.get_by_role("heading", name="Settings")).to_be_visible()
    plain.goto(path.split("?")[0])
    plain.locator("#canvas-trying").click()
    expect(plain.get_by_label("Question")).to_be_visible()
