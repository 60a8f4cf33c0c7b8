"""The lists of a node's settings: rows, and what there is to choose."""

from __future__ import annotations

import json

from tests.flows.canvas.every_node import EVERY_NODE, INPUTS, OTHER
from tests.flows.canvas.panels import Panel, Panels
from tests.flows.drawing import box, drawn, in_a_row, reply


def test_rows_are_added_moved_and_taken_out(panels: Panels) -> None:
    panel = panels.of(panels.imported(EVERY_NODE), "llmAgentflow_0")
    before = panel.node()["inputs"]["llmMessages"]
    # What is typed in the meantime is kept.
    made = panel.do("add:llmMessages", {"llmMessages.1.content": "Changed"})["inputs"]["llmMessages"]
    assert made == [before[0], {"role": "user", "content": "Changed"}, {"role": "user", "content": ""}]
    made = panel.do("up:llmMessages:1")["inputs"]["llmMessages"]
    assert [one["content"] for one in made] == ["Changed", before[0]["content"], ""]
    assert made[1] == before[0]
    made = panel.do("down:llmMessages:0")["inputs"]["llmMessages"]
    made = panel.do("remove:llmMessages:1")["inputs"]["llmMessages"]
    assert made == [before[0], {"role": "user", "content": ""}]
    # A list that the file keeps as text stays one.
    rows = panel.do("remove:llmStructuredOutput:0")["inputs"]["llmStructuredOutput"]
    assert json.loads(rows) == json.loads(INPUTS["llmAgentflow"]["llmStructuredOutput"])[1:]
    for wrong in (
        "remove:llmMessages:9",
        "up:llmMessages:0",
        "add:nothing",
        "turn:llmMessages:0",
        "x",
        "remove:llmMessages:²",
    ):
        assert panel.refused({}, do=wrong)[""], wrong


def test_the_edges_of_a_condition_follow_its_rows(panels: Panels) -> None:
    rows = [{"type": "string", "operation": "equal", "value1": "{{ question }}", "value2": n} for n in "ab"]
    condition = box("condition", "c", conditions=rows)
    nodes = [condition, *(reply(one, one) for one in "xyz")]
    panel = panels.of(panels.imported(drawn(nodes, "start>c", "c:0>x", "c:1>y", "c:2>z")), "c")
    panel.do("up:conditions:1", {"conditions.0.value2": "changed"})
    assert _ways(panel) == {"y": "c-output-0", "x": "c-output-1", "z": "c-output-2"}
    panel.do("add:conditions")
    assert _ways(panel)["z"] == "c-output-3"


def _ways(panel: Panel) -> dict[str, str]:
    edges = json.loads(panel.text())["edges"]
    return {edge["target"]: edge["sourceHandle"] for edge in edges if edge["source"] == "c"}


def test_a_loop_goes_back_to_a_node_of_its_own_surroundings(panels: Panels) -> None:
    loop = box("loop", "loop", loopBackToNode="a-b", maxLoopCount=2)
    nodes = [reply("a", "x"), reply("a-b", "y"), loop | {"id": "loop"}]
    nodes[0]["data"]["label"] = "b"
    panel = panels.of(panels.imported(in_a_row(*nodes)), "loop")
    assert panel.form.values["loopBackToNode"] == "a-b"
    assert set(panel.form.options["loopBackToNode"]) == {"start", "a", "a-b"}
    # As `a-b` it would be the other node.
    assert panel.apply({"loopBackToNode": "a"})["inputs"]["loopBackToNode"] == "a"
    inside = panels.of(panels.imported(EVERY_NODE), "loopAgentflow_0")
    assert "directReplyAgentflow_1" not in inside.form.options["loopBackToNode"]


def test_models_and_flows_that_are_not_here_stay_chosen_and_are_marked(panels: Panels) -> None:
    panels.register("Small")
    other = panels.imported(in_a_row(reply("r", "x")))
    flow = panels.imported(EVERY_NODE)
    panel = panels.of(flow, "llmAgentflow_0")
    models = panel.form.options["llmModel"]
    assert models == {"gpt-4o-mini": "gpt-4o-mini (not registered)", "Small": "Small"}
    assert "Not registered in production" in panel.html
    sorting = panels.of(flow, "conditionAgentAgentflow_0")
    # Names are the same whatever their case.
    assert sorting.form.options["conditionAgentModel"] == {"small": "small"}
    calling = panels.of(flow, "executeFlowAgentflow_0")
    flows = calling.form.options["executeFlowSelectedFlow"]
    assert flows == {OTHER: f"{OTHER} (not in this workspace)", str(other.id): "Under test"}
    assert calling.apply({"executeFlowSelectedFlow": str(other.id)})["inputs"][
        "executeFlowSelectedFlow"
    ] == str(other.id)


def test_tools_are_chosen_and_set(panels: Panels) -> None:
    panels.register("small")
    panel = panels.of(panels.imported(in_a_row(box("agent", "a", agentModel="small"))), "a")
    panel.do("add:agentTools")
    row = panel.apply({"agentTools.0.agentSelectedTool": "requestsGet"})["inputs"]["agentTools"][0]
    assert row["agentSelectedTool"] == "requestsGet"
    at = "agentTools.0.agentSelectedToolConfig.requestsGet"
    row = panel.apply({f"{at}Url": "https://a.example.com", f"{at}Headers": "no"})["inputs"]["agentTools"][0]
    assert row["agentSelectedToolConfig"]["requestsGetUrl"] == "https://a.example.com"
    assert "the headers are not a JSON object" in panel.html
    chosen = panels.of(panels.imported(EVERY_NODE), "agentAgentflow_0")
    row = chosen.apply({"agentTools.0.agentSelectedTool": "calculator"})["inputs"]["agentTools"][0]
    # The format's editor says it twice.
    assert row["agentSelectedToolConfig"]["agentSelectedTool"] == "calculator"


def test_of_thousands_of_rows_the_first_are_shown_and_all_are_kept(panels: Panels) -> None:
    rows = [{"scenario": f"{number}"} for number in range(5000)]
    node = box("conditionAgent", "a", conditionAgentScenarios=rows)
    panel = panels.of(panels.imported(in_a_row(node)), "a")
    assert "4,800 more are not shown" in panel.html
    made = panel.apply({"conditionAgentScenarios.199.scenario": "x"})["inputs"]["conditionAgentScenarios"]
    assert made == [*rows[:199], {"scenario": "x"}, *rows[200:]]


def test_a_credential_of_an_http_node_can_be_taken_out(panels: Panels) -> None:
    node = box("http", "h", method="GET", url="https://api.example.com")
    node["data"]["credential"] = "4711"
    panel = panels.of(panels.imported(in_a_row(node)), "h")
    assert "Credentials of HTTP nodes are not supported" in panel.html
    assert panel.apply({"data.credential": "on"})["credential"] == ""
    assert "Credentials of HTTP nodes" not in panel.html
