"""What a flow remembers: its conversations, what was said in them, and how they are deleted."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from forjinn.database import writing
from forjinn.flows.models import Exchange, Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually
from tests.conftest import member
from tests.people import Person
from tests.providers import Provider

EVIL = '"><img src=x onerror=alert(1)>/../?a=b&c#d é'


def test_a_conversation_is_listed_opened_and_read(
    alice: Person, client: FlaskClient, llm_flow: Flow, production_key: str, provider: Provider
) -> None:
    assert "No conversations yet" in alice.get(listed(llm_flow)).text
    for question in ("Where is my order?", "And the other one?"):
        answered(ask(client, llm_flow, production_key, question, chatId="customer-1"))
    page = alice.get(listed(llm_flow)).text
    assert "customer-1" in page
    assert ">2</td>" in page

    page = alice.get(one(llm_flow, "customer-1")).text
    assert page.index("Where is my order?") < page.index("Hello from the model") < page.index("And the other")
    assert "2\n  questions" in page


def test_conversations_are_paged_the_latest_first(app: Flask, alice: Person, echo_flow: Flow) -> None:
    for number in range(60):
        say(app, echo_flow, f"session-{number:02}", "hi")
    # Who goes on talking comes first again.
    say(app, echo_flow, "session-00", "again")
    expected = ["session-00", *(f"session-{number:02}" for number in range(59, 0, -1))]
    first = alice.get(listed(echo_flow)).text
    second = alice.get(link(first, "after=")).text
    third = alice.get(link(second, "after=")).text

    assert sessions(first) + sessions(second) + sessions(third) == expected
    assert sessions(alice.get(link(third, "before=")).text) == sessions(second)
    assert sessions(alice.get(link(second, "before=")).text) == sessions(first)
    for garbage in ("x", "-1", "9" * 40, "٣"):
        assert sessions(alice.get(f"{listed(echo_flow)}?after={garbage}").text) == sessions(first)


def test_a_long_conversation_is_paged_too(app: Flask, alice: Person, echo_flow: Flow) -> None:
    for number in range(60):
        say(app, echo_flow, "s", f"question-{number:02}.")
    latest = alice.get(one(echo_flow, "s")).text
    older = alice.get(link(latest, "after=")).text

    assert re.findall(r"question-(\d\d)", latest) == [f"{number:02}" for number in range(10, 60)]
    assert re.findall(r"question-(\d\d)", older) == [f"{number:02}" for number in range(10)]


def test_deleting_makes_the_flow_and_its_runs_forget(
    alice: Person, client: FlaskClient, llm_flow: Flow, production_key: str, provider: Provider, sql: Sql
) -> None:
    for session in ("customer-1", "customer-2"):
        answered(ask(client, llm_flow, production_key, "My name is Ada", chatId=session))
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(2,)])
    asked = alice.get(one(llm_flow, "customer-1", "/delete")).text
    assert "1 question and its answer" in asked

    answer = alice.post(f"{listed(llm_flow)[:-1]}/delete", session="customer-1")
    assert (answer.status_code, answer.location) == (303, listed(llm_flow))
    page = alice.get(listed(llm_flow)).text
    assert "The conversation was deleted." in page
    assert sessions(page) == ["customer-2"]
    assert sql("SELECT session_id FROM runs WHERE trace IS NULL") == [("customer-1",)]
    assert sql("SELECT count(*) FROM runs") == [(2,)]
    answered(ask(client, llm_flow, production_key, "Who am I?", chatId="customer-1"))
    assert "Ada" not in str(provider.messages)


def test_htmx_closes_the_dialog_and_draws_the_list_anew(app: Flask, alice: Person, echo_flow: Flow) -> None:
    say(app, echo_flow, "s", "hi")
    dialog = alice.get(one(echo_flow, "s", "/delete"), htmx=True).text
    assert dialog.lstrip().startswith('<div id="delete-conversation"')

    answer = alice.post(f"{listed(echo_flow)[:-1]}/delete", htmx=True, session="s")
    assert answer.headers["HX-Trigger"] == "close-dialog, conversations-changed"
    assert "The conversation was deleted." in answer.text
    part = alice.get(listed(echo_flow), htmx=True).text
    assert part.lstrip().startswith('<div id="conversations"')
    assert "No conversations yet" in part


def test_a_conversation_that_is_not_there_is_not_found(app: Flask, alice: Person, echo_flow: Flow) -> None:
    say(app, echo_flow, "s", "hi")
    for session in ("", "t", "S", "s\x00t"):
        assert alice.get(one(echo_flow, session)).status_code == 404
        assert alice.get(one(echo_flow, session, "/delete")).status_code == 404
        assert alice.post(f"{listed(echo_flow)[:-1]}/delete", session=session).status_code == 404
    assert sessions(alice.get(listed(echo_flow)).text) == ["s"]


def test_deleting_the_last_one_of_a_page_shows_the_first_page(
    app: Flask, alice: Person, echo_flow: Flow
) -> None:
    for number in range(26):
        say(app, echo_flow, f"session-{number:02}", "hi")
    older = link(alice.get(listed(echo_flow)).text, "after=")
    alice.post(f"{listed(echo_flow)[:-1]}/delete", session="session-00")

    assert len(sessions(alice.get(older).text)) == 25


def test_a_workspace_that_keeps_no_texts_shows_counts_alone(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow
) -> None:
    say(app, echo_flow, "s", "secret", "secret")
    with app.app_context():
        workspaces.set_record_texts(production, False)

    for address in (listed(echo_flow), one(echo_flow, "s"), one(echo_flow, "s", "/delete")):
        answer = alice.get(address)
        assert answer.status_code == 200
        assert "secret" not in answer.text
        assert "s</code>" in answer.text
    assert "keeps no texts of runs" in alice.get(one(echo_flow, "s")).text


def test_sessions_and_messages_are_inert(app: Flask, alice: Person, echo_flow: Flow) -> None:
    say(app, echo_flow, EVIL, EVIL, EVIL)
    page = alice.get(listed(echo_flow)).text
    opened = alice.get(link(page, "?session=")).text
    asked = alice.get(link(opened, "/delete?session=")).text

    for shown in (page, opened, asked):
        assert "<img src=x" not in shown
        assert "&lt;img src=x" in shown
    assert alice.post(f"{listed(echo_flow)[:-1]}/delete", session=EVIL).status_code == 303
    assert sessions(alice.get(listed(echo_flow)).text) == []


def test_a_viewer_reads_and_cannot_delete(app: Flask, production: Workspace, echo_flow: Flow) -> None:
    viewer = member(app, "vera@example.com", production, "Viewer")
    say(app, echo_flow, "s", "hi")

    for address in (listed(echo_flow), one(echo_flow, "s")):
        assert "Delete" not in viewer.get(address).text
    assert viewer.get(one(echo_flow, "s", "/delete")).status_code == 403
    assert viewer.post(f"{listed(echo_flow)[:-1]}/delete", session="s").status_code == 403


@pytest.mark.parametrize("verb", ["", "/delete"])
def test_others_find_nothing(
    app: Flask, alice: Person, charlie: Person, echo_flow: Flow, staging_flow: Flow, verb: str
) -> None:
    for flow in (echo_flow, staging_flow):
        say(app, flow, "s", "hi")

    assert alice.get(one(staging_flow, "s", verb)).status_code == 404
    assert charlie.get(one(echo_flow, "s", verb)).status_code == 404
    assert charlie.get(one(echo_flow, "s", verb).replace("production", "staging")).status_code == 404
    assert alice.post(f"{listed(staging_flow)[:-1]}/delete", session="s").status_code == 404
    assert sessions(alice.get(listed(echo_flow)).text) == ["s"]


def say(app: Flask, flow: Flow, session: str, question: str, answer: str | None = None) -> None:
    values = {"workspace_id": flow.workspace_id, "flow_id": flow.id, "session_id": session}
    with app.app_context(), writing() as database:
        database.execute(insert(Exchange).values(**values, question=question, answer=answer))


def listed(flow: Flow) -> str:
    return f"/w/production/flows/{flow.id}/conversations"


def one(flow: Flow, session: str, verb: str = "") -> str:
    return f"{listed(flow)[:-1]}{verb}?session={quote(session)}"


def sessions(page: str) -> list[str]:
    return re.findall(r'<code class="break">(.*?)</code>', page)


def link(page: str, containing: str) -> str:
    return next(html.unescape(found) for found in re.findall(r'href="([^"]+)"', page) if containing in found)
