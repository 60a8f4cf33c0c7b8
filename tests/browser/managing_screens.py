"""The screens on which flows are listed, made, renamed and deleted."""

from __future__ import annotations

import time
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from forjinn.apikeys import service as apikeys
from forjinn.flows import service as flows
from forjinn.gateway import service as models
from tests.browser.actions import ask_to_delete, dialog
from tests.browser.flow_history import add_run
from tests.browser.installation import Team
from tests.samples import START, chain, node

LONG = "Answers of the warehouse in the North for everything that is late, " + "x" * 30
NEEDY = chain(
    START,
    node("llmAgentflow", "Writer", {"llmModel": "gpt-of-another-environment-with-a-long-name"}),
    node("toolAgentflow", "Warehouse", {}, 1),
)


def add_model(team: Team, name: str = "small", url: str = "http://127.0.0.1:9/v1") -> None:
    with team.app.app_context():
        models.add(team.workspace, name, base_url=url, upstream="m")


def add_calls(team: Team, flow: str, key: str, calls: int) -> None:
    """As if this key, which is made, had called the flow."""
    team.add_key(key)
    with team.app.app_context():
        usage, found = team.app.extensions["forjinn.usage"], apikeys.named(team.workspace, key)
        for _ in range(calls):
            usage.record(found.id, UUID(flow), time.time(), False, "203.0.113.7")
        usage.flush()


def choose_file(page: Page, text: str) -> None:
    raw = {"name": "Writer.json", "mimeType": "application/json", "buffer": text.encode()}
    page.get_by_label("Agentflow file").set_input_files(raw)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import flow").click()


def open_new_flow(page: Page, team: Team) -> Locator:
    page.goto(team.flows)
    page.get_by_role("button", name="New flow").click()
    expect(dialog(page).get_by_role("heading", name="New flow")).to_be_visible()
    return dialog(page)


def _busy(page: Page, team: Team) -> None:
    flow = team.add_flow(LONG)
    add_run(team, flow, ago=200)
    for number in range(7):
        add_calls(team, flow, f"Nightly build number {number} of the warehouse", 20 - number)
    other = team.add_flow("Echo")
    with team.app.app_context():
        flows.configure(
            team.workspace,
            flows.get(team.workspace, UUID(other)),
            is_public=True,
            origins=(),
            overridable=(),
        )
        draft = flows.import_agentflow(team.workspace, NEEDY, name="Writer")
        assert not draft.deployed
    page.goto(team.flows)


def flows_in_use(page: Page, team: Team) -> None:
    _busy(page, team)


def flows_of_a_viewer(page: Page, team: Team) -> None:
    team.set_role(team.admin, "Viewer")
    _busy(page, team)


def no_flows_of_a_viewer(page: Page, team: Team) -> None:
    team.set_role(team.admin, "Viewer")
    page.goto(team.flows)


def more_flows(page: Page, team: Team) -> None:
    for number in range(52):
        team.add_flow(f"Flow {number:02}")
    page.goto(team.flows)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Previous")).to_be_visible()


def no_flow_of_this_type(page: Page, team: Team) -> None:
    _busy(page, team)
    page.get_by_role("link", name="Chatflows").click()
    expect(page.get_by_text("No chatflows yet")).to_be_visible()


def new_flow(page: Page, team: Team) -> None:
    add_model(team)
    open_new_flow(page, team)


def new_flow_without_a_model(page: Page, team: Team) -> None:
    open_new_flow(page, team)


def new_flow_refused(page: Page, team: Team) -> None:
    new_flow(page, team)
    page.get_by_role("radio", name="API lookup").check()
    page.get_by_label("Address of the API").fill("shop.example.com")
    page.get_by_label("Name").fill("Lookup")
    page.get_by_role("button", name="Create flow").click()
    expect(page.get_by_text("begins with https://")).to_be_visible()


def new_faq_page(page: Page, team: Team) -> None:
    add_model(team)
    page.goto(f"{team.flows}/new")
    page.get_by_role("radio", name="FAQ").check()


def import_flow(page: Page, team: Team) -> None:
    page.goto(team.flows)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(dialog(page).get_by_label("Agentflow file")).to_be_focused()


def import_flow_that_lacks_something(page: Page, team: Team) -> None:
    add_model(team)
    import_flow(page, team)
    choose_file(page, NEEDY)
    expect(dialog(page).get_by_text("Nothing was imported yet.")).to_be_visible()


def import_flow_refused(page: Page, team: Team) -> None:
    import_flow(page, team)
    choose_file(
        page, chain(*[node("llmAgentflow", LONG, {"llmMessages": [{"role": "x"}]}, n) for n in range(9)])
    )
    expect(dialog(page).get_by_text("Nothing was imported.")).to_be_visible()


def import_flow_page(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/import")


def rename_flow(page: Page, team: Team) -> None:
    _busy(page, team)
    page.get_by_role("button", name='Rename "Echo"').click()
    field = page.get_by_role("textbox", name="New name of Echo")
    field.fill("")
    field.press("Enter")
    expect(page.get_by_text("Enter a name.")).to_be_visible()


def rename_flow_page(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow(LONG)}/rename")


def delete_flow(page: Page, team: Team) -> None:
    _busy(page, team)
    ask_to_delete(page, LONG)


def delete_flow_page(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{team.add_flow('Echo')}/delete")


def no_match_of_flows(page: Page, team: Team) -> None:
    _busy(page, team)
    page.goto(f"{team.flows}?type=agentflow&q=nothing-goes-by-this-name")


def flow_to_map(page: Page, team: Team) -> None:
    add_model(team)
    with team.app.app_context():
        flow = flows.import_agentflow(team.workspace, NEEDY, name="Writer")
    page.goto(f"{team.flows}/{flow.id}")


MANAGING_SCREENS = (
    no_match_of_flows,
    flow_to_map,
    flows_in_use,
    flows_of_a_viewer,
    no_flows_of_a_viewer,
    more_flows,
    no_flow_of_this_type,
    new_flow,
    new_flow_without_a_model,
    new_flow_refused,
    new_faq_page,
    import_flow,
    import_flow_that_lacks_something,
    import_flow_refused,
    import_flow_page,
    rename_flow,
    rename_flow_page,
    delete_flow,
    delete_flow_page,
)
