"""On import the models of a file get the names of registered ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.flows.parsing import InvalidGraph
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.flows.drawing import box, in_a_row, reply
from tests.providers import Provider, completion

# Where the editor keeps a model's name, by the node's kind.
PLACES: list[tuple[str, dict[str, Any]]] = [
    ("llm", {"llmModel": "big"}),
    ("llm", {"llmModel": "chatOpenAI", "llmModelConfig": {"modelName": "big"}}),
    ("llm", {"llmModel": "chatOllama", "llmModelConfig": {"model": "big", "modelName": ""}}),
    ("llm", {"llmModelConfig": {"modelName": "fine", "customModelName": "big"}}),
    ("llm", {"llmModelConfig": {"azureOpenAIApiDeploymentName": " big "}}),
    ("agent", {"agentModel": "chatOpenAI", "agentModelConfig": {"modelName": "big"}}),
    ("conditionAgent", {"conditionAgentModelConfig": {"modelName": "big"},
        "conditionAgentScenarios": [{"scenario": "yes"}]
    }),
]  # fmt: skip


def test_a_model_is_mapped_wherever_its_name_stands(
    subtests: pytest.Subtests,
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
) -> None:
    provider.says(completion("yes"))
    for kind, inputs in PLACES:
        with subtests.test(repr(inputs)[:50]):
            flow = imported(app, production, in_a_row(box(kind, "n", **inputs)), {"big": model, "fine": "x"})
            assert flow.deployed
            answered(ask(client, flow, production_key))
            assert provider.received[-1]["model"] == "upstream-7b"


def test_the_settings_of_a_mapped_model_stay(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
) -> None:
    config = {"modelName": "big", "temperature": 0.3, "extra": {"kept": [1]}}
    graph = in_a_row(box("llm", "n", llmModel="chatOpenAI", llmModelConfig=config))
    flow = imported(app, production, graph, {"big": model})
    answered(ask(client, flow, production_key))

    assert provider.received[0]["temperature"] == 0.3
    kept = json.loads(flow.graph)["nodes"][1]["data"]["inputs"]["llmModelConfig"]
    assert kept == {"modelName": model, "temperature": 0.3, "extra": {"kept": [1]}}


def test_other_models_nodes_and_texts_are_not_touched(app: Flask, production: Workspace, model: str) -> None:
    nodes = [
        box("llm", "other", llmModel="huge"),
        box("human", "unknown", llmModel="big"),
        reply("r", "big"),
        {"id": "odd", "data": "big"},
        box("llm", "bare") | {"data": {"name": "llmAgentflow", "inputs": None}},
    ]
    flow = imported(app, production, in_a_row(*nodes), {"big": model})

    assert json.loads(flow.graph) == json.loads(in_a_row(*nodes))


def test_a_model_that_is_mapped_to_nobody_is_missing(app: Flask, production: Workspace) -> None:
    assert not imported(app, production, in_a_row(box("llm", "n", llmModel="big")), {"big": "gone"}).deployed


def test_what_is_no_flow_is_refused(app: Flask, production: Workspace) -> None:
    for text in ("", "{", "[]", '{"nodes": [1]}', "[" * 100_000):
        with pytest.raises(InvalidGraph):
            imported(app, production, text, {"big": "small"})


def imported(app: Flask, workspace: Workspace, graph: str, models: dict[str, str]) -> Flow:
    with app.app_context():
        return flows.import_agentflow(workspace, graph, name="Mapped", models=models)
