"""A try by hand is told apart from a call, and a flow with many runs is listed as fast as one with none."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, text

from forjinn.accounts import service as accounts
from forjinn.database import now, writing
from forjinn.extensions import db
from forjinn.flows import history, listing
from forjinn.flows.models import Flow, Run
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask, eventually
from tests.commands import done
from tests.people import Person

LIST = "/w/production/flows"
Statements = list[tuple[str, object]]


def test_a_try_is_listed_under_its_persons_name_and_is_no_call(
    app: Flask,
    alice: Person,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    echo_flow: Flow,
    sql: Sql,
) -> None:
    with app.app_context():
        accounts.rename(alice.user, "Anna <b>")
    path = f"{LIST}/{echo_flow.id}"
    alice.post(f"{path}/try", question="hi")
    eventually(lambda: sql("SELECT count(*) FROM runs WHERE tried_by_id IS NOT NULL") == [(1,)])
    assert called(app, production) is None
    assert "Not in 30 days" in alice.get(LIST).text
    assert "Last called" not in alice.get(f"{path}/delete").text

    ask(client, echo_flow, production_key)
    eventually(lambda: sql("SELECT count(*) FROM runs WHERE tried_by_id IS NULL") == [(1,)])
    assert called(app, production) is not None
    assert who(alice.get(f"{path}/runs").text) == ["Production web app", "Tried by Anna &lt;b&gt;"]
    assert who(alice.get(f"{path}/runs?which=tries").text) == ["Tried by Anna &lt;b&gt;"]
    calls = alice.get(f"{path}/runs?which=calls").text
    assert who(calls) == ["Production web app"]
    assert len(who(alice.get(f"{path}/runs?which=%3Cimg%3E").text)) == 2
    tried = re.findall(r'href="([^"]+/runs/[^"]+)"', alice.get(f"{path}/runs?which=tries").text)
    assert html.escape("Tried by Anna <b>") in alice.get(tried[0]).text
    printed = done(app, "chatflows", "runs", str(echo_flow.id), "--workspace", "production", "--json")
    assert [one["tried_by"] for one in json.loads(printed)] == [None, "Anna <b>"]


def test_a_try_of_somebody_who_is_gone_stays_a_try(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow
) -> None:
    add_runs(app, echo_flow, 1, tried_by_id=uuid4())
    assert "Tried by somebody who is gone" in alice.get(f"{LIST}/{echo_flow.id}/runs").text
    assert called(app, production) is None


def test_pages_of_tries_hold_tries_only_there_and_back(alice: Person, app: Flask, echo_flow: Flow) -> None:
    add_runs(app, echo_flow, 30, tried_by_id=alice.user.id)
    add_runs(app, echo_flow, 30)
    first = alice.get(f"{LIST}/{echo_flow.id}/runs?which=tries").text
    older = html.unescape(re.findall(r'href="([^"]*after=[^"]*)"', first)[0])
    second = alice.get(older).text
    newer = html.unescape(re.findall(r'href="([^"]*before=[^"]*)"', second)[0])
    assert [len(who(page)) for page in (first, second)] == [25, 5]
    assert who(alice.get(newer).text) == who(first)
    assert all(one.startswith("Tried by ") for one in who(first) + who(second))


@pytest.mark.parametrize(("kind", "index"), [("calls", "ix_runs_called"), ("tries", "ix_runs_tried")])
def test_the_last_of_a_kind_is_found_in_an_index_past_all_of_the_other(
    app: Flask, alice: Person, production: Workspace, echo_flow: Flow, kind: str, index: str
) -> None:
    other = alice.user.id if kind == "calls" else None
    add_runs(app, echo_flow, 5000, tried_by_id=other)
    add_runs(app, echo_flow, 1, ago=9000, tried_by_id=None if other else alice.user.id)
    with app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(text("ANALYZE runs"))
        with statements() as seen:
            found = history.runs(production, echo_flow, which=kind).rows
            listed = listing.page(production).rows[0]
        plans = [plan for statement in seen if "FROM runs" in statement[0] for plan in [explained(statement)]]
    assert len(found) == 1
    assert listed.last_called_at is not None
    # The list of flows asks for the last call, whichever runs there are more of.
    expected = [index, "ix_runs_called"]
    assert [next((name for name in expected if name in plan), plan) for plan in plans] == expected
    assert not any("SCAN runs" in plan or "Seq Scan on runs" in plan for plan in plans)


def called(app: Flask, workspace: Workspace) -> object:
    with app.app_context():
        return listing.page(workspace).rows[0].last_called_at


def who(page: str) -> list[str]:
    found = re.findall(r'<td data-label="Who" class="break">(.*?)</td>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", one).split()) for one in found]


def add_runs(app: Flask, flow: Flow, count: int, *, ago: int = 0, tried_by_id: UUID | None = None) -> None:
    rows = [
        {
            "workspace_id": flow.workspace_id,
            "flow_id": flow.id,
            "tried_by_id": tried_by_id,
            "session_id": "s",
            "started_at": now() - timedelta(seconds=ago + number),
            "milliseconds": 1,
            "outcome": "FINISHED",
        }
        for number in range(count)
    ]
    with app.app_context(), writing() as session:
        session.execute(insert(Run), rows)


@contextmanager
def statements() -> Iterator[Statements]:
    """What the database is asked meanwhile, with its values."""
    seen: Statements = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def explained(statement: tuple[str, object]) -> str:
    how = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{how} {statement[0]}", statement[1])  # type: ignore[arg-type]
        return "\n".join(str(row[-1]) for row in rows)
