"""What a prediction asks of the database, seen at the driver: one statement, no session, no transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from forjinn.apikeys import token
from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import ask
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
    for path in ("/api/v1/chatflows", f"/api/v1/chatflows/{echo_flow.id}"):
        client.get(path, headers={"Authorization": f"Bearer {production_key}"})
        statements()
        client.get(path, headers={"Authorization": f"Bearer {production_key}"})
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
