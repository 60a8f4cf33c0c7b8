"""What a prediction asks of the database, seen at the driver: one statement, no session, no transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from forjinn.apikeys import token
from forjinn.bridge import Bridge
from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import ask, path
from tests.statements import counted


def test_an_authenticated_prediction_costs_one_statement(
    quiet: Flask, statements: Statements, production_key: str, echo_flow: Flow
) -> None:
    client = quiet.test_client()
    # PostgreSQL prepares it, and the graph is read once.
    ask(client, echo_flow, production_key)
    statements()

    for _ in range(5):
        assert ask(client, echo_flow, production_key).status_code == 200
    assert statements() == {"reader": 5, "session": 0}


def test_a_large_prediction_whose_key_is_checked_before_its_body_comes_costs_no_more(
    quiet: Flask, statements: Statements, production_key: str, echo_flow: Flow
) -> None:
    bridge = Bridge(quiet, threads=1, stranger_body=1000)
    # Threads keep what they import, and PostgreSQL what it prepares.
    assert asyncio.run(send(bridge, path(echo_flow), production_key, b"x" * 2000)) == 400
    statements()

    large = b'{"question": "%s"}' % (b"x" * 300_000)
    assert asyncio.run(send(bridge, path(echo_flow), production_key, large)) == 200
    # The key, and the graph, which is read once.
    assert statements() == {"reader": 2, "session": 0}
    assert asyncio.run(send(bridge, path(echo_flow), production_key, large)) == 200
    assert statements() == {"reader": 1, "session": 0}
    assert asyncio.run(send(bridge, path(echo_flow), token.new(), large)) == 401
    assert statements() == {"reader": 1, "session": 0}


async def send(bridge: Bridge, target: str, key: str, body: bytes) -> int:
    """The status of a prediction that comes through the bridge in two pieces."""
    messages = [
        {"type": "http.request", "body": body[:100], "more_body": True},
        {"type": "http.request", "body": body[100:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def answer(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    scope = {
        "type": "http",
        "method": "POST",
        "http_version": "1.1",
        "scheme": "http",
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await bridge(scope, receive, answer)
    status: int = sent[0]["status"]
    return status


def test_a_refused_prediction_costs_no_more(
    quiet: Flask, statements: Statements, production_key: str, staging_flow: Flow
) -> None:
    client = quiet.test_client()
    ask(client, staging_flow, production_key)
    statements()

    for flow, key in ((staging_flow, production_key), (uuid4(), production_key), (staging_flow, token.new())):
        assert ask(client, flow, key).status_code in (401, 403, 404)
        assert statements() == {"reader": 1, "session": 0}
    # Without a key: whether the flow is public.
    assert client.post(f"/api/v1/prediction/{staging_flow.id}").status_code == 401
    assert statements() == {"reader": 1, "session": 0}


def test_a_graph_is_read_once_and_deploying_does_not_make_it_stale(
    quiet: Flask,
    statements: Statements,
    production: Workspace,
    production_key: str,
    echo_flow: Flow,
) -> None:
    client = quiet.test_client()
    ask(client, echo_flow, production_key)
    with quiet.app_context():
        flows.set_deployed(production, echo_flow, False)
    statements()

    assert ask(client, echo_flow, production_key).status_code == 409
    with quiet.app_context():
        flows.set_deployed(production, echo_flow, True)
    statements()
    assert ask(client, echo_flow, production_key).status_code == 200
    assert statements() == {"reader": 1, "session": 0}


def test_the_flows_of_a_workspace_cost_two_statements(
    quiet: Flask, statements: Statements, production_key: str, echo_flow: Flow
) -> None:
    client = quiet.test_client()
    for listed in ("/api/v1/chatflows", f"/api/v1/chatflows/{echo_flow.id}"):
        client.get(listed, headers={"Authorization": f"Bearer {production_key}"})
        statements()
        client.get(listed, headers={"Authorization": f"Bearer {production_key}"})
        assert statements() == {"reader": 2, "session": 0}


# Gives how many statements ran since the last time, by engine.
Statements = Callable[[], dict[str, int]]


@pytest.fixture
def quiet(app_with: Callable[..., Flask]) -> Flask:
    """An application that does not write its counts while the test runs."""
    return app_with(FORJINN_USAGE_FLUSH_SECONDS="5")


@pytest.fixture
def statements(quiet: Flask, tmp_path: Path) -> Iterator[Statements]:
    with quiet.app_context():
        engines = {"reader": quiet.extensions["forjinn.reader"].engine, "session": db.engine}
    counts = {name: counted(engine, tmp_path / f"{name}.trace") for name, engine in engines.items()}

    def since_the_last_time() -> dict[str, int]:
        return {name: count() for name, count in counts.items()}

    yield since_the_last_time
    for engine in engines.values():
        engine.dispose()
