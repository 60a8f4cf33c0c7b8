"""A Condition leaves by the output of the first condition that holds, else by the last one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.flows.conftest import Failed, Run
from tests.flows.drawing import box, drawn, in_a_row, ran, reply, told

HOLDS: list[tuple[str, str, object, object]] = [
    ("string", "contains", "an order", "order"),
    ("string", "contains", "anything", ""),
    ("string", "notContains", "an order", "Order"),
    ("string", "startsWith", "an order", "an"),
    ("string", "endsWith", "an order", "order"),
    ("string", "equal", "ü", "ü"),
    ("string", "equal", "<p>one</p>", "one"),
    ("string", "equal", 5, "5"),
    ("string", "equal", ["a"], '["a"]'),
    ("string", "notEqual", "a", "A"),
    ("string", "regex", "Order 4711", r"\d{4}$"),
    ("string", "isEmpty", "", "ignored"),
    ("string", "isEmpty", None, None),
    ("string", "notEmpty", "0", ""),
    ("number", "smaller", "9", "10"),
    ("number", "smaller", -1.5, "-1"),
    ("number", "smallerEqual", "1e3", 1000),
    ("number", "equal", "007", 7),
    ("number", "equal", "12 EUR", "12"),
    ("number", "equal", "nothing", None),
    ("number", "notEqual", "1", "1.1"),
    ("number", "larger", "10", "9"),
    ("number", "largerEqual", True, 1),
    ("number", "isEmpty", "", ""),
    ("number", "notEmpty", 0, ""),
    ("boolean", "equal", "true", True),
    ("boolean", "equal", "no", False),
    ("boolean", "notEqual", True, "false"),
    ("boolean", "notEmpty", False, None),
]


def test_each_operator_that_holds(subtests: pytest.Subtests, run: Run) -> None:
    for kind, operation, one, other in HOLDS:
        with subtests.test(f"{operation} {one!r:.20} {other!r:.20}"):
            assert run(asking(kind, operation, one, other))["text"] == "yes"


FAILS: list[tuple[str, str, object, object]] = [
    ("string", "contains", "an order", "Order"),
    ("string", "notContains", "an order", "an"),
    ("string", "startsWith", "an order", "order"),
    ("string", "endsWith", "an order", "an"),
    ("string", "equal", "a", "a b"),
    ("string", "notEqual", "a", "a"),
    ("string", "regex", "abc", "^b"),
    ("string", "isEmpty", "x", ""),
    ("string", "notEmpty", "<p></p>", ""),
    ("number", "smaller", "10", "9"),
    ("number", "smallerEqual", "2", "1"),
    ("number", "equal", "1", "2"),
    ("number", "notEqual", "1.0", 1),
    # Both are more than a float holds.
    ("number", "larger", 10**400, "9" * 400),
    ("number", "largerEqual", "a", 1),
    ("number", "isEmpty", 0, ""),
    ("number", "notEmpty", None, 1),
    ("boolean", "equal", "true", "false"),
    ("boolean", "notEqual", True, "true"),
    ("boolean", "isEmpty", False, True),
]


def test_each_operator_that_does_not_hold(subtests: pytest.Subtests, run: Run) -> None:
    for kind, operation, one, other in FAILS:
        with subtests.test(f"{operation} {one!r:.20} {other!r:.20}"):
            assert run(asking(kind, operation, one, other))["text"] == "no"


def test_the_first_of_several_conditions_that_holds_counts(run: Run) -> None:
    several = [condition("string", "contains", "{{ question }}", word) for word in ("tea", "coffee", "tea")]
    graph = drawn(
        [box("condition", "c", conditions=several), *(reply(f"r{n}", f"branch {n}") for n in range(4))],
        *("start>c", "c:0>r0", "c:1>r1", "c:2>r2", "c:3>r3"),
    )

    assert run(graph, "tea and coffee")["text"] == "branch 0"
    assert run(graph, "coffee")["text"] == "branch 1"
    answer = run(graph, "water")
    assert answer["text"] == "branch 3"
    assert [one["isFulfilled"] for one in told(answer, "c")["output"]["conditions"]] == [False] * 3 + [True]
    assert told(answer, "c")["input"]["conditions"][0]["value1"] == "water"


def test_a_branch_that_leads_nowhere_ends_the_flow(run: Run) -> None:
    graph = drawn([yes_or_no("{{ question }}", "go"), reply("r", "gone")], "start>c", "c:0>r")

    assert ran(run(graph, "go")) == ["start", "c", "r"]
    assert ran(run(graph, "stay")) == ["start", "c"]


def test_a_node_after_two_branches_runs_once_whichever_was_taken(run: Run) -> None:
    graph = drawn(
        [yes_or_no("{{ question }}", "go"), reply("a", "A"), reply("b", "B"), reply("end", "{{ a }}{{ b }}")],
        *("start>c", "c:0>a", "c:1>b", "a>end", "b>end", "c:0>end"),
    )

    assert run(graph, "go")["text"] == "A{{ b }}"
    answer = run(graph, "stay")
    assert answer["text"] == "{{ a }}B"
    assert ran(answer) == ["start", "c", "b", "end"]


def test_a_branch_that_is_not_taken_may_be_very_long(run: Run) -> None:
    skipped = [reply(f"n{number}", "never") for number in range(900)]
    lines = [f"n{number}>n{number + 1}" for number in range(899)]
    nodes = [yes_or_no("a", "b"), reply("end", "short"), *skipped]

    assert run(drawn(nodes, "start>c", "c:0>n0", "c:1>end", *lines))["text"] == "short"


def test_an_operator_that_is_not_known_is_refused(refusal: Callable[[str], str]) -> None:
    for kind, operation in (("string", "larger"), ("date", "equal"), ("number", None), ([], {})):
        said = refusal(asking(kind, operation, "1", "2"))
        assert said.startswith("c: condition 1 compares ")


WRONG_PATTERNS = ["(", "*", "(?R)", "((a{1000}){1000}){1000}", "(" * 5000, "[", "a" * 20_000]


def test_a_pattern_that_is_none_or_takes_all_memory_is_refused(
    subtests: pytest.Subtests, refusal: Callable[[str], str]
) -> None:
    for pattern in WRONG_PATTERNS:
        with subtests.test(pattern[:30]):
            said = refusal(asking("string", "regex", "x", pattern))
            assert said == "c: condition 1 is not a regular expression."


def test_a_pattern_that_a_caller_gives_does_not_hold_when_it_is_none(run: Run) -> None:
    for pattern in ("(", "(?R)", "((a{1000}){1000}){1000}"):
        assert run(asking("string", "regex", "a", "{{ question }}"), pattern)["text"] == "no"


def test_a_pattern_that_takes_too_long_ends_the_run(failed: Failed) -> None:
    said = failed(asking("string", "regex", "{{ question }}", "^(a|aa)+$"), "a" * 60 + "b")

    assert said == "c: a regular expression takes too long on this text."


def test_many_slow_patterns_are_not_tried_longer_than_a_run_may_take(app: Flask, failed: Failed) -> None:
    app.config["FORJINN_RUN_SECONDS"] = 0.5
    # Each takes some hundredths of a second, and none is found.
    slow = [condition("string", "regex", "{{ question }}", "^(a|aa)+$")] * 500
    start = time.monotonic()

    said = failed(drawn([box("condition", "c", conditions=slow)], "start>c"), "a" * 26 + "b")
    assert said == "c: the flow ran longer than it may."
    assert time.monotonic() - start < 5


def test_a_condition_without_conditions_leaves_by_its_only_output(run: Run) -> None:
    for none in (None, "", [], 5, [1, "x"]):
        assert run(in_a_row(box("condition", "c", conditions=none), reply("r", "on")))["text"] == "on"


def condition(kind: object, operation: object, one: object, other: object) -> dict[str, Any]:
    return {"type": kind, "operation": operation, "value1": one, "value2": other}


def yes_or_no(one: object, other: object) -> dict[str, Any]:
    return box("condition", "c", conditions=[condition("string", "equal", one, other)])


def asking(kind: object, operation: object, one: object, other: object) -> str:
    box_ = box("condition", "c", conditions=[condition(kind, operation, one, other)])
    return drawn([box_, reply("y", "yes"), reply("n", "no")], "start>c", "c:0>y", "c:1>n")
