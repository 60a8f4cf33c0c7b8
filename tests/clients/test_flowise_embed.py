"""The published widget (npm `flowise-embed`), unchanged, in a real browser on a page of another origin."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from forjinn.accounts import service as accounts
from forjinn.flows import managing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from tests.conftest import skip_or_fail
from tests.people import PASSWORD, Person
from tests.served import Served
from tests.streaming import Script, StreamingProvider
from tests.web import Web

pytestmark = pytest.mark.browser
WIDGET = Path(__file__).parent / "node/node_modules/flowise-embed/dist/web.js"
CDN = re.compile(r"https://cdn\.jsdelivr\.net/npm/flowise-embed@[\d.]+/dist/web\.js")


def test_the_snippet_of_the_flows_page_chats_and_streams(
    served: Served, chatflow: UUID, upstream: StreamingProvider, shop: Web, page: Page
) -> None:
    put_on_page(shop, snippet(served, public(served, chatflow, shop.url)))
    upstream.script, before = Script(["It is on ", "its way", 60.0, "never"]), upstream.script
    try:
        ask(page, shop, "Where is my order?")
        # The rest is a minute away: what is shown was streamed.
        expect(page.get_by_text("It is on its way")).to_be_visible()
    finally:
        upstream.script = before


def test_an_agentflow_streams_too_and_the_conversation_goes_on(
    served: Served, agentflow: UUID, shop: Web, page: Page
) -> None:
    put_on_page(shop, snippet(served, public(served, agentflow, shop.url)))
    ask(page, shop, "Hello")
    expect(page.get_by_text("日本語")).to_have_count(1)
    send(page, "And again?")
    expect(page.get_by_text("日本語")).to_have_count(2)


def test_a_page_of_another_origin_than_the_flow_names_is_refused(
    served: Served, chatflow: UUID, shop: Web, page: Page
) -> None:
    put_on_page(shop, snippet(served, public(served, chatflow, "https://shop.example.com")))
    with page.expect_response(re.compile("/api/v1/prediction/")) as answer:
        ask(page, shop, "Hello")
    assert answer.value.status == 403


def test_the_snippet_is_not_shown_for_a_flow_that_needs_a_key(served: Served, chatflow: UUID) -> None:
    flow = configure(served, chatflow, is_public=False, origins=())
    shown = flow_page(served, flow)
    assert "flowise-embed" not in shown
    assert "A key never goes into a web page" in shown


@pytest.fixture
def shop() -> Iterator[Web]:
    if not WIDGET.is_file():
        skip_or_fail("flowise-embed (make install-dev) is not installed")
    with Web() as web:
        web.says(WIDGET.read_bytes(), at="/web.js", headers={"Content-Type": "text/javascript"})
        yield web


# Not for the whole session: while Playwright runs, no other test could run an event loop.
@pytest.fixture
def page(shop: Web) -> Iterator[Page]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        skip_or_fail("no Chromium: install one, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_page()
        # Nothing of the world outside: the widget may ask for fonts and pictures.
        page.route(
            lambda url: "//127.0.0.1:" not in url,
            lambda route: route.abort(),
        )
        yield page
        browser.close()


def public(served: Served, flow_id: UUID, origin: str) -> Flow:
    return configure(served, flow_id, is_public=True, origins=(origin,))


def configure(served: Served, flow_id: UUID, *, is_public: bool, origins: tuple[str, ...]) -> Flow:
    """A copy: the flow itself is shared with other tests, as is the first one of the list."""
    with served.app.app_context():
        flow = managing.duplicate(served.workspace, flows.get(served.workspace, flow_id))
        flow = managing.rename(served.workspace, flow, "Widget")
        flows.set_deployed(served.workspace, flow, True)
        flows.configure(served.workspace, flow, is_public=is_public, origins=origins, overridable=())
        return flows.get(served.workspace, flow.id)


def flow_page(served: Served, flow: Flow) -> str:
    email = f"{os.urandom(4).hex()}@example.com"
    with served.app.app_context():
        user = accounts.create_user(email, PASSWORD)
        workspaces.grant(user, served.workspace, "Viewer")
    return Person(served.app, user).signed_in().get(f"/w/{served.workspace.slug}/flows/{flow.id}").text


def snippet(served: Served, flow: Flow) -> str:
    """As the flow's page shows it, but from this machine: the widget, and us at the server's address."""
    shown = re.search(r'<code id="sample-embed">(.*?)</code>', flow_page(served, flow), re.DOTALL)
    assert shown
    text, replaced = CDN.subn("/web.js", html.unescape(shown[1]))
    assert replaced == 1
    return text.replace("http://localhost", served.server.url)


def put_on_page(shop: Web, script: str) -> None:
    page = f"<!doctype html><html lang='en'><title>Shop</title>{script}"
    shop.says(page, at="/", headers={"Content-Type": "text/html"})


def ask(page: Page, shop: Web, question: str) -> None:
    page.goto(shop.url)
    page.locator("flowise-chatbot button[part=button]").click()
    send(page, question)


def send(page: Page, question: str) -> None:
    field = page.locator("flowise-chatbot textarea")
    expect(field).to_be_enabled()
    field.fill(question)
    field.press("Enter")
