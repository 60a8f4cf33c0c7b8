"""A Loop goes back to an earlier node, as often as it may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Failed, Run
from tests.flows.drawing import box, drawn, in_a_row, llm, ran, reply, told
from tests.providers import Provider


def test_it_goes_back_until_the_flow_has_passed_it_as_often_as_it_may(run: Run) -> None:
    answer = run(in_a_row(reply("a", "A"), reply("b", "B"), loop("again", "a", 3)))

    assert ran(answer) == ["start", "a", "b", "again", "a", "b", "again", "a", "b", "again"]
    assert answer["text"] == "The loop ended after 3 rounds."


def test_it_ends_with_its_fallback_message(run: Run) -> None:
    answer = run(
        in_a_row(reply("a", "A"), loop("again", "a", 2, fallbackMessage="<p>{{ question }} {{ a }}</p>"))
    )

    assert answer["text"] == "hi A"
    assert told(answer, "again")["output"]["maxLoopCount"] == 2


ROUNDS: list[tuple[object, int]] = [(None, 5), ("", 5), ("2", 2), (2.9, 2), ("1", 1), (True, 1)]


def test_how_often_it_may_go_back(subtests: pytest.Subtests, run: Run) -> None:
    for given, rounds in ROUNDS:
        with subtests.test(repr(given)):
            assert ran(run(in_a_row(reply("a", "A"), loop("again", "a", given)))).count("a") == rounds


def test_a_number_of_rounds_that_is_none_is_refused(refusal: Callable[[str], str]) -> None:
    for none in (0, -1, "many", [], {}, "nan", "inf", 10**400):
        assert "Max Loop Count is not a number" in refusal(
            in_a_row(reply("a", "A"), loop("again", "a", none))
        )


def test_a_node_to_go_back_to_that_is_not_there_is_refused(refusal: Callable[[str], str]) -> None:
    for nobody in ("gone", "", None, 5, ["a"], "ab-A"):
        said = refusal(in_a_row(reply("a", "A"), box("loop", "again", loopBackToNode=nobody)))
        assert said == "again: the node to loop back to is not there."


def test_ids_and_labels_may_hold_dashes(run: Run) -> None:
    nodes = [reply("a", "A"), reply("a-b", "AB"), loop("again", "a-b-Label of-it", 2)]
    graph = in_a_row(*nodes)

    assert ran(run(graph)) == ["start", "a", "a-b", "again", "a-b", "again"]


def test_a_node_that_did_not_run_is_not_gone_back_to(run: Run) -> None:
    # `a` ran and begins like the chosen `a-b`, which is on the branch not taken.
    never = box(
        "condition", "c", conditions=[{"type": "string", "operation": "equal", "value1": "1", "value2": "2"}]
    )
    nodes = [reply("a", "A"), never, reply("a-b", "AB"), loop("again", "a-b-Reply", 3)]
    answer = run(drawn(nodes, "start>a", "a>c", "c:0>a-b", "c:1>again", "a-b>again"))

    assert ran(answer) == ["start", "a", "c", "again"]


def test_the_flow_leaves_a_loop_by_a_condition(run: Run) -> None:
    state = box("start", "start", startState=[{"key": "n", "value": ""}])
    enough = {"type": "string", "operation": "equal", "value1": "{{ $flow.state.n }}", "value2": "xx"}
    nodes = [
        state,
        reply("a", "A"),
        box("condition", "c", conditions=[enough]),
        reply("end", "after {{ loop_count }} rounds: {{ $flow.state.n }}"),
        loop("again", "a", 9, loopUpdateState=[{"key": "n", "value": "{{ $flow.state.n }}x"}]),
    ]
    answer = run(drawn(nodes, "start>a", "a>c", "c:0>end", "c:1>again"))

    assert answer["text"] == "after 2 rounds: xx"
    assert ran(answer) == ["start", *["a", "c", "again"] * 2, "a", "c", "end"]


def test_a_branch_beside_the_loop_runs_once(run: Run) -> None:
    nodes = [reply("a", "A"), reply("beside", "B"), loop("again", "a", 3)]
    answer = run(drawn(nodes, "start>a", "start>beside", "a>again"))

    assert ran(answer).count("beside") == 1
    assert ran(answer).count("a") == 3


def test_a_model_is_told_of_the_rounds_before(run: Run, model: str, provider: Provider) -> None:
    provider.says_next("one", "two")
    nodes = [
        llm("writer", EnableMemory=True, ReturnResponseAs="assistantMessage"),
        loop("again", "writer", 2),
    ]
    run(in_a_row(*nodes), "go")

    assert provider.messages == [{"role": "user", "content": "go"}, {"role": "assistant", "content": "one"}]


def test_a_loop_without_an_end_is_stopped_at_the_limit_of_nodes(failed: Failed) -> None:
    graph = in_a_row(reply("a", "A"), loop("again", "a", 10**6))

    assert failed(graph).endswith(": The flow ran 100 nodes, which is the limit.")


def test_a_text_that_doubles_with_each_round_is_stopped(failed: Failed) -> None:
    double = [{"key": "x", "value": "{{ $flow.state.x }}{{ $flow.state.x }}"}]
    begin = box("start", "start", startState=[{"key": "x", "value": "xx"}])
    graph = in_a_row(begin, reply("a", "A"), loop("again", "a", 49, loopUpdateState=double))

    assert failed(graph).startswith("again: a value has more than ")


def test_a_state_that_holds_itself_is_stopped(failed: Failed, run: Run) -> None:
    own = [{"key": key, "value": "{{ $flow.state }}"} for key in "xy"]
    graph = in_a_row(reply("a", "A"), loop("again", "a", 49, loopUpdateState=own))

    assert failed(graph).startswith("again: a value has more than ")
    few = run(in_a_row(reply("a", "A"), loop("again", "a", 3, loopUpdateState=own)))
    assert few["agentFlowExecutedData"][-1]["data"]["state"]["x"]["y"]["x"] == {}


def loop(node_id: str, back_to: str, rounds: object, **inputs: Any) -> dict[str, Any]:
    return box("loop", node_id, loopBackToNode=back_to, maxLoopCount=rounds, **inputs)
