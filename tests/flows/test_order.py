"""The order in which nodes run, and what each says it follows."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.conftest import Run
from tests.samples import START, chain, node


def test_a_node_runs_after_all_that_lead_to_it(run: Run) -> None:
    graph = drawn(
        ["a", "b", "c", "d"],
        [("start", "a"), ("start", "b"), ("a", "d"), ("b", "c"), ("c", "d")],
    )
    trace = order(run(graph))

    assert trace == [
        ("start", []),
        ("a", ["start"]),
        ("b", ["start"]),
        ("c", ["b"]),
        ("d", ["a", "c"]),
    ]


def test_the_order_is_that_of_the_lines_not_of_the_boxes(run: Run) -> None:
    graph = drawn(["z", "y", "x"], [("start", "x"), ("x", "y"), ("y", "z")])

    assert [node_id for node_id, _ in order(run(graph))] == ["start", "x", "y", "z"]


def test_a_line_drawn_twice_is_one_line(run: Run) -> None:
    graph = drawn(["a"], [("start", "a"), ("start", "a")])

    assert order(run(graph)) == [("start", []), ("a", ["start"])]


def test_a_node_that_start_does_not_reach_does_not_run(run: Run) -> None:
    graph = drawn(["a", "alone", "aside"], [("start", "a"), ("alone", "a"), ("alone", "aside")])

    assert order(run(graph)) == [("start", []), ("a", ["start"])]


def test_the_answer_is_what_the_last_node_said(run: Run) -> None:
    graph = drawn(["a", "b"], [("start", "a"), ("a", "b")])

    assert run(graph)["text"] == "b heard hi"


def test_a_note_is_kept_and_not_run(run: Run) -> None:
    note = node("stickyNoteAgentflow", "Note", {"note": "remember {{ question }}"})
    reply = node("directReplyAgentflow", "Reply", {"directReplyMessage": "done"})
    edges = [{"source": START["id"], "target": reply["id"]}, {"source": note["id"], "target": reply["id"]}]
    answer = run(json.dumps({"nodes": [START, note, reply], "edges": edges}))

    assert answer["text"] == "done"
    assert order(answer) == [(START["id"], []), (reply["id"], [START["id"]])]


def test_a_start_alone_is_a_flow(run: Run) -> None:
    assert run(chain(START), "hello")["text"] == "hello"


def drawn(replies: list[str], edges: list[tuple[str, str]]) -> str:
    start = START | {"id": "start"}
    nodes = [reply(node_id) for node_id in replies]
    lines = [{"source": source, "target": target} for source, target in edges]
    return json.dumps({"nodes": [*nodes, start], "edges": lines})


def reply(node_id: str) -> dict[str, Any]:
    inputs = {"directReplyMessage": f"{node_id} heard {{{{ question }}}}"}
    return node("directReplyAgentflow", node_id, inputs) | {"id": node_id}


def order(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(entry["nodeId"], entry["previousNodeIds"]) for entry in answer["agentFlowExecutedData"]]
