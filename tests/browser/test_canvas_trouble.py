"""The canvas when something goes wrong: nothing that was done is lost, and the page says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.browsing import Browsing, sign_in
from tests.browser.canvas import (
    SHOP,
    add,
    card,
    drag_by,
    drawn,
    fit,
    middle,
    open_canvas,
    place,
    save,
    settled,
    soon,
    the_card,
    unsaved,
    zoom,
)
from tests.browser.installation import Team

HOSTILE = "<img src=x onerror=alert(1)> \"'><b hx-get=/logout>{{ 7 * 7 }}</b>"


def test_a_network_that_drops_is_said_and_what_was_done_is_sent_later(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("ERR_FAILED")
    path = add(team, SHOP)
    open_canvas(page, path)
    scale = zoom(page)
    lost: list[str] = []

    # The first edit arrives, and its answer gets lost; the next one does not even arrive.
    def drop(route: Route) -> None:
        lost.append(route.request.url)
        if len(lost) == 1:
            route.fetch()
        route.abort()

    page.route("**/canvas/move", drop)
    drag_by(page, the_card(page, "Refunds").locator(".node-label"), 20 * scale, 0)
    drag_by(page, the_card(page, "Anything else").locator(".node-label"), 30 * scale, 0)
    trouble = page.locator("#canvas-trouble")
    expect(trouble).to_contain_text("Not saved: no connection. Trying again")
    expect(trouble).to_contain_text("2 changes wait.")
    expect(page.locator("#announce")).to_contain_text("no connection")
    page.unroute("**/canvas/move")
    trouble.get_by_role("button", name="Try now").click()
    expect(trouble).to_be_hidden()
    settled(page)
    expect(page.locator("#canvas-status")).to_contain_text("2 unsaved changes")

    # The same for a save: that it arrived the first time does not make the second one a conflict.
    saves: list[str] = []

    def drop_once(route: Route) -> None:
        saves.append("")
        route.fetch()
        route.abort()

    page.route("**/canvas/save", drop_once, times=1)
    page.get_by_role("button", name="Save", exact=True).click()
    soon(page, lambda: bool(saves))
    unsaved(page, many_changes=False)
    assert place(team, path, "Refunds") == (480, 0)
    assert place(team, path, "Anything else") == (490, 180)


def test_a_session_that_ended_is_said_and_goes_on_after_a_sign_in(
    page: Page, team: Team, browsing: Browsing
) -> None:
    browsing.allow("status of 4")
    path = add(team, SHOP)
    open_canvas(page, path)
    scale = zoom(page)
    the_card(page, "Refunds").click()
    message = page.locator("#canvas-panel").get_by_label("Message")
    message.fill("Typed before the session ended")
    team.end_sessions(team.admin)
    message.blur()
    ended = page.locator("#canvas-session")
    expect(ended).to_contain_text("What you did is kept on this page.")
    page.keyboard.press("Escape")
    expect(ended).to_be_visible()
    ended.get_by_role("button", name="Continue").click()
    expect(ended).to_contain_text("You are not signed in yet.")
    expect(ended.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    # In another tab, with cookies that this one shares.
    page.context.clear_cookies()
    sign_in(page.context, team.admin)
    ended.get_by_role("button", name="Continue").click()
    expect(ended).to_be_hidden()
    settled(page)
    expect(the_card(page, "Refunds")).to_contain_text("Typed before")
    page.locator("#panel-close").click()
    fit(page)
    drag_by(page, the_card(page, "Anything else").locator(".node-label"), 0, 20 * scale)
    settled(page)
    save(page)
    assert place(team, path, "Anything else")[1] > 180


def test_two_people_who_save_the_same_flow(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 409")
    path = add(team, SHOP)
    other = browsing.page(team.add_person("Admin"))
    open_canvas(page, path)
    open_canvas(other, path)
    drag_by(other, the_card(other, "Refunds").locator(".node-label"), 60, 0)
    drag_by(page, the_card(page, "Refunds").locator(".node-label"), -60, 0)
    settled(other)
    save(other)
    theirs = place(team, path, "Refunds")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).click()
    problem = page.locator("#canvas-problem")
    expect(problem).to_contain_text("Alice Adams saved a newer version")
    assert place(team, path, "Refunds") == theirs
    problem.get_by_role("button", name="Keep mine as a copy").click()
    expect(page.get_by_role("status")).to_contain_text("kept as")
    assert page.url.split("/")[-2] != path.split("/")[-2]
    expect(page.locator("#canvas-world.is-ready")).to_be_attached()


def test_two_tabs_of_one_person(page: Page, team: Team, browsing: Browsing) -> None:
    browsing.allow("status of 409")
    path = add(team, SHOP)
    open_canvas(page, path)
    second = page.context.new_page()
    open_canvas(second, path)
    drag_by(second, the_card(second, "Refunds").locator(".node-label"), 60, 0)
    settled(second)
    drag_by(page, the_card(page, "Start").locator(".node-label"), 0, 60)
    expect(page.locator("#canvas-problem")).to_contain_text("another tab")
    page.locator("#canvas-problem").get_by_role("link", name="Reload").click()
    expect(page.locator("#canvas-status")).to_contain_text("1 unsaved change")
    expect(page.locator("#canvas-world.is-ready")).to_be_attached()
    at = [the_card(one, "Refunds").evaluate("card => card.style.translate") for one in (page, second)]
    assert at[0] == at[1]


def test_names_full_of_html_are_text(page: Page, team: Team) -> None:
    nodes = [
        card("start", "Start", 0, 0, inputs={"startInputType": "chatInput"}),
        card("directReply", HOSTILE, 300, 0, inputs={"directReplyMessage": HOSTILE}),
    ]
    nodes[1]["id"] = nodes[1]["data"]["id"] = "reply<b>'\""
    path = add(team, drawn(nodes).replace('"edges": []', _edge_to("reply<b>'\\\"")), name=HOSTILE)
    open_canvas(page, path)
    expect(page.locator(".node-label").nth(1)).to_have_text(HOSTILE)
    expect(page.locator(".edge")).to_have_count(1)
    drag_by(page, page.locator(".node").nth(1).locator(".node-label"), 40, 0)
    settled(page)
    page.locator(".node").nth(1).click()
    expect(page.locator("#canvas-panel h2")).to_contain_text(HOSTILE)
    save(page)
    page.goto(f"{path}?list=1")
    expect(page.locator("#canvas-list")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x], b[hx-get]").count() == 0


def _edge_to(target: str) -> str:
    ends = f'"source": "Start", "target": "{target}", "sourceHandle": "Start-output-0"'
    return f'"edges": [{{"id": "<e>", {ends}}}]'


def test_what_keeps_a_draft_from_being_saved_leads_to_its_node(
    page: Page, team: Team, browsing: Browsing
) -> None:
    # 422 for the save; and the settings ask for their node, which is gone with the draft.
    browsing.allow("status of 4")
    open_canvas(page, add(team, SHOP))
    page.get_by_role("button", name="Add node").click()
    page.locator("#canvas-palette").get_by_role("button", name="Direct Reply").click()
    expect(page.locator("#canvas-panel h2")).to_contain_text("Direct Reply")
    page.get_by_role("link", name="Close the settings").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#canvas-problem").get_by_role("link", name="the message is empty").click()
    expect(page.locator("#canvas-panel h2")).to_contain_text("Direct Reply")
    page.get_by_role("button", name="Discard", exact=True).click()
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_role("status").first).to_contain_text("thrown away")
    expect(page.locator(".node")).to_have_count(4)


@pytest.mark.parametrize("at", [0, 1e9])
def test_nodes_at_one_point_or_far_off_are_found_and_arranged(page: Page, team: Team, at: float) -> None:
    names = [f"Reply {number}" for number in range(4)]
    nodes = [card("start", "Start", at, at, inputs={"startInputType": "chatInput"})]
    nodes += [card("directReply", name, at, -at, inputs={"directReplyMessage": name}) for name in names]
    path = add(team, drawn(nodes, *(f"Start>{name}" for name in names)))
    open_canvas(page, path)
    expect(the_card(page, "Start")).to_be_in_viewport()
    page.get_by_role("button", name="Arrange all nodes").click()
    unsaved(page)
    fit(page)
    for name in names:
        expect(the_card(page, name)).to_be_in_viewport()
    assert len({middle(the_card(page, name)) for name in names}) == 4
    assert place(team, path, "Start") == (at, at)
