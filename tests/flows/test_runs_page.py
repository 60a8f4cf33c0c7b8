"""A flow's runs: the list, and what each node did."""

from __future__ import annotations

import html
import json
import re
import time
import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.apikeys import service as apikeys
from forjinn.flows import runs
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask, eventually
from tests.conftest import member
from tests.people import Person
from tests.providers import Provider

EVIL = "<img src=x onerror=alert(1)>"
Ran = Callable[..., UUID]


def test_a_call_appears_with_its_key_tokens_and_outcome(
    alice: Person, client: FlaskClient, llm_flow: Flow, production_key: str, sql: Sql, provider: Provider
) -> None:
    assert "No runs yet" in alice.get(listed(llm_flow)).text
    ask(client, llm_flow, production_key, chatId="customer-1")
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(1,)])
    page = alice.get(listed(llm_flow)).text

    for shown in ("Production web app", "customer-1", "Finished", "now</time>", "12</td>"):
        assert shown in page
    assert re.search(r'<time datetime="\S+" title="\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC">', page)
    page = alice.get(link(page)).text
    for shown in ("Production web app", "7 in, 5 out", "user: hi", "Hello from the model", "12 tokens"):
        assert shown in page
    assert page.index(">Start <") < page.index(">LLM <")


def test_a_run_that_failed_says_so_in_words(
    alice: Person, client: FlaskClient, llm_flow: Flow, production_key: str, sql: Sql, provider: Provider
) -> None:
    provider.says({"error": {"message": "the quota is used up"}}, 429)
    assert ask(client, llm_flow, production_key).status_code == 502
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(1,)])
    page = alice.get(listed(llm_flow)).text
    assert "Failed" in page
    page = alice.get(link(page)).text

    assert "This run failed." in page
    assert "the quota is used up" in page


def test_a_run_without_a_key_and_one_of_a_deleted_key_say_so(
    app: Flask, alice: Person, production: Workspace, production_key: str, echo_flow: Flow, ran: Ran, sql: Sql
) -> None:
    with app.app_context():
        key = apikeys.named(production, "Production web app")
        apikeys.delete(production, key, by=None)
    for one in (None, key.id, uuid4()):
        ran(echo_flow, api_key_id=one)
    page = alice.get(listed(echo_flow)).text

    assert '<span class="text-secondary">No key</span>' in page
    assert '<span class="text-secondary">Production web app (deleted key)</span>' in page
    assert '<span class="text-secondary">Deleted key</span>' in page


def test_another_workspaces_key_is_not_named(
    app: Flask, alice: Person, staging: Workspace, staging_key: str, echo_flow: Flow, ran: Ran
) -> None:
    with app.app_context():
        key = apikeys.named(staging, "Staging web app")
    ran(echo_flow, api_key_id=key.id)

    assert "Staging" not in alice.get(listed(echo_flow)).text


def test_who_may_not_see_keys_sees_no_name(
    app: Flask, production: Workspace, production_key: str, echo_flow: Flow, ran: Ran
) -> None:
    with app.app_context():
        key = apikeys.named(production, "Production web app")
        workspaces.set_role(production, "Flows only", ["chatflows:view"])
    run_id = ran(echo_flow, api_key_id=key.id)
    person = member(app, "dora@example.com", production, "Flows only")

    for page in (person.get(listed(echo_flow)).text, person.get(f"{listed(echo_flow)}/{run_id}").text):
        assert "An API key" in page
        assert "Production web app" not in page


def test_the_list_is_paged_by_25_the_latest_first(alice: Person, echo_flow: Flow, ran: Ran) -> None:
    # Some within the same moment: their ids part them.
    began = int(time.time()) - 3600
    made = [ran(echo_flow, session_id=f"s{n:02}", started_at=began + n // 3) for n in range(60)]
    found: list[str] = []
    page = alice.get(listed(echo_flow)).text
    assert "Newer" not in page
    while True:
        found.append(page)
        if "Older" not in page:
            break
        page = alice.get(link(page, "after=")).text
    seen = [UUID(one) for page in found for one in ids(page)]

    assert [len(ids(page)) for page in found] == [25, 25, 10]
    assert sorted(seen, key=str) == sorted(made, key=str)
    assert ids(alice.get(link(found[2], "before=")).text) == ids(found[1])
    assert ids(alice.get(link(found[1], "before=")).text) == ids(found[0])
    assert ids(alice.get(f"{listed(echo_flow)}?after=garbage").text) == ids(found[0])


def test_iteration_rounds_tools_and_errors_are_shown_in_order(
    alice: Person, echo_flow: Flow, ran: Ran
) -> None:
    tool = {"tool": "calculator", "toolInput": {"expression": "6*7"}, "toolOutput": "42"}
    trace = [
        entry("agentAgentflow", "Desk", {"question": "6*7"}, "It is 42.", calledTools=[tool]),
        entry("llmAgentflow", "Inner", {"question": "a"}, "A") | {"status": "FINISHED"},
        entry("llmAgentflow", "Inner", {"question": "b"}, "B"),
        entry("retrieverAgentflow", "Later", {"x": [1]}, "", error="no answer") | {"status": "ERROR"},
    ]
    for number, one in enumerate(trace[1:3]):
        one["data"] |= {"parentNodeId": "i", "iterationIndex": number}
    page = alice.get(f"{listed(echo_flow)}/{ran(echo_flow, trace=trace)}").text

    places = [page.index(text) for text in ("Desk", "calculator", "Round 1", "Round 2", "Later", "no answer")]
    assert places == sorted(places)
    assert page.count("840 ms") == 4
    assert "retrieverAgentflow" in page


def test_texts_are_inert_and_cut(alice: Person, echo_flow: Flow, ran: Ran) -> None:
    trace = [entry("llmAgentflow", EVIL, {EVIL: EVIL}, EVIL + "x" * 30_000, error=EVIL)]
    run_id = ran(echo_flow, trace=trace, session_id=EVIL, outcome=runs.ERROR, error=EVIL)
    pages = [alice.get(listed(echo_flow)).text, alice.get(f"{listed(echo_flow)}/{run_id}").text]

    for page in pages:
        assert EVIL not in page
        assert html.escape(EVIL) in page
    assert "x" * 19_000 in pages[1]
    assert "x" * 20_001 not in pages[1]
    assert "The first 20,000 characters; 10,028 more are not shown." in pages[1]


def test_a_strange_trace_breaks_nothing(
    subtests: pytest.Subtests, alice: Person, echo_flow: Flow, ran: Ran, sql: Sql, on_postgres: bool
) -> None:
    deep = "[" * 900 + "]" * 900
    entries = "[" + ",".join(['{"nodeId":"n","data":{"output":{"content":"x"}}}'] * 205) + "]"
    strange = ("null", "[]", "[1]", '[{"data": 1}]', '[{"data":{"output":7,"name":[]}}]', deep, "{", entries)
    strange += (f'[{{"data":{{"input":{{"a":{deep}}},"output":{{"content":{deep}}}}}}}]',)
    run_id = ran(echo_flow)
    for text in (*strange, None):
        with subtests.test(str(text)[:40]):
            packed = zlib.compress(text.encode()) if text else b"no zlib"
            sql("UPDATE runs SET trace = :packed", packed=packed)
            answer = alice.get(f"{listed(echo_flow)}/{run_id}")
            assert answer.status_code == 200
            assert ("5 more nodes ran" in answer.text) == (text == entries)


def test_without_texts_a_run_tells_what_ran_and_how_long(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, ran: Ran
) -> None:
    before = ran(echo_flow, trace=[entry("llmAgentflow", "LLM", {"question": "secret"}, "secret")])
    with app.app_context():
        workspaces.set_record_texts(production, False)
    trace = [entry("llmAgentflow", "LLM", {"question": "secret"}, "secret")]
    after = ran(echo_flow, trace=trace, outcome=runs.ERROR, error="secret")
    page = alice.get(f"{listed(echo_flow)}/{after}").text

    assert "The texts of this run were not recorded." in page
    assert "840 ms" in page
    assert "Why was not recorded." in page
    assert "secret" not in page
    page = alice.get(f"{listed(echo_flow)}/{before}").text
    assert "this workspace keeps none any more" in page
    assert "secret" not in page


def test_runs_of_others_are_not_found(
    alice: Person, charlie: Person, echo_flow: Flow, staging_flow: Flow, llm_flow: Flow, ran: Ran
) -> None:
    here, there = ran(echo_flow), ran(staging_flow)

    assert alice.get(f"{listed(echo_flow)}/{here}").status_code == 200
    for address in (
        f"{listed(echo_flow)}/{there}",
        f"{listed(llm_flow)}/{here}",
        f"{listed(staging_flow)}/{there}",
        f"{listed(echo_flow)}/{uuid4()}",
        listed(staging_flow),
    ):
        assert alice.get(address).status_code == 404, address
    for address in (listed(echo_flow), f"{listed(echo_flow)}/{here}"):
        assert charlie.get(address).status_code == 404
        assert charlie.get(address.replace("production", "staging")).status_code == 404


def test_a_viewer_may_look(app: Flask, production: Workspace, echo_flow: Flow, ran: Ran) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    run_id = ran(echo_flow)

    assert viewer.get(listed(echo_flow)).status_code == 200
    assert viewer.get(f"{listed(echo_flow)}/{run_id}").status_code == 200


def listed(flow: Flow) -> str:
    return f"/w/production/flows/{flow.id}/runs"


def ids(page: str) -> list[str]:
    return re.findall(r'/runs/([0-9a-f-]{36})"', page)


def link(page: str, containing: str = "/runs/") -> str:
    """The first link that holds this."""
    return next(html.unescape(found) for found in re.findall(r'href="([^"]+)"', page) if containing in found)


def entry(name: str, label: str, given: dict[str, Any], said: str, **output: Any) -> dict[str, Any]:
    about = {"timeMetadata": {"start": 1, "end": 841, "delta": 840}}
    data = {"id": "n", "name": name, "input": given, "output": {"content": said, **about, **output}}
    return {"nodeId": "n", "nodeLabel": label, "status": "FINISHED", "previousNodeIds": [], "data": data}


@pytest.fixture
def ran(app: Flask) -> Ran:
    """A run of this flow, written down as its process does."""

    def ran(flow: Flow, *, trace: list[dict[str, Any]] | None = None, **values: Any) -> UUID:
        run = {
            "id": uuid4(),
            "workspace_id": flow.workspace_id,
            "flow_id": flow.id,
            "api_key_id": None,
            "session_id": "s",
            "started_at": time.time(),
            "milliseconds": 1840,
            "usage": None,
            "outcome": runs.FINISHED,
            "error": "",
            "trace": json.dumps(trace or []),
        }
        finished = runs.Finished(**(run | values))  # type: ignore[arg-type]
        recorder: runs.Recorder = app.extensions["forjinn.runs"]
        recorder.record(finished)
        recorder.flush()
        return finished.id

    return ran
