"""Credentials of an HTTP call go to the origin that the flow's author wrote, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows import stored_variables
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.people import Person
from tests.providers import Provider, calling
from tests.samples import START, chain, node
from tests.web import Web

WORD = "hidden-word-4711"
NODE = "httpAgentflow_0"
HEADERS = [
    {"key": "Authorization", "value": f"Bearer {WORD}"},
    {"key": "X-Team", "value": WORD},
    {"key": "X-Secret", "value": "{{ $vars.token }}"},
    {"key": "X-Plain", "value": "{{ $vars.plain }}"},
    {"key": "X-Asked", "value": "{{ question }}"},
    {"key": "Accept-Language", "value": "de"},
]
PARAMS = [
    {"key": "api_key", "value": WORD},
    {"key": "appid", "value": "{{ $vars.token }}"},
    {"key": "page", "value": "2"},
]
BODIES: list[tuple[str, object]] = [
    ("json", json.dumps({"password": WORD, "q": "{{ question }}"})),
    ("json", '{"q": "{{ $vars.token }}"}'),
    ("raw", f"token: {WORD}"),
    ("raw", "about {{ $vars.plain }}"),
    ("xWwwFormUrlencoded", [{"key": "client_secret", "value": WORD}, {"key": "q", "value": "x"}]),
    ("formData", [{"key": "q", "value": "{{ $vars.token }}"}]),
]


@pytest.fixture
def client(app_with: Callable[..., Flask]) -> FlaskClient:
    return app_with(FORJINN_ALLOW_PRIVATE_ADDRESSES="1").test_client()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.says('"fine"')
        yield web


@pytest.fixture
def evil() -> Iterator[Web]:
    """A server that the caller chose."""
    with Web() as evil:
        evil.says('"mine"')
        yield evil


@pytest.fixture
def calls(app: Flask, client: FlaskClient, production: Workspace, production_key: str) -> Calls:
    with app.app_context():
        stored_variables.put(production, "token", WORD, secret=True)
        stored_variables.put(production, "plain", WORD)
    return Calls(app, client, production, production_key)


class Calls:
    def __init__(self, app: Flask, client: FlaskClient, workspace: Workspace, key: str) -> None:
        self.app, self.client, self.workspace, self.key = app, client, workspace, key

    def flow(
        self, url: str, *, body: tuple[str, object] | None = None, before: Any = (), **more: Any
    ) -> Flow:
        inputs = {"url": url, "headers": HEADERS, "queryParams": PARAMS} | more
        if body is not None:
            inputs |= {"method": "POST", "bodyType": body[0], "body": body[1]}
        with self.app.app_context():
            graph = chain(START, *before, node("httpAgentflow", "H", inputs))
            flow = flows.import_agentflow(self.workspace, graph, name="Under test")
            allowed = [f"{NODE}.{name}" for name in ("url", "headers", "queryParams", "body")]
            flows.configure(self.workspace, flow, is_public=False, origins=[], overridable=allowed)
        return flow

    def ask(self, flow: Flow, question: str = "hi", **override: object) -> TestResponse:
        return ask(self.client, flow, self.key, question, overrideConfig=override)


def test_to_the_authors_origin_everything_goes(calls: Calls, web: Web) -> None:
    answered(calls.ask(calls.flow(web.url)))
    assert str(web.last).count(WORD) == 6

    # Another path of the same origin is the author's as well, for what he wrote.
    flow = calls.flow(web.url)
    answered(calls.ask(flow, url=f"{web.url.upper().replace('HTTP', 'http')}/other"))
    assert web.last.path.startswith("/other?")
    assert str(web.last).count(WORD) == 6


@pytest.mark.parametrize("body", [None, *BODIES], ids=["none", *map(str, range(len(BODIES)))])
def test_to_an_origin_that_a_call_brings_along_no_credential_goes(
    calls: Calls, web: Web, evil: Web, body: tuple[str, object] | None
) -> None:
    flow = calls.flow(web.url.replace("//", f"//me:{WORD}@") + f"/{WORD}?key={WORD}", body=body)
    answer = calls.ask(flow, url=evil.url + "/x")

    told = answered(answer)["agentFlowExecutedData"][-1]["data"]["input"]
    assert WORD not in str(evil.received)
    assert evil.last.headers["accept-language"] == "de"
    assert evil.last.headers["x-asked"] == "hi"
    assert evil.last.path == "/x?page=2"
    assert web.received == []
    assert told["notSent"].startswith("The address is not the one that the flow's author wrote")
    for name in ("header Authorization", "header X-Team", "header X-Secret", "query parameter api_key"):
        assert name in told["notSent"]
    if body is not None:
        assert "body" in told["notSent"]
    # Also where it fails, it is said.
    evil.says("who are you?", 401)
    assert "header Authorization" in refused(calls.ask(flow, url=evil.url), 500, "internal")


@pytest.mark.parametrize("url", ["{{ question }}", "{{ $flow.state.base }}/x", "{{ $vars.mine }}/x"])
def test_to_an_origin_that_a_variable_of_the_caller_names_no_credential_goes(
    calls: Calls, evil: Web, url: str
) -> None:
    flow = calls.flow(url, body=BODIES[0])
    with calls.app.app_context():
        allowed = ["startAgentflow_0.startState"]
        flows.configure(calls.workspace, flow, is_public=False, origins=[], overridable=allowed)
    override = {"startState": [{"key": "base", "value": evil.url}], "vars": {"mine": evil.url}}
    answered(calls.ask(flow, evil.url, **override))

    assert len(evil.received) == 1
    assert WORD not in str(evil.received)


def test_a_variable_of_the_workspace_is_the_authors_until_a_call_changes_it(
    calls: Calls, web: Web, evil: Web
) -> None:
    flow = calls.flow("{{ $vars.base }}/x")
    with calls.app.app_context():
        stored_variables.put(calls.workspace, "base", web.url)
        flows.configure(calls.workspace, flow, is_public=False, origins=[], overridable=["vars.base"])
    answered(calls.ask(flow))
    assert str(web.last).count(WORD) == 6
    answered(calls.ask(flow, vars={"base": evil.url}))
    assert len(evil.received) == 1
    assert WORD not in str(evil.received)
    # An address can be secret as a whole.
    with calls.app.app_context():
        stored_variables.put(calls.workspace, "base", web.url, secret=True)
    answer = calls.ask(flow)
    assert str(web.last).count(WORD) == 6
    assert web.url not in answer.text


@pytest.mark.parametrize(
    "rest", [f"?api_key={WORD}", f"/hooks/{WORD}", "/{{ $vars.token }}", "?q={{ $vars.plain }}"]
)
def test_a_credential_behind_an_address_of_somebody_else_fails_the_run(
    calls: Calls, evil: Web, rest: str
) -> None:
    said = refused(calls.ask(calls.flow("{{ question }}" + rest), evil.url), 500, "internal")

    assert "only to an address that the flow's author wrote" in said
    assert evil.received == []


@pytest.mark.parametrize("change", ["scheme", "port", "host", "user"])
def test_another_scheme_port_or_host_is_another_origin(
    calls: Calls, web: Web, evil: Web, change: str
) -> None:
    flow = calls.flow(web.url)
    to = {
        "scheme": web.url.replace("http:", "https:"),
        "port": evil.url,
        "host": web.url.replace("127.0.0.1", "localhost"),
        "user": evil.url.replace("//", f"//{web.url.removeprefix('http://')}@"),
    }[change]
    calls.ask(flow, url=to)

    assert WORD not in str(evil.received) + str(web.received)


def test_what_the_caller_sends_is_the_callers(calls: Calls, web: Web, evil: Web) -> None:
    flow = calls.flow(web.url, body=BODIES[0])
    rows = [{"key": "X-Api-Key", "value": "callers-own-key-1"}]
    answered(
        calls.ask(flow, url=evil.url, headers=rows, queryParams=rows, body='{"token": "callers-token-1"}')
    )
    assert WORD not in str(evil.received)
    assert evil.last.headers["x-api-key"] == "callers-own-key-1"
    assert evil.last.path.endswith("X-Api-Key=callers-own-key-1")
    assert json.loads(evil.last.body) == {"token": "callers-token-1"}
    # … and reads no variable of the workspace, wherever it goes.
    for to in (evil.url, web.url):
        spying = [{"key": "X-Spy", "value": "{{ $vars.token }}{{ $vars.plain }}"}]
        answered(calls.ask(flow, url=to + "/{{ $vars.token }}", headers=spying, body="[]"))
    assert web.last.headers["x-spy"] == "{{ $vars.token }}{{ $vars.plain }}"
    assert WORD not in str(evil.received)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", [None, *BODIES], ids=["none", *map(str, range(len(BODIES)))])
def test_a_redirect_to_another_origin_takes_no_credential_along(
    calls: Calls, web: Web, evil: Web, status: int, body: tuple[str, object] | None
) -> None:
    web.sends_on("/", evil.url + "/x", status)
    answer = calls.ask(calls.flow(web.url + "/", body=body))

    assert WORD in str(web.received)
    assert WORD not in str(evil.received)
    if body is not None and status in (307, 308):
        assert "does not get the credentials in the body" in refused(answer, 500, "internal")
    else:
        answered(answer)
        assert len(evil.received) == 1


def test_the_tool_of_an_agent_holds_to_the_same(
    calls: Calls, evil: Web, web: Web, model: str, provider: Provider
) -> None:
    def config(url: str) -> dict[str, Any]:
        return {
            "requestsPostUrl": url,
            "requestsPostName": "look",
            "requestsPostHeaders": json.dumps({one["key"]: one["value"] for one in HEADERS}),
            "requestsPostBody": json.dumps({"password": WORD}),
        }

    for url, host in ((web.url, web), ("{{ question }}", evil)):
        tools = [{"agentSelectedTool": "requestsPost", "agentSelectedToolConfig": config(url)}]
        agent = node("agentAgentflow", "Agent", {"agentModel": model, "agentTools": tools})
        with calls.app.app_context():
            flow = flows.import_agentflow(calls.workspace, chain(START, agent), name="Agent")
        provider.says_next(calling(("look", {})), "Found it")
        answered(calls.ask(flow, evil.url))
        assert len(host.received) == 1
    assert str(web.received).count(WORD) == 5
    assert WORD not in str(evil.received)
    [said] = [one["content"] for one in provider.messages if one["role"] == "tool"]
    assert "so these were not sent: header Authorization" in said


def test_the_form_of_a_node_says_where_credentials_go(alice: Person, calls: Calls, web: Web) -> None:
    flow = calls.flow(web.url)
    page = alice.get(f"/w/production/flows/{flow.id}/canvas/node?node={NODE}", htmx=True).text

    assert "Credentials and secret variables are sent only to the address written here" in page
    access = alice.get(f"/w/production/flows/{flow.id}").text
    assert "A text that a call sets does not read the workspace’s variables." in access
