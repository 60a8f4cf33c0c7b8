"""The published widget (npm `flowise-embed`), unchanged, in a real browser on a page of another origin."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import requests
from playwright.sync_api import Page, Request, expect, sync_playwright

from forjinn.accounts import service as accounts
from forjinn.flows import managing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from tests.calls import eventually
from tests.machine import skip_or_fail
from tests.people import PASSWORD, Person
from tests.processes import free_port
from tests.samples import chain, node
from tests.served import Served
from tests.streaming import Script, StreamingProvider
from tests.web import Web

pytestmark = pytest.mark.browser
WIDGET = Path(__file__).parent / "node/node_modules/flowise-embed/dist/web.js"
CDN = re.compile(r"https://cdn\.jsdelivr\.net/npm/flowise-embed@[\d.]+/dist/web\.js")


def test_the_snippet_of_the_flows_page_chats_and_streams(
    served: Served, chatflow: UUID, upstream: StreamingProvider, shop: Web, page: Page
) -> None:
    put_on_page(shop, shown_sample(served, public(served, chatflow, shop.url), "embed"))
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
    put_on_page(shop, shown_sample(served, public(served, agentflow, shop.url), "embed"))
    ask(page, shop, "Hello")
    expect(page.get_by_text("日本語")).to_have_count(1)
    send(page, "And again?")
    expect(page.get_by_text("日本語")).to_have_count(2)


def test_a_page_of_another_origin_than_the_flow_names_is_refused(
    served: Served, chatflow: UUID, shop: Web, page: Page
) -> None:
    put_on_page(shop, shown_sample(served, public(served, chatflow, "https://shop.example.com"), "embed"))
    with page.expect_response(re.compile("/api/v1/prediction/")) as answer:
        ask(page, shop, "Hello")
    assert answer.value.status == 403


@pytest.mark.parametrize("language", ["python", "node"])
def test_a_flow_that_needs_a_key_streams_through_the_proxy_of_its_page(
    served: Served,
    chatflow: UUID,
    upstream: StreamingProvider,
    page: Page,
    run_proxy: RunProxy,
    language: str,
) -> None:
    flow = configure(served, chatflow, is_public=False, origins=())
    site = run_proxy(flow, language)
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    put_on_site(page, site, shown_sample(served, flow, "proxy-page"))
    upstream.script, before = Script(["It is on ", "its way", 60.0, "never"]), upstream.script
    try:
        open_chat(page, site)
        send(page, "Where is my order?")
        # The rest is a minute away: what is shown was streamed.
        expect(page.get_by_text("It is on its way")).to_be_visible()
    finally:
        upstream.script = before
    assert {one.url.split("/api/")[0] for one in seen if "/api/" in one.url} == {f"{site}/chat"}
    assert not any("authorization" in one.headers for one in seen)


def test_the_form_of_a_flow_that_needs_a_key_is_drawn_and_sent_through_the_proxy(
    served: Served, page: Page, run_proxy: RunProxy
) -> None:
    inputs = {
        "startInputType": "formInput",
        "formTitle": "Order of umbrellas",
        "formInputTypes": [{"type": "string", "label": "Your name", "name": "name"}],
    }
    form = node("startAgentflow", "Start", inputs)
    with served.app.app_context():
        reply = node("directReplyAgentflow", "Reply", {"directReplyMessage": "Thank you, {{ $form.name }}"})
        flow = flows.import_agentflow(served.workspace, chain(form, reply), name="Order form")
    site = run_proxy(flow, "python")
    put_on_site(page, site, shown_sample(served, flow, "proxy-page"))
    open_chat(page, site)
    expect(page.get_by_text("Order of umbrellas")).to_be_visible()
    page.locator("flowise-chatbot input[name=name]").fill("Ann")
    page.locator("flowise-chatbot").locator("form [type=submit]").click()
    expect(page.get_by_text("Thank you, Ann")).to_be_visible()


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_proxy_passes_on_the_question_and_the_answer_and_no_more(
    served: Served, agentflow: UUID, upstream: StreamingProvider, run_proxy: RunProxy, language: str
) -> None:
    flow = configure(
        served, agentflow, is_public=False, origins=(), overridable=("llmAgentflow_0.modelName",)
    )
    site = run_proxy(flow, language)
    sent = {"question": "Hello", "overrideConfig": {"modelName": "absent"}}
    for streaming in (True, False):
        status, told = asked(f"{site}/chat/api/v1/prediction/{flow.id}", {**sent, "streaming": streaming})
        assert status == 200
        assert "u65e5" in told or "日" in told
        assert "Writer" not in told
        assert "agentFlowExecutedData" not in told
    config = requests.get(f"{site}/chat/api/v1/public-chatbotConfig/{flow.id}", timeout=30)
    [start] = json.loads(config.json()["flowData"])["nodes"]
    assert start["data"]["inputs"] == {"startInputType": "chatInput"}
    for path in (f"prediction/{served.flow}", "chatflows", f"prediction/{flow.id}/x"):
        assert asked(f"{site}/chat/api/v1/{path}", sent)[0] == 404


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


# Start the proxy of a flow's page in this language; gives the address of the site that it belongs to.
RunProxy = Callable[[Flow, str], str]


@pytest.fixture
def run_proxy(served: Served, tmp_path: Path) -> Iterator[RunProxy]:
    running: list[subprocess.Popen[bytes]] = []

    def run(flow: Flow, language: str) -> str:
        file, port = tmp_path / {"python": "proxy.py", "node": "proxy.mjs"}[language], free_port()
        file.write_text(shown_sample(served, flow, f"proxy-{language}"))
        program = shutil.which("node") or skip_or_fail("node is not installed")
        flask = [sys.executable, "-W", "error", "-m", "flask", "--app", "proxy", "run", "--port", str(port)]
        command = [program, file.name] if language == "node" else flask
        environment = {**os.environ, "FORJINN_API_KEY": served.key, "PORT": str(port)}
        running.append(
            subprocess.Popen(
                command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
        eventually(lambda: answers(port), 30)
        return f"http://127.0.0.1:{port}"

    yield run
    for one in running:
        one.kill()
        one.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def asked(url: str, body: dict[str, object]) -> tuple[int, str]:
    answer = requests.post(url, json=body, timeout=30)
    return answer.status_code, answer.text


def put_on_site(page: Page, site: str, script: str) -> None:
    """The page that the proxy's site shows."""
    document = f"<!doctype html><html lang='en'><title>Site</title>{script}"
    page.route(f"{site}/", lambda route: route.fulfill(body=document, content_type="text/html"))
    page.route(f"{site}/web.js", lambda route: route.fulfill(path=WIDGET, content_type="text/javascript"))


def public(served: Served, flow_id: UUID, origin: str) -> Flow:
    return configure(served, flow_id, is_public=True, origins=(origin,))


def configure(
    served: Served,
    flow_id: UUID,
    *,
    is_public: bool,
    origins: tuple[str, ...],
    overridable: tuple[str, ...] = (),
) -> Flow:
    """A copy: the flow itself is shared with other tests, as is the first one of the list."""
    with served.app.app_context():
        flow = managing.duplicate(served.workspace, flows.get(served.workspace, flow_id))
        flow = managing.rename(served.workspace, flow, "Widget")
        flows.set_deployed(served.workspace, flow, True)
        flows.configure(served.workspace, flow, is_public=is_public, origins=origins, overridable=overridable)
        return flows.get(served.workspace, flow.id)


def flow_page(served: Served, flow: Flow) -> str:
    email = f"{os.urandom(4).hex()}@example.com"
    with served.app.app_context():
        user = accounts.create_user(email, PASSWORD)
        workspaces.grant(user, served.workspace, "Viewer")
    return Person(served.app, user).signed_in().get(f"/w/{served.workspace.slug}/flows/{flow.id}").text


def shown_sample(served: Served, flow: Flow, name: str) -> str:
    """As the flow's page shows it, but from this machine: the widget, and us at the server's address."""
    shown = re.search(rf'<code id="sample-{name}">(.*?)</code>', flow_page(served, flow), re.DOTALL)
    assert shown
    text, replaced = CDN.subn("/web.js", html.unescape(shown[1]))
    assert replaced == ("jsdelivr" in shown[1])
    return text.replace("http://localhost", served.server.url)


def put_on_page(shop: Web, script: str) -> None:
    page = f"<!doctype html><html lang='en'><title>Shop</title>{script}"
    shop.says(page, at="/", headers={"Content-Type": "text/html"})


def ask(page: Page, shop: Web, question: str) -> None:
    open_chat(page, shop.url)
    send(page, question)


def open_chat(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.locator("flowise-chatbot button[part=button]").click()


def send(page: Page, question: str) -> None:
    field = page.locator("flowise-chatbot textarea")
    expect(field).to_be_enabled()
    field.fill(question)
    field.press("Enter")
