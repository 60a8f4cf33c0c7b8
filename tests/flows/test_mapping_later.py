"""The models of a flow that is kept are mapped on its page or on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.errors import NotFound, Refused
from forjinn.flows import managing, mapping
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.commands import done, run
from tests.commands import refused as one_line
from tests.conftest import member
from tests.flows.drawing import box, in_a_row
from tests.people import Person
from tests.providers import Provider

LIST = "/w/production/flows"
EVIL = "<img src=x onerror=alert(1)>"
# Odd spacing, escapes, a name that stands twice, a number that no float holds, and members of others.
ODD = """{ "ours":[1.10,12345678901234567890,"\\u00e4 \\/ 🗝"],"nodes" : [],
"nodes" : [ {"id":"s","data":{"name":"startAgentflow","inputs":{}},"position":{"x":1e1,"y":-0}},
 {"data" : {"name":"llmAgentflow", "label":"ä big","inputs" : {"llmModel":"chatOpenAI",
   "llmMessages":[{"role":"user","content":"big ]}\\" {"}], "llmModelConfig":{"modelName":"gone","model":"x",
   "modelName" :\t"b\\u0069g", "temperature":0.30}}}, "id":"n", "zz":null} ],
 "edges":[{"source":"s","target":"n","sourceHandle":"s-output-0"}] }
"""


def test_everything_but_the_name_stays_byte_for_byte() -> None:
    assert mapping.mapped(ODD, {"big": 'klein "ä"'}) == ODD.replace('"b\\u0069g"', '"klein \\"ä\\""')
    assert mapping.mapped(ODD, {"gone": "small", "chatOpenAI": "small", "x": "small"}) == ODD
    assert json.loads(mapping.mapped(ODD, {"big": "a"}))["nodes"][1]["data"]["label"] == "ä big"


def test_a_flow_gets_registered_models_on_its_page_and_answers_then(
    app: Flask,
    alice: Person,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
) -> None:
    flow = kept(app, production, in_a_row(asks("one", "big"), asks("two", EVIL)))
    page = alice.get(f"{LIST}/{flow.id}").text
    for shown in ("Choose registered models", "<code>big</code>", '<option value="small" selected>small'):
        assert shown in page
    assert EVIL not in page

    path = f"{LIST}/{flow.id}/models"
    answer = alice.post(path, name=["big", EVIL], model=[model, ""])
    assert (answer.status_code, answer.location) == (303, f"{LIST}/{flow.id}")
    page = alice.get(answer.location).text
    assert "“small” in place of “big”. It is not deployed yet." in page
    assert "<code>big</code>" not in page
    alice.post(path, name=EVIL, model=model)
    alice.post(f"{LIST}/{flow.id}/deploy")
    answered(ask(client, flow, production_key))
    assert {one["model"] for one in provider.received} == {"upstream-7b"}
    with app.app_context():
        assert flows.get(production, flow.id).version == 3
    assert "Choose registered models" not in alice.get(f"{LIST}/{flow.id}").text


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("big", "", "No model was chosen. Nothing was changed."),
        ("big", "nowhere", "There is no model named “nowhere” in this workspace."),
        ("other", "small", "This flow calls no model named “other”."),
    ],
)
def test_a_mistake_is_said_and_nothing_is_changed(
    app: Flask, alice: Person, production: Workspace, model: str, name: str, other: str, said: str
) -> None:
    flow = kept(app, production, in_a_row(asks("one", "big")))
    answer = alice.post(f"{LIST}/{flow.id}/models", name=name, model=other)
    assert said in alice.get(answer.location or "").text
    with app.app_context():
        found = flows.get(production, flow.id)
        assert (found.graph, found.version) == (flow.graph, 1)


def test_what_somebody_else_changed_meanwhile_is_not_lost(
    app: Flask, production: Workspace, model: str
) -> None:
    flow = kept(app, production, in_a_row(asks("one", "big"), asks("two", "huge")))
    with app.app_context():
        early = flows.get(production, flow.id)
        managing.map_models(production, early, {"big": model})
    # `flow` is as it was before.
    with app.app_context():
        with pytest.raises(Refused, match="in the same moment"):
            managing.map_models(production, flow, {"huge": model})
        managing.delete(production, flow)
        with pytest.raises(NotFound):
            managing.map_models(production, flow, {"huge": model})


def test_the_command_line_maps_and_says_what_is_still_missing(
    app: Flask, production: Workspace, model: str
) -> None:
    flow = kept(app, production, in_a_row(asks("one", "big"), asks("two", "huge")))
    where = ("chatflows", "map", str(flow.id), "--workspace", "production")
    assert "Say which" in one_line(run(app, *where))
    said = run(app, *where, "--map", f"big={model}").stderr
    assert "'Kept' now calls: 'small', 'huge'." in said
    assert "Not registered in production: the model 'huge'" in said
    assert "NAME=REGISTERED" in one_line(run(app, *where, "--map", "huge"))
    done(app, *where, "--map", f"huge={model}")
    done(app, "chatflows", "deploy", str(flow.id), "--workspace", "production")


def test_who_may_not_change_flows_maps_none(
    app: Flask, charlie: Person, production: Workspace, model: str
) -> None:
    flow = kept(app, production, in_a_row(asks("one", "big")))
    viewer = member(app, "vera@example.com", production, "Viewer")
    assert "Choose registered models" not in viewer.get(f"{LIST}/{flow.id}").text
    for person, status in ((viewer, 403), (charlie, 404)):
        assert person.post(f"{LIST}/{flow.id}/models", name="big", model=model).status_code == status


def asks(node_id: str, model: str) -> dict[str, Any]:
    return box("llm", node_id, llmModel=model)


def kept(app: Flask, workspace: Workspace, graph: str) -> Flow:
    with app.app_context():
        flow = flows.import_agentflow(workspace, graph, name="Kept")
        assert not flow.deployed
        return flows.get(workspace, flow.id)
