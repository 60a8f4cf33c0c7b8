"""What each node did in a run, as a drawing of the flow shows it."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forjinn.extensions import db
from forjinn.flows import node_runs, traces
from forjinn.flows import service as flows
from forjinn.flows.models import Run
from forjinn.flows.node_runs import NodeRun
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import ask, eventually
from tests.flows.drawing import box, in_a_row, llm, reply
from tests.providers import Provider

ROUNDS = in_a_row(
    box("iteration", "over", iterationInput="[1, 2, 3]"), llm("inside", "over"), reply("last", "Done")
)


def test_nodes_stand_in_the_order_in_which_they_began_with_all_their_rounds(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, model: str
) -> None:
    found = ran(app, client, production, production_key, ROUNDS)

    assert list(found) == ["start", "over", "inside", "last"]
    assert [one.order for one in found.values()] == [1, 2, 3, 4]
    assert [one.times for one in found.values()] == [1, 1, 3, 1]
    assert [one.tokens for one in found.values()] == [None, 36, 36, None]
    assert found["over"].milliseconds >= found["inside"].milliseconds
    assert not any(one.failed or one.error for one in found.values())


def test_what_failed_says_why_only_where_texts_are_kept(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
) -> None:
    provider.says({"error": {"message": "the quota is used up"}}, 429)
    found = ran(app, client, production, production_key, ROUNDS)
    assert [name for name, one in found.items() if one.failed] == ["over", "inside"]
    assert "the quota is used up" in found["inside"].error
    assert "last" not in found
    with app.app_context():
        [run] = db.session.scalars(select(Run).options(undefer(Run.trace)))
        assert node_runs.failed_node(traces.entries(run)) == "inside"
        assert not node_runs.of(run, texts=False)["inside"].error
        workspaces.set_record_texts(production, False)
    silent = ran(app, client, production, production_key, ROUNDS)
    assert (silent["inside"].failed, silent["inside"].error) == (True, "")


def test_a_run_without_a_trace_has_no_nodes(app: Flask, echo_flow: object, production: Workspace) -> None:
    run = Run(trace=None)
    assert node_runs.of(run, texts=True) == {}
    assert node_runs.failed_node([{"status": "ERROR", "nodeId": 7}, {}]) is None


def ran(app: Flask, client: FlaskClient, workspace: Workspace, key: str, graph: str) -> dict[str, NodeRun]:
    """What the nodes did in a run of this flow, called as an application does."""
    with app.app_context():
        flow = flows.import_agentflow(workspace, graph, name="Rounds")
    ask(client, flow, key)
    statement = select(Run).where(Run.flow_id == flow.id).options(undefer(Run.trace))

    def read() -> bool:
        with app.app_context():
            return db.session.scalar(statement) is not None

    eventually(read)
    with app.app_context():
        run = db.session.scalars(statement).one()
        return node_runs.of(run, texts=workspaces.by_slug("production").record_texts)
