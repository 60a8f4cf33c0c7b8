"""A flow that lacks something is kept, cannot be deployed, and says what it lacks."""

from __future__ import annotations

import json

from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, refused
from tests.flows.conftest import Missing
from tests.flows.drawing import box, in_a_row, llm, reply
from tests.providers import Provider

REGISTER = "Register it with: flask models add NAME --workspace SLUG --base-url URL --upstream ID"


def test_a_node_of_an_unknown_type_is_missing(missing: Missing) -> None:
    graph = in_a_row(box("human", "ask"), reply("r", "x"), {"id": "odd", "data": []}, {"id": "none"})

    assert missing(graph) == [
        "ask: nodes of the type humanAgentflow are not supported.",
        "Node: nodes of the type no type are not supported.",
        "Node: nodes of the type no type are not supported.",
    ]


def test_what_is_said_of_an_odd_file_stays_on_its_line(missing: Missing) -> None:
    tool = {"agentSelectedTool": "a\x1bb"}
    nodes = [box("x\ny", "odd"), box("agent", "a", agentModel="m", agentTools=[tool])]

    assert missing(in_a_row(*nodes))[:2] == [
        "odd: nodes of the type x�yAgentflow are not supported.",
        "a: the tool a�b is not supported.",
    ]


def test_a_node_that_is_not_reached_is_not_needed(app: Flask, production: Workspace) -> None:
    graph = json.loads(in_a_row(reply("r", "x")))
    graph["nodes"].append(box("human", "aside"))
    with app.app_context():
        assert flows.import_agentflow(production, json.dumps(graph), name="Flow").deployed


def test_a_model_that_is_not_registered_is_missing_until_it_is(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, provider: Provider
) -> None:
    inside = llm("inner", "over")
    graph = in_a_row(llm("w"), box("iteration", "over", iterationInput="[1]"), inside)
    with app.app_context():
        flow = flows.import_agentflow(production, graph, name="Flow")
        assert not flow.deployed
    said = refused(ask(client, flow, production_key), 409, "flow_not_deployed")
    assert "not deployed" in said

    with app.app_context():
        models.add(production, "SMALL", base_url=provider.url, upstream="up")
        assert not flows.get(production, flow.id).deployed
        flows.set_deployed(production, flow, True)
    assert answered(ask(client, flow, production_key))["text"]


def test_a_model_of_another_workspace_is_not_here(
    app: Flask, staging: Workspace, missing: Missing, provider: Provider
) -> None:
    with app.app_context():
        models.add(staging, "small", base_url=provider.url, upstream="up")

    assert missing(in_a_row(llm("w"))) == [f"Not registered in production: the model 'small'. {REGISTER}"]


def test_several_models_are_said_once_each(missing: Missing) -> None:
    nodes = [llm(f"w{number}") for number in range(3)]
    nodes[2]["data"]["inputs"]["llmModel"] = "it's"

    assert missing(in_a_row(*nodes)) == [
        f"""Not registered in production: the model 'small', "it's". {REGISTER}"""
    ]


def test_what_start_cannot_do_is_missing(missing: Missing) -> None:
    begin = box("start", "start", startInputType="voice", startPersistState=True)

    assert missing(in_a_row(begin)) == ["start: the input type voice is not supported."]


def test_a_model_that_was_removed_since_is_said_in_the_answer(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, model: str, sql: Sql
) -> None:
    with app.app_context():
        flow = flows.import_agentflow(production, in_a_row(llm("w")), name="Flow")
    sql("DELETE FROM language_models")

    said = refused(ask(client, flow, production_key), 500, "internal")
    assert said == "w: The model 'small' is not registered in this workspace."
