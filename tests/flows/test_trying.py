"""Try it: a flow is asked in the browser, by the person's right and without a key."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn.flows import managing, parsing
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, eventually, strict
from tests.conftest import member
from tests.people import Person, field
from tests.providers import Provider
from tests.samples import START, chain, node
from tests.streaming import Script, StreamingProvider

LIST = "/w/production/flows"
EVIL = "<img src=x onerror=alert(1)>"
INPUTS: list[dict[str, Any]] = [
    {"type": "string", "label": EVIL, "name": "who", "addOptions": ""},
    {"type": "number", "label": "Pieces", "name": "pieces"},
    {"type": "boolean", "label": "Express", "name": "express"},
    {
        "type": "options",
        "label": "Colour",
        "name": "colour",
        "addOptions": [{"option": "blue"}, {"option": EVIL}],
    },
    {"type": "string", "label": "No name"},
]
FORM = chain(
    node(
        "startAgentflow",
        "Start",
        {
            "startInputType": "formInput",
            "formTitle": "Order",
            "formDescription": EVIL,
            "formInputTypes": INPUTS,
        },
    ),
    node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "{{ $form }}"}),
)
Told = list[tuple[str, Any]]


def test_the_answer_is_streamed_to_the_script(alice: Person, streaming_flow: Flow) -> None:
    answer = ask(alice, streaming_flow, question="hi", stream=True)

    assert answer.status_code == 200
    assert answer.content_type == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    told = events(answer)
    assert [data for name, data in told if name == "token"] == ["Hel", "lo ", "world"]
    assert told[-1] == ("end", "[DONE]")


def test_a_plain_form_shows_the_whole_answer(alice: Person, echo_flow: Flow) -> None:
    page = ask(alice, echo_flow, question=EVIL).text

    assert EVIL not in page
    assert html.escape(f"You asked: {EVIL}") in page


def test_it_is_no_applications_call(
    app: Flask, alice: Person, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    for stream in (True, False):
        ask(alice, echo_flow, question="hi", stream=stream)
    eventually(lambda: sql("SELECT count(*) FROM runs WHERE api_key_id IS NULL") == [(2,)])
    app.extensions["forjinn.usage"].flush()
    assert sql("SELECT count(*) FROM api_key_usage") == [(0,)]
    assert sql("SELECT count(*) FROM public_calls") == [(0,)]


def test_a_session_is_remembered_until_a_new_one_begins(
    alice: Person, llm_flow: Flow, provider: Provider
) -> None:
    session = field(alice.get(path(llm_flow)).text, "session")
    ask(alice, llm_flow, question="My name is Ann", session=session)
    assert field(ask(alice, llm_flow, question="Who am I?", session=session).text, "session") == session
    assert "My name is Ann" in str(provider.messages)

    fresh = field(alice.get(path(llm_flow)).text, "session")
    assert fresh != session
    ask(alice, llm_flow, question="Who am I?", session=fresh)
    assert "My name is Ann" not in str(provider.messages)


@pytest.mark.parametrize("session", ["", "x" * 201, "a\nb", "\x00"])
def test_an_odd_session_is_replaced(alice: Person, echo_flow: Flow, session: str) -> None:
    assert re.fullmatch(
        r"[0-9a-f-]{36}", field(ask(alice, echo_flow, question="hi", session=session).text, "session")
    )


def test_without_a_question_nothing_is_asked(alice: Person, echo_flow: Flow, sql: Sql) -> None:
    page = ask(alice, echo_flow, question="  ")
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    streamed = ask(alice, echo_flow, question="", stream=True)
    assert (streamed.status_code, streamed.text) == (422, "Write a question.")
    assert streamed.content_type == "text/plain; charset=utf-8"
    assert sql("SELECT count(*) FROM runs") == [(0,)]


def test_an_error_names_the_node(alice: Person, llm_flow: Flow, provider: Provider) -> None:
    provider.says({"error": {"message": f"no quota {EVIL}"}}, 429)
    page = ask(alice, llm_flow, question="hi").text
    assert "LLM: " in page
    assert "no quota" in page
    assert EVIL not in page
    node = parsing.parse(llm_flow.graph).nodes
    failed = next(one.id for one in node.values() if one.label == "LLM")
    assert f'href="{LIST}/{llm_flow.id}/canvas?node={failed}" data-node="{failed}">Show the node' in page
    told = events(ask(alice, llm_flow, question="hi", stream=True))
    assert dict(told)["error"].startswith("LLM: ")
    # Of a chatflow, too: the page's drawing lights up.
    nodes = [(data["nodeId"], data["status"]) for name, data in told if name == "nextAgentFlow"]
    assert nodes[-2:] == [(failed, "INPROGRESS"), (failed, "ERROR")]


def test_the_panel_alone_is_what_htmx_gets(alice: Person, echo_flow: Flow) -> None:
    part, page = alice.get(path(echo_flow), htmx=True).text, alice.get(path(echo_flow)).text
    assert part.strip().startswith('<div class="card try"')
    assert part.strip().endswith("</div>")
    assert "<h1" not in part
    assert field(part, "session") != field(page, "session")
    for shown in ('id="try-log"', "data-try>", '<template id="try-answered">', 'name="csrf_token"'):
        assert shown in part
        assert shown in page


def test_a_form_is_drawn_and_what_was_filled_in_reaches_the_flow(alice: Person, form_flow: Flow) -> None:
    page = alice.get(path(form_flow)).text
    assert EVIL not in page
    for shown in ("Order</h3>", "Pieces", 'type="checkbox"', "<option>blue</option>", 'inputmode="decimal"'):
        assert shown in page
    assert "No name" not in page
    filled = {"form-0": "Ann\r\nB", "form-1": "12", "form-2": "true", "form-3": "blue"}
    assert form_of(ask(alice, form_flow, stream=True, **filled)) == {
        "who": "Ann\nB", "pieces": 12, "express": True, "colour": "blue"
    }  # fmt: skip
    filled = {"form-0": "", "form-1": "1.5", "form-3": EVIL}
    assert form_of(ask(alice, form_flow, stream=True, **filled)) == {
        "who": "", "pieces": 1.5, "express": False, "colour": EVIL
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"form-1": ""}, "Pieces: enter a number."),
        ({"form-1": "many"}, "Pieces: enter a number."),
        ({"form-1": "nan"}, "Pieces: enter a number."),
        ({"form-1": "1e999"}, "Pieces: enter a number."),
        ({"form-3": "red"}, "Colour: choose one of the options."),
    ],
)
def test_a_form_filled_in_wrongly_is_said_beside_the_field(
    alice: Person, form_flow: Flow, filled: dict[str, str], said: str
) -> None:
    right = {"form-0": "Ann <b>", "form-1": "1", "form-3": "blue"}
    page = ask(alice, form_flow, **{**right, **filled})
    assert page.status_code == 422
    assert said in page.text
    assert "Ann &lt;b&gt;" in page.text
    assert ask(alice, form_flow, stream=True, **{**right, **filled}).text == said


def test_a_flow_that_is_not_deployed_can_be_tried(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow
) -> None:
    with app.app_context():
        copy = managing.duplicate(production, echo_flow)
    assert "can be tried all the same" in alice.get(path(copy)).text
    assert "You asked: hi" in ask(alice, copy, question="hi").text


def test_what_is_missing_is_told_before_and_after_it_is_tried(
    app: Flask, alice: Person, production: Workspace
) -> None:
    needy = chain(START, node("llmAgentflow", "Writer", {"llmModel": "absent"}))
    with app.app_context():
        flow = flows.import_agentflow(production, needy, name="Needy")
    assert "cannot be deployed yet" in alice.get(path(flow)).text
    assert "Writer: " in ask(alice, flow, question="hi").text


def test_only_who_may_run_flows_tries_them(
    app: Flask,
    bob: Person,
    charlie: Person,
    alice: Person,
    production: Workspace,
    echo_flow: Flow,
    staging_flow: Flow,
) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    assert "You asked: hi" in ask(bob, echo_flow, question="hi").text
    assert "Try it" not in viewer.get(f"{LIST}/{echo_flow.id}").text
    for person, flow, status in (
        (viewer, echo_flow, 403),
        (charlie, echo_flow, 404),
        (alice, staging_flow, 404),
    ):
        assert person.get(path(flow)).status_code == status
        for stream in (True, False):
            assert ask(person, flow, question="hi", stream=stream).status_code == status
    with app.app_context():
        workspaces.set_role(production, "Member", ["chatflows:view"])
    assert ask(bob, echo_flow, question="hi", stream=True).status_code == 403


def test_another_site_cannot_make_somebody_ask(alice: Person, echo_flow: Flow, sql: Sql) -> None:
    answer = alice.client.post(
        path(echo_flow), data={"question": "hi"}, headers={"Accept": "text/event-stream"}
    )
    assert answer.status_code == 400
    assert sql("SELECT count(*) FROM runs") == [(0,)]


@pytest.fixture
def streaming_flow(app: Flask, production: Workspace) -> Iterator[Flow]:
    with StreamingProvider() as upstream, app.app_context():
        upstream.script = Script(["Hel", "lo ", "world"])
        models.add(production, "streaming", base_url=upstream.url, upstream="m")
        yield flows.create_chatflow(production, "Talk", model="streaming")
        client = app.extensions.pop("forjinn.providers", None)
        if client is not None:
            client.close()


@pytest.fixture
def form_flow(app: Flask, production: Workspace) -> Flow:
    with app.app_context():
        return flows.import_agentflow(production, FORM, name="Order form")


def path(flow: Flow) -> str:
    return f"{LIST}/{flow.id}/try"


def ask(person: Person, flow: Flow, *, stream: bool = False, **fields: str) -> TestResponse:
    fields["csrf_token"] = field(person.get("/profile").text, "csrf_token")
    headers = {"Accept": "text/event-stream" if stream else "text/html,application/xhtml+xml,*/*;q=0.8"}
    return person.client.post(path(flow), data=fields, headers=headers)


def events(answer: TestResponse) -> Told:
    blocks = [strict(block.removeprefix("data: ")) for block in answer.text.split("\n\n") if block]
    return [(block["event"], block["data"]) for block in blocks]


def form_of(answer: TestResponse) -> Any:
    return strict("".join(data for name, data in events(answer) if name == "token"))
