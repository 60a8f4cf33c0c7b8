"""An Iteration runs the nodes inside once for each item of a list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Failed, Run
from tests.flows.drawing import box, drawn, in_a_row, llm, ran, reply, told
from tests.providers import Provider


def test_each_item_is_known_inside(run: Run) -> None:
    items = '[{"name": "Ada", "tags": ["x"]}, {"name": "Bob", "tags": []}]'
    inside = reply("r", "{{ $iteration.name }}: {{ $iteration.tags }} {{$iteration.tags[0]}}", "over")
    answer = run(in_a_row(over(items), inside))

    assert answer["text"] == 'Ada: ["x"] x\nBob: [] {{$iteration.tags[0]}}'
    assert ran(answer) == ["start", "r", "r", "over"]
    rounds = [entry["data"].get("iterationIndex") for entry in answer["agentFlowExecutedData"]]
    assert rounds == [None, 0, 1, None]
    assert told(answer, "r")["parentNodeId"] == "over"


LISTS: list[tuple[object, str]] = [
    ("<p>[1, &quot;two&quot;, null, true, [3]]</p>", "1|two|null|true|[3]"),
    (["a", {"b": 1}], 'a|{"b": 1}'),
    ("[]", ""),
    ("{{ question }}", "4|5"),
    (" {{ question }} ", "4|5"),
    ('["{{ question }}"]', "[4, 5]"),
]


def test_what_is_a_list(subtests: pytest.Subtests, run: Run) -> None:
    for given, text in LISTS:
        with subtests.test(str(given)[:30]):
            answer = run(in_a_row(over(given), reply("r", "{{ $iteration }}", "over")), "[4, 5]")
            assert answer["text"].replace("\n", "|") == text


NO_LISTS = [
    '{"a": 1}',
    "5",
    '"text"',
    "null",
    "text",
    "[1,",
    "[NaN]",
    "[1e999]",
    "[" * 100_000,
    '["\\ud800"]',
]


def test_what_is_no_list_fails_the_node(subtests: pytest.Subtests, failed: Failed) -> None:
    graph = in_a_row(over("{{ question }}"), reply("r", "x", "over"))
    for none in NO_LISTS:
        with subtests.test(none[:30]):
            assert failed(graph, none) == "over: the input is not a JSON list."


def test_an_iteration_without_a_list_or_without_nodes_is_refused(refusal: Callable[[str], str]) -> None:
    for none in (None, "", "<p></p>", []):
        assert refusal(in_a_row(over(none), reply("r", "x", "over"))) == "over: there is no list to go over."
    assert refusal(in_a_row(over("[1]"))) == "over: there are no nodes inside."


def test_the_result_may_be_a_json_list(run: Run) -> None:
    graph = in_a_row(
        over("[1, 2]", iterationOutputStructure="jsonArray"),
        reply("r", 'say "{{ $iteration }}"', "over"),
        reply("end", "{{ over }} {{ over[1] }}"),
    )

    assert run(graph)["text"] == '["say \\"1\\"", "say \\"2\\""] say "2"'


def test_nodes_inside_follow_each_other_and_see_those_before_outside(run: Run) -> None:
    nodes = [
        reply("before", "B"),
        over("[1, 2]"),
        reply("one", "{{ before }}{{ $iteration }}", "over"),
        reply("two", "{{ one }}!", "over"),
        reply("end", "{{ over }} {{ two }}"),
    ]
    graph = drawn(nodes, "start>before", "before>over", "one>two", "over>end")

    assert run(graph)["text"] == "B1!\nB2! {{ two }}"


def test_iterations_in_iterations(run: Run) -> None:
    inner = box("iteration", "inner", "over", iterationInput="{{ $iteration.list }}")
    nodes = [over('[{"list": [1, 2]}, {"list": [3]}]'), inner, reply("r", "{{ $iteration }}", "inner")]

    answer = run(in_a_row(*nodes))
    assert answer["text"] == "1\n2\n3"
    assert ran(answer) == ["start", "r", "r", "inner", "r", "inner", "over"]


def test_iterations_more_than_five_deep_or_in_each_other_are_refused(refusal: Callable[[str], str]) -> None:
    nodes = [box("iteration", f"i{n}", f"i{n - 1}" if n else None, iterationInput="[1]") for n in range(900)]
    assert "i6: it stands in more than 5 Iterations." in refusal(in_a_row(*nodes))

    pair = [box("iteration", one, other, iterationInput="[1]") for one, other in ("ab", "ba")]
    assert "a: it stands in more than 5 Iterations." in refusal(in_a_row(*pair))


def test_conditions_and_loops_inside_begin_anew_with_each_item(run: Run) -> None:
    again = box("loop", "again", "over", loopBackToNode="r-Reply", maxLoopCount=2, fallbackMessage="end")
    graph = drawn([over("[1, 2]"), reply("r", "{{ $iteration }}", "over"), again], "start>over", "r>again")

    assert ran(run(graph)) == ["start", *["r", "again"] * 4, "over"]


def test_a_loop_does_not_lead_out(refusal: Callable[[str], str]) -> None:
    nodes = [reply("a", "A"), over("[1]"), box("loop", "again", "over", loopBackToNode="a")]

    assert refusal(in_a_row(*nodes)) == "again: it loops back into or out of an Iteration."


def test_an_edge_does_not_lead_in_or_out(refusal: Callable[[str], str]) -> None:
    nodes = [over("[1]"), reply("in", "x", "over"), reply("out", "y")]

    for line in ("in>out", "out>in", "over>in"):
        assert refusal(drawn(nodes, "start>over", line)) == "Edge 2 leads into or out of an Iteration."


def test_a_node_that_fails_inside_ends_the_run(failed: Failed, model: str, provider: Provider) -> None:
    provider.says({"error": {"message": "overloaded"}}, 503)
    said = failed(in_a_row(over("[1, 2]"), llm("writer", "over")), "hi", 502, "provider_error")

    assert said == "writer: The model 'small' answered with status 503: overloaded"
    assert len(provider.received) == 1


def test_state_that_is_set_inside_is_kept(run: Run, model: str, provider: Provider) -> None:
    begin = box("start", "start", startState=[{"key": "all", "value": ""}])
    add = [{"key": "all", "value": "{{ $flow.state.all }}{{ output }}{{ $iteration }};"}]
    provider.says_next("a", "b")
    graph = in_a_row(
        begin, over("[1, 2]"), llm("writer", "over", UpdateState=add), reply("end", "{{ $flow.state.all }}")
    )
    answer = run(graph)

    assert answer["text"] == "a1;b2;"
    assert answer["usageMetadata"]["total_tokens"] == 0
    assert json.loads(json.dumps(told(answer, "over")["output"]["iterationResults"])) == ["a", "b"]


def test_more_items_than_nodes_may_run_are_stopped(failed: Failed) -> None:
    graph = in_a_row(over(list(range(10_000))), reply("r", "x", "over"))

    assert failed(graph) == "r: The flow ran 100 nodes, which is the limit."


def over(items: object, **inputs: Any) -> dict[str, Any]:
    return box("iteration", "over", iterationInput=items, **inputs)
