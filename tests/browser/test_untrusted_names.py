"""Names are shown as they are, and do nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    accept_boxes,
    ask_to_delete,
    copy_key,
    create,
    dialog,
    done,
    row,
    start_rename,
)
from tests.browser.installation import Team

NAMES = [
    "<img src=x onerror=alert(1)>",
    '" hx-get="/profile" hx-trigger="load',
    "' autofocus onfocus='alert(1)",
    "</code></pre><script>alert(1)</script>",
    "<hx-partial hx-target='body'>gone</hx-partial>",
    "{{ 7 * 7 }} ${7 * 7} %(name)s",
    "../../login?next=//example.com#x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_keys_name_is_inert_wherever_it_is_shown(page: Page, team: Team, name: str) -> None:
    asked, requests = watch(page)
    page.goto(team.keys)
    create(page, name)
    copy_key(page)
    done(page)
    expect(row(page, name)).to_be_visible()
    page.reload()
    start_rename(page, name).press("Enter")
    expect(page.get_by_role("button", name=f'Rename "{name}"')).to_be_focused()
    expect(ask_to_delete(page, name)).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    page.get_by_role("searchbox").fill(name)
    page.wait_for_url("**?q=*")
    expect(row(page, name)).to_be_visible()
    ask_to_delete(page, name).get_by_role("button", name="Delete key").click()
    expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()

    assert asked == []
    stray = [url for url in requests if team.keys not in url and "/static/" not in url]
    assert stray == []


@pytest.mark.parametrize("name", NAMES)
def test_a_flows_and_a_workspaces_name_is_inert(page: Page, team: Team, name: str) -> None:
    other = type(team)(team.app, name)
    other.admit(team.admin)
    flow = other.add_flow(name)
    asked, requests = watch(page)
    for path in (other.flows, f"{other.flows}/{flow}", other.keys, f"{other.flows}?q=x"):
        page.goto(path)
    page.locator("summary").filter(has_text="Workspace:").click()
    expect(page.get_by_role("banner").get_by_role("link", name=name)).to_be_visible()
    page.goto(other.keys)
    create(page, "CI integration")
    expect(dialog(page).get_by_label("Flow").get_by_role("option")).to_have_text([name])
    copy_key(page)

    assert asked == []
    assert [url for url in requests if f"/w/{other.slug}/" not in url and "/static/" not in url] == []


def watch(page: Page) -> tuple[list[str], list[str]]:
    """The browser's boxes and the requests of this page from now on."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    return accept_boxes(page), requests
