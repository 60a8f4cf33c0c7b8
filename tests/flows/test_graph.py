"""What a flow's file must be like; a refusal lists all that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from forjinn.flows.parsing import MOST_BYTES
from tests.flows.conftest import Missing, Run
from tests.samples import DIRECT_REPLY, START, chain, node

Refusal = Callable[[str], str]

REPLY = node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": "ok"})


def test_a_flow_has_one_start(refusal: Refusal) -> None:
    second = node("startAgentflow", "Second", {}, number=1)

    assert refusal(chain(REPLY)) == "A flow has one Start node; this one has 0."
    assert refusal(chain(START, second, REPLY)) == "A flow has one Start node; this one has 2."
    assert refusal('{"nodes": []}') == "A flow has one Start node; this one has 0."


CIRCLES = [
    [(1, 1)],
    [(0, 0)],
    [(1, 0)],
    [(1, 2), (2, 1)],
    [(1, 2), (2, 0)],
]


def test_a_flow_that_runs_in_a_circle_is_refused(subtests: pytest.Subtests, refusal: Refusal) -> None:
    for edges in CIRCLES:
        with subtests.test(ascii(edges)[:50]):
            nodes = [START, REPLY, REPLY | {"id": "last"}]
            graph = drawn(nodes, [(0, 1), (1, 2), *edges])

            assert refusal(graph) == "The flow runs in a circle; only a Loop node may lead back."


def test_everything_that_is_wrong_is_said_at_once(refusal: Refusal) -> None:
    graph = json.loads(
        chain(
            node("startAgentflow", "Begin", {}),
            node("llmAgentflow", "Writer", {"llmMessages": [{"role": "robot", "content": "hi"}]}),
            node("llmAgentflow", "Checker", {"llmModel": "m", "llmStructuredOutput": [{"key": "a"}]}, 1),
            node("directReplyAgentflow", "Answer", {"directReplyMessage": "<p></p>"}),
            node("loopAgentflow", "Again", {}),
            node("iterationAgentflow", "Over", {"iterationInput": "[1]"}),
        )
    )
    graph["edges"] += [{"source": START["id"], "target": gone} for gone in (START["id"], [], 5, "gone")]
    said = refusal(json.dumps(graph))

    for sentence in (
        "Writer: a message has a role other than system, developer, user, assistant.",
        "Checker: 'a' of the structured output has the type ''.",
        "Answer: the message is empty.",
        "Again: the node to loop back to is not there.",
        "Over: there are no nodes inside.",
        "Edge 9 leads from or to 'gone', which is not there.",
    ):
        assert sentence in said


def test_an_edge_to_nowhere_is_refused(refusal: Refusal) -> None:
    for source, target in ((START["id"], "gone"), ("gone", REPLY["id"]), (None, None), ([], {}), (1, 2)):
        edges = [{"source": START["id"], "target": REPLY["id"]}, {"source": source, "target": target}]
        said = refusal(json.dumps({"nodes": [START, REPLY], "edges": edges}))
        assert said.startswith("Edge 2 leads from or to ")


def test_of_very_many_mistakes_the_first_are_said(refusal: Refusal) -> None:
    edges = [{"source": "x" * 200, "target": START["id"]}] * 10_000
    said = refusal(json.dumps({"nodes": [START], "edges": edges}))

    assert len(said) < 3000
    assert said.endswith("And 9,980 problems more.")


def test_a_node_of_a_megabyte_is_refused(refusal: Refusal) -> None:
    large = node("directReplyAgentflow", "Large", {"directReplyMessage": "x" * (1 << 20)})
    hidden = REPLY | {"z": ["x" * (1 << 20)]}

    assert refusal(chain(START, large)).startswith("Large: it has 1,048,")
    assert refusal(chain(START, hidden)).startswith("Direct Reply: it has 1,048,")


def test_a_node_has_an_id_of_its_own(refusal: Refusal) -> None:
    twin = node("directReplyAgentflow", "Twin", {"directReplyMessage": "twin"})
    assert refusal(chain(START, REPLY, twin)) == "Node 3 has no id of its own."

    for node_id in (None, "", 5, ["a"], {"a": 1}):
        said = refusal(json.dumps({"nodes": [START, REPLY | {"id": node_id}]}))
        assert said == "Node 2 has no id of its own."


NO_FLOWS = [
    ("", "The flow is not JSON"),
    ("nodes", "The flow is not JSON"),
    ("{", "The flow is not JSON"),
    (DIRECT_REPLY + "}", "The flow is not JSON"),
    ("[]", "not a JSON object"),
    ("null", "not a JSON object"),
    ('"flow"', "not a JSON object"),
    ("{}", "no list of nodes"),
    ('{"nodes": {}}', "no list of nodes"),
    ('{"nodes": [1]}', "not objects"),
    ('{"nodes": [null]}', "not objects"),
    ('{"nodes": [], "edges": {}}', "no list of nodes"),
    ('{"nodes": [], "edges": ["a"]}', "not objects"),
    ('{"nodes": [{"id": "a"}]}', "one Start node; this one has 0"),
    ('{"nodes": [{"id": "a", "data": []}]}', "one Start node; this one has 0"),
    ('{"nodes": [{"id": "a", "data": {"name": ["x"]}}]}', "one Start node; this one has 0"),
    ('{"nodes": [], "x": NaN}', "not JSON"),
    ('{"nodes": [], "x": 1e999}', "not JSON"),
    ("[" * 100_000, "nested too deeply"),
    ('{"nodes": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    (json.dumps({"nodes": [START] * 1001}), "1001 nodes; at most 1000"),
    (json.dumps({"nodes": [START], "edges": [{}] * 10_001}), "10001 connections; at most 10000"),
    (json.dumps({"nodes": [START], "x": "y" * MOST_BYTES}), "larger than 5 MB"),
    (
        json.dumps({"nodes": [START], "x": "ü" * (MOST_BYTES // 2)}, ensure_ascii=False),
        "larger than 5 MB",
    ),
    (json.dumps({"nodes": [START], "description": "\ud800"}), "not JSON"),
]


def test_a_file_that_is_no_flow_is_refused(subtests: pytest.Subtests, refusal: Refusal) -> None:
    for text, said in NO_FLOWS:
        with subtests.test(ascii(text)[:50]):
            assert said in refusal(text)


def test_a_thousand_nodes_are_a_flow(app: Flask, run: Run) -> None:
    app.config["FORJINN_RUN_NODES"] = 1000
    replies = [
        node("directReplyAgentflow", f"Reply {number}", {"directReplyMessage": f"{number}"}, number)
        for number in range(999)
    ]

    assert run(chain(START, *replies))["text"] == "998"


NO_INPUTS: list[Any] = [None, [], "x", 5, {"directReplyMessage": 5}, {"directReplyMessage": None}]


def test_inputs_of_another_kind_are_no_inputs(subtests: pytest.Subtests, refusal: Refusal) -> None:
    for inputs in NO_INPUTS:
        with subtests.test(ascii(inputs)[:50]):
            odd = node("directReplyAgentflow", "Answer", inputs)

            assert refusal(chain(START, odd)) == "Answer: the message is empty."


ODD_INPUTS: list[dict[str, Any]] = [
    {"llmMessages": 5},
    {"llmMessages": "hello"},
    {"llmMessages": [1, None, "x"]},
    {"llmMessages": {"role": "user"}},
    {"llmModelConfig": []},
    {"llmModelConfig": {"modelName": 5, "temperature": "1e999", "maxTokens": "1e999", "topP": True}},
    {"llmModelConfig": {"modelName": {}, "temperature": "nan", "maxTokens": 10**400}},
    {"llmUserMessage": ["hi"]},
]


def test_odd_inputs_of_a_model_are_not_a_crash(subtests: pytest.Subtests, missing: Missing) -> None:
    for inputs in ODD_INPUTS:
        with subtests.test(ascii(inputs)[:50]):
            assert missing(chain(START, node("llmAgentflow", "LLM", inputs))) == ["LLM: no model is chosen."]


def drawn(nodes: list[dict[str, Any]], edges: list[tuple[int, int]]) -> str:
    lines = [{"source": nodes[one]["id"], "target": nodes[other]["id"]} for one, other in edges]
    return json.dumps({"nodes": nodes, "edges": lines})
