"""Execute Flow asks another flow of the workspace."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from forjinn.errors import Refused
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql
from tests.flows.conftest import Failed, Missing, Run
from tests.flows.drawing import box, in_a_row, llm, ran, reply, told
from tests.flows.nodes.conftest import Other
from tests.providers import Provider


def test_another_flow_answers(run: Run, echo_flow: Flow) -> None:
    nodes = [calling(echo_flow, executeFlowInput="<p>{{ question }}?</p>"), reply("end", "It said: {{ x }}")]
    answer = run(in_a_row(*nodes), "why")

    assert answer["text"] == "It said: You asked: why?"
    assert ran(answer) == ["start", "x", "end"]
    assert told(answer, "x")["input"]["flowId"] == str(echo_flow.id)


def test_without_an_input_it_is_asked_the_question(run: Run, echo_flow: Flow) -> None:
    assert run(in_a_row(calling(echo_flow)), "why")["text"] == "You asked: why"


def test_its_tokens_count_and_its_answer_may_go_into_the_state(
    run: Run, model: str, provider: Provider, llm_flow: Flow
) -> None:
    keep = [{"key": "said", "value": "<p>{{ output }}!</p>"}]
    answer = run(
        in_a_row(calling(llm_flow, executeFlowUpdateState=keep), reply("end", "{{ $flow.state.said }}"))
    )

    assert answer["text"] == "Hello from the model!"
    assert answer["usageMetadata"]["total_tokens"] == 12


def test_it_knows_the_variables_of_the_workspace(run: Run, other: Other, sql: Sql) -> None:
    sql("INSERT INTO variables (workspace_id, name, value) SELECT id, 'city', 'Rome' FROM workspaces")
    inner = other(in_a_row(reply("r", "{{ $vars.city }}")))

    assert run(in_a_row(calling(inner)))["text"] == "Rome"


def test_its_state_is_its_own(run: Run, other: Other) -> None:
    begin = box("start", "start", startState=[{"key": "a", "value": "outer"}])
    inner = other(in_a_row(reply("r", "{{ $flow.state.a }}")))

    assert run(in_a_row(begin, calling(inner)))["text"] == "{{ $flow.state.a }}"


def test_a_flow_of_another_workspace_is_missing(missing: Missing, staging_flow: Flow) -> None:
    [said] = missing(in_a_row(calling(staging_flow)))

    assert said == f"Not in production: the flow '{staging_flow.id}', which this one calls."


NOBODY: list[object] = [str(uuid4()), "no id", "{", "x" * 10_000, "ü"]


def test_a_flow_that_is_nowhere_is_missing(subtests: pytest.Subtests, missing: Missing) -> None:
    for nobody in NOBODY:
        with subtests.test(str(nobody)[:30]):
            [said] = missing(in_a_row(calling(nobody)))
            assert said.startswith("Not in production: the flow ")
            assert len(said) < 200


def test_a_flow_that_is_not_chosen_is_missing(missing: Missing) -> None:
    for nothing in (None, "", " ", 5, ["a"], {}):
        assert missing(in_a_row(calling(nothing))) == ["x: no flow is chosen."]


def test_a_flow_that_was_undeployed_or_deleted_since_fails(
    app: Flask, failed: Failed, production: Workspace, other: Other, sql: Sql
) -> None:
    inner = other(in_a_row(reply("r", "ok")))
    graph = in_a_row(calling(inner))
    # Kept while it was deployed.
    with app.app_context():
        flows.set_deployed(production, inner, False)
    assert failed(graph) == f"x: the flow {inner.id} is not deployed."


def test_a_flow_cannot_call_itself(app: Flask, production: Workspace, other: Other, sql: Sql) -> None:
    flow = other(in_a_row(reply("r", "ok")))
    sql("UPDATE flows SET graph = :graph", graph=in_a_row(calling(flow)))
    with app.app_context(), pytest.raises(Refused, match="A flow cannot call itself"):
        flows.set_deployed(production, flows.get(production, flow.id), True)


def test_flows_that_call_each_other_are_stopped(other: Other, failed: Failed, sql: Sql) -> None:
    one = other(in_a_row(reply("r", "ok")))
    two = other(in_a_row(calling(one)), "Two")
    sql("UPDATE flows SET graph = :graph, version = 2 WHERE name = 'Other'", graph=in_a_row(calling(two)))

    assert failed(in_a_row(calling(two))) == "x: a flow cannot call itself, nor one that is calling it."


def test_flows_within_flows_have_a_limit(other: Other, run: Run, failed: Failed) -> None:
    flow = other(in_a_row(reply("r", "deep")))
    for number in range(3):
        flow = other(in_a_row(calling(flow)), f"Flow {number}")
    assert run(in_a_row(calling(flow)))["text"] == "deep"

    flow = other(in_a_row(calling(flow)), "One more")
    assert failed(in_a_row(calling(flow))) == "x: flows call each other more than 5 deep."


def test_the_deepest_that_can_be_set_is_no_crash(app: Flask, other: Other, run: Run) -> None:
    app.config["FORJINN_RUN_DEPTH"] = 50
    flow = other(in_a_row(reply("r", "deep")))
    for number in range(48):
        flow = other(in_a_row(calling(flow)), f"Flow {number}")

    assert run(in_a_row(calling(flow)))["text"] == "deep"


def test_the_nodes_of_both_flows_count(app: Flask, other: Other, failed: Failed) -> None:
    app.config["FORJINN_RUN_NODES"] = 5
    inner = other(in_a_row(*(reply(f"r{n}", "x") for n in range(3))))

    assert failed(in_a_row(calling(inner))) == "r2: The flow ran 5 nodes, which is the limit."


def test_a_provider_that_fails_inside_is_a_bad_gateway(
    other: Other, failed: Failed, model: str, provider: Provider
) -> None:
    provider.says({"error": {"message": "overloaded"}}, 503)
    inner = other(in_a_row(llm("inner")))

    assert failed(in_a_row(calling(inner)), "hi", 502, "provider_error").startswith(
        "inner: The model 'small'"
    )


def calling(flow: Flow | object, **inputs: Any) -> dict[str, Any]:
    chosen = str(flow.id) if isinstance(flow, Flow) else flow
    return box("executeFlow", "x", executeFlowSelectedFlow=chosen, **inputs)
