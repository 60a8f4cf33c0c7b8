"""The screens on which a flow is tried."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forjinn.flows import service as flows
from tests.browser.installation import Team
from tests.browser.managing_screens import LONG, add_model
from tests.samples import chain, node

INPUTS = [
    {"type": "string", "label": "Name of the customer", "name": "who"},
    {"type": "number", "label": "Pieces", "name": "pieces"},
    {"type": "boolean", "label": "Express", "name": "express"},
    {
        "type": "options",
        "label": "Colour",
        "name": "colour",
        "addOptions": [{"option": "blue"}, {"option": LONG}],
    },
]
FORM = chain(
    node(
        "startAgentflow",
        "Start",
        {
            "startInputType": "formInput",
            "formTitle": "Order of umbrellas",
            "formDescription": "We send them within two days.",
            "formInputTypes": INPUTS,
        },
    ),
    node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "Thank you, {{ $form.who }}"}),
)


def send(page: Page, question: str) -> None:
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_role("button", name="Send").click()


def try_form_flow(team: Team) -> str:
    with team.app.app_context():
        return str(flows.import_agentflow(team.workspace, FORM, name="Order form").id)


def try_it(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/try")


def try_it_answered(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow('Echo', LONG * 4)}/try")
    for _ in range(2):
        send(page, "Where is my order of the twelve blue umbrellas? " * 5)
        expect(page.locator("#try-log .answered").last).to_contain_text("everything that is late")


def try_it_failed(page: Page, team: Team) -> None:
    add_model(team)
    with team.app.app_context():
        flow = flows.create_chatflow(team.workspace, "Assistant", model="small")
    page.goto(f"{team.flows}/{flow.id}/try")
    send(page, "Hello")
    expect(page.locator("#try-log [data-error]")).to_contain_text("LLM: ")


def try_it_refused(page: Page, team: Team) -> None:
    try_it(page, team)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Write a question.")).to_be_visible()


def try_a_form(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{try_form_flow(team)}/try")
    page.get_by_label("Name of the customer").fill("Ann")
    page.get_by_label("Pieces").fill("12")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you, Ann")).to_be_visible()


TRYING_SCREENS = (try_it, try_it_answered, try_it_failed, try_it_refused, try_a_form)
