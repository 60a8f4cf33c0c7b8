"""The screens of a flow's access, its runs and conversations, and of the workspace's settings."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forjinn.accounts import service as accounts
from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.workspaces import service as workspaces
from tests.browser.actions import dialog
from tests.browser.flow_history import LONG, add_exchange, add_run
from tests.browser.installation import Team
from tests.samples import START, chain, node

SESSION = "customer-4711-of-the-web-shop-" + "x" * 60
NEEDY = chain(
    START,
    node("agentAgentflow", "Order desk", {"agentModel": "absent"}),
    node("toolAgentflow", "Warehouse", {}, 1),
)


def _flow(page: Page, team: Team) -> str:
    return f"{team.flows}/{team.add_flow('Echo')}"


def _with_runs(team: Team) -> str:
    """The id of a flow that ran in every way."""
    flow = team.add_flow("Echo")
    team.add_key("Nightly build of the warehouse")
    team.add_key("Gone")
    add_run(team, flow, session=SESSION, ago=7200)
    with team.app.app_context():
        tried_by = accounts.user_by_email(team.admin).id
    add_run(team, flow, tried_by_id=tried_by, ago=3600)
    add_run(team, flow, key="Gone", outcome="STOPPED", ago=600)
    team.delete_key("Gone")
    add_run(team, flow, key="Nightly build of the warehouse", ago=60)
    add_run(team, flow, outcome="ERROR", error="Direct Reply: the provider answered with 429")
    return flow


def _with_conversations(team: Team) -> str:
    flow = team.add_flow("Echo")
    add_exchange(team, flow, "8c6fe1b8-2b9e-4f6c-9d8e-0e5a1c5d7e11", "Hello", None)
    for number in range(3):
        add_exchange(team, flow, SESSION, f"Question {number}. {LONG if number == 1 else ''}", "It is sent.")
    return flow


def flow_that_lacks_something(page: Page, team: Team) -> None:
    with team.app.app_context():
        flow = flows.import_agentflow(team.workspace, NEEDY, name="Order desk")
    page.goto(f"{team.flows}/{flow.id}")
    expect(page.get_by_role("heading", name="cannot be deployed")).to_be_visible()


def flow_access_refused(page: Page, team: Team) -> None:
    with team.app.app_context():
        stored_variables.put(team.workspace, "shop_address", "1 Harbour Road")
    page.goto(_flow(page, team))
    page.get_by_label("Public").check()
    page.get_by_label("Origins").fill("https://*.example.com")
    page.get_by_text("Inputs that a call may change").click()
    page.get_by_role("button", name="Save access").click()
    expect(page.get_by_text("has an asterisk")).to_be_visible()
    page.get_by_text("Inputs that a call may change").click()


def flow_access_saved(page: Page, team: Team) -> None:
    page.goto(_flow(page, team))
    page.get_by_label("Public").check()
    page.get_by_role("button", name="Save access").click()
    expect(page.locator(".saved")).to_be_visible()


def flow_of_a_viewer(page: Page, team: Team) -> None:
    team.set_role(team.admin, "Viewer")
    page.goto(_flow(page, team))


def no_runs(page: Page, team: Team) -> None:
    page.goto(f"{_flow(page, team)}/runs")


def flow_runs(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{_with_runs(team)}/runs")


def flow_tries(page: Page, team: Team) -> None:
    flow_runs(page, team)
    page.get_by_role("link", name="Tried by hand").click()
    expect(page.get_by_text("Tried by Alice Adams")).to_be_visible()


def no_tries(page: Page, team: Team) -> None:
    page.goto(f"{_flow(page, team)}/runs?which=tries")


def flow_run_failed(page: Page, team: Team) -> None:
    flow_runs(page, team)
    page.get_by_role("row").filter(has_text="Failed").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Nodes")).to_be_visible()


def flow_run_opened(page: Page, team: Team) -> None:
    flow_run_failed(page, team)
    for summary in page.locator("main summary").all():
        if summary.evaluate("summary => !summary.parentElement.open"):
            summary.click()


def no_conversations(page: Page, team: Team) -> None:
    page.goto(f"{_flow(page, team)}/conversations")


def conversations(page: Page, team: Team) -> None:
    page.goto(f"{team.flows}/{_with_conversations(team)}/conversations")


def conversation(page: Page, team: Team) -> None:
    conversations(page, team)
    page.get_by_role("link", name=SESSION).click()
    expect(page.get_by_text("Question 0")).to_be_visible()


def conversation_without_texts(page: Page, team: Team) -> None:
    with team.app.app_context():
        workspaces.set_record_texts(team.workspace, False)
    conversations(page, team)
    page.get_by_role("link", name=SESSION).click()
    expect(page.get_by_text("keeps no texts")).to_be_visible()


def delete_conversation(page: Page, team: Team) -> None:
    conversations(page, team)
    page.get_by_role("button", name=f'Delete conversation "{SESSION}"').click()
    expect(dialog(page)).to_be_visible()


def delete_conversation_page(page: Page, team: Team) -> None:
    conversation(page, team)
    page.get_by_role("link", name="Delete conversation").click()
    expect(page.get_by_role("button", name="Delete conversation")).to_be_visible()


def workspace_settings_empty(page: Page, team: Team) -> None:
    page.goto(f"/w/{team.slug}/settings")


def workspace_settings(page: Page, team: Team) -> None:
    with team.app.app_context():
        stored_variables.put(team.workspace, "shop_address", "1 Harbour Road\nHamburg")
        stored_variables.put(team.workspace, "a" * 60, LONG)
        stored_variables.put(team.workspace, "token", "hidden-word-4711", secret=True)
    page.goto(f"/w/{team.slug}/settings")


def workspace_settings_of_a_member(page: Page, team: Team) -> None:
    team.set_role(team.admin, "Member")
    page.goto(f"/w/{team.slug}/settings")


def recording_saved(page: Page, team: Team) -> None:
    workspace_settings_empty(page, team)
    page.get_by_label("Keep what people ask").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".saved")).to_be_visible()


def variable_refused(page: Page, team: Team) -> None:
    workspace_settings(page, team)
    page.get_by_label("Name").fill("shop address")
    page.get_by_role("button", name="Save variable").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()


def variable_changing(page: Page, team: Team) -> None:
    workspace_settings(page, team)
    page.get_by_role("button", name='Change "shop_address"').click()
    expect(page.get_by_role("heading", name="Change “shop_address”")).to_be_visible()


def delete_variable(page: Page, team: Team) -> None:
    workspace_settings(page, team)
    page.get_by_role("button", name='Delete "shop_address"').click()
    expect(dialog(page)).to_be_visible()


FLOW_SCREENS = (
    flow_that_lacks_something,
    flow_access_refused,
    flow_access_saved,
    flow_of_a_viewer,
    no_runs,
    flow_runs,
    flow_tries,
    no_tries,
    flow_run_failed,
    flow_run_opened,
    no_conversations,
    conversations,
    conversation,
    conversation_without_texts,
    delete_conversation,
    delete_conversation_page,
    workspace_settings_empty,
    workspace_settings,
    workspace_settings_of_a_member,
    recording_saved,
    variable_refused,
    variable_changing,
    delete_variable,
)
