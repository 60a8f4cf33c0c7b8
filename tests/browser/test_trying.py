"""A flow is tried by hand: the answer comes while it is made, and can be stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from forjinn.flows import service as flows
from forjinn.gateway import service as models
from tests.browser.browsing import Browsing
from tests.browser.installation import Team
from tests.browser.managing_screens import add_model
from tests.browser.trying_screens import send, try_form_flow, try_it_failed
from tests.calls import eventually
from tests.streaming import Script, StreamingProvider

LISTEN = """() => {
  window.heard = [];
  document.addEventListener("forjinn:try", ({detail}) => heard.push(detail.running));
  document.addEventListener("forjinn:node", ({detail}) => heard.push(`${detail.nodeId} ${detail.status}`));
}"""


@pytest.fixture
def upstream() -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        yield running


@pytest.fixture
def talk(team: Team, upstream: StreamingProvider) -> str:
    """The page on which a flow with that model is tried."""
    with team.app.app_context():
        models.add(team.workspace, "small", base_url=upstream.url, upstream="m")
        return f"{team.flows}/{flows.create_chatflow(team.workspace, 'Talk', model='small').id}/try"


def test_the_answer_is_shown_while_it_is_made_and_can_be_stopped(
    page: Page, talk: str, upstream: StreamingProvider
) -> None:
    upstream.script = Script(["Hel", "lo <b>", 60.0, "never"])
    page.goto(talk)
    send(page, "Hi <i>")
    answer = page.locator("#try-log .answered [data-text]")
    expect(answer).to_have_text("Hello <b>")
    expect(page.locator("#try-log .asked [data-text]")).to_have_text("Hi <i>")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.get_by_role("button", name="Stop").click()

    expect(page.locator("#try-log").get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    eventually(lambda: upstream.listeners == 0)


def test_enter_sends_and_the_session_goes_on_until_a_new_one(
    page: Page, talk: str, upstream: StreamingProvider
) -> None:
    page.goto(talk)
    for question in ("My name is Ann", "Who am I?"):
        page.get_by_label("Question").press_sequentially(question)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Question")).to_have_value("")
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        expect(page.get_by_label("Question")).to_be_focused()
    expect(page.locator("#try-log .answered")).to_have_count(2)
    assert "My name is Ann" in str(upstream.received[-1])
    page.get_by_role("link", name="New session").click()
    expect(page.locator("#try-log li")).to_have_count(0)
    send(page, "Who am I?")
    expect(page.locator("#try-log .answered [data-text]")).to_have_text("Hello world")
    assert "My name is Ann" not in str(upstream.received[-1])


def test_the_nodes_at_work_are_told_and_the_one_that_failed_is_linked(page: Page, team: Team) -> None:
    add_model(team)
    with team.app.app_context():
        flow = flows.create_chatflow(team.workspace, "Talk", model="small")
    page.goto(f"{team.flows}/{flow.id}/try")
    # A panel that came later works as the one of the page.
    page.get_by_role("link", name="New session").click()
    expect(page.get_by_label("Question")).to_be_focused()
    page.evaluate(LISTEN)
    send(page, "Hello")
    link = page.get_by_role("link", name="Show the node")
    expect(link).to_have_attribute("href", re.compile(f"{flow.id}/canvas\\?node=llmAgentflow_0$"))
    expect(link).to_have_attribute("data-node", "llmAgentflow_0")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    assert page.evaluate("heard") == [
        True,
        "startAgentflow_0 INPROGRESS",
        "startAgentflow_0 FINISHED",
        "llmAgentflow_0 INPROGRESS",
        "llmAgentflow_0 ERROR",
        False,
    ]


def test_a_new_session_leaves_the_old_answer(page: Page, talk: str, upstream: StreamingProvider) -> None:
    upstream.script = Script(["Hello", 60.0, "never"])
    page.goto(talk)
    send(page, "Hi")
    expect(page.locator("#try-log .answered [data-text]")).to_have_text("Hello")
    page.get_by_role("link", name="New session").click()
    eventually(lambda: upstream.listeners == 0)
    upstream.script = Script(["Again"])
    send(page, "Hi")
    expect(page.locator("#try-log .answered [data-text]")).to_have_text("Again")


def test_shift_and_enter_begin_a_line_and_the_answer_is_said_aloud(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/try")
    page.get_by_label("Question").press_sequentially("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(page.locator("#try-log .answered [data-text]")).to_have_text("You asked: one\ntwo")
    expect(page.locator("#announce")).to_contain_text("You asked: one")


def test_a_form_is_sent_and_a_mistake_is_said(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 422")
    page.goto(f"{team.flows}/{try_form_flow(team)}/try")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Pieces: enter a number.")).to_be_visible()
    page.get_by_label("Name of the customer").fill("Ann")
    page.get_by_label("Pieces").fill("12")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you, Ann")).to_be_visible()
    expect(page.get_by_text("Pieces: enter a number.")).to_be_hidden()
    expect(page.locator("#try-log .asked")).to_contain_text("Pieces: 12")


def test_who_was_signed_out_meanwhile_keeps_the_question(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 4")
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/try")
    team.end_sessions(team.admin)
    send(page, "Where is my order?")
    expect(page.get_by_role("alert")).to_contain_text("Reload the page")
    expect(page.get_by_label("Question")).to_have_value("Where is my order?")


def test_a_network_that_is_gone_is_said_and_nothing_is_lost(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("ERR_INTERNET_DISCONNECTED")
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/try")
    page.context.set_offline(True)
    send(page, "Where is my order?")
    expect(page.get_by_role("alert")).to_contain_text("The server did not answer")
    expect(page.get_by_label("Question")).to_have_value("Where is my order?")
    page.context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#try-log .answered [data-text]")).to_have_text("You asked: Where is my order?")


def test_without_javascript_the_whole_answer_is_shown(browsing: Browsing, team: Team) -> None:
    plain = browsing.page(team.admin, java_script_enabled=False)
    plain.goto(f"{team.flows}/{team.add_flow('Echo')}")
    plain.get_by_role("link", name="Try it").click()
    send(plain, "Where is my order?")
    expect(plain.locator("#try-log .answered")).to_contain_text("You asked: Where is my order?")
    try_it_failed(plain, team)
