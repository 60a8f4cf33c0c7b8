"""Flow state: made by Start, changed by nodes, read by variables, gone when the run ends."""

from __future__ import annotations

from typing import Any

from tests.flows.conftest import Run
from tests.flows.drawing import box, in_a_row, llm, reply, told
from tests.providers import Provider


def test_start_makes_the_state(run: Run) -> None:
    begin = start({"key": "a", "value": "1"}, {"key": "b", "value": "{{ question }}"}, {"key": "c"}, {}, 5)
    answer = run(
        in_a_row(begin, reply("end", "{{ $flow.state.a }}{{ $flow.state.b }}{{ $flow.state.c }}|")), "q"
    )

    assert answer["text"] == "1q|"
    assert told(answer, "start")["state"] == {"a": "1", "b": "q", "c": ""}


def test_a_state_that_is_no_list_is_no_state(run: Run) -> None:
    for none in ("", None, 5, "x", [], [None], [{"key": 5, "value": 1}]):
        answer = run(in_a_row(box("start", "start", startState=none), reply("end", "{{ $flow.state }}")))
        assert answer["text"] == "{}"


def test_rows_that_are_stored_as_json_text_are_rows(run: Run) -> None:
    start = box("start", "start", startState='[{"key": "a", "value": "1"}]')
    answer = run(in_a_row(start, reply("r", "{{ $flow.state.a }}")))
    assert answer["text"] == "1"

    for text in ("[", "[]", "", "[1]", '{"key": "a"}', "[" * 100_000):
        start = box("start", "start", startState=text)
        assert run(in_a_row(start, reply("r", "fine")))["text"] == "fine"


def test_values_keep_their_kind_and_paths_lead_into_them(run: Run) -> None:
    begin = start({"key": "list", "value": [{"id": 1}]}, {"key": "form", "value": "{{ form }}"}, {"key": "n"})
    text = "{{ $flow.state.list[0].id }} {{ $flow.state.form.a.b }} {{ $flow.state.list }}"
    answer = run(in_a_row(begin, reply("end", text)), None, form={"a": {"b": [2]}})

    assert answer["text"] == '1 [2] [{"id": 1}]'
    assert told(answer, "end")["state"]["form"] == {"a": {"b": [2]}}


def test_a_node_updates_the_state_for_those_that_follow(run: Run, model: str, provider: Provider) -> None:
    provider.says_next("one", "two")
    first = llm(
        "w", UpdateState=[{"key": "a", "value": "<p>{{ output }}</p>"}, {"key": "b", "value": "{{ w }}"}]
    )
    second = llm("v", UpdateState=[{"key": "a", "value": "{{ $flow.state.a }}, {{ output }}"}])
    answer = run(
        in_a_row(start({"key": "a", "value": "0"}), first, second, reply("end", "{{ $flow.state.a }}"))
    )

    assert answer["text"] == "one, two"
    assert told(answer, "start")["state"] == {"a": "0"}
    # While a node works its own output is not yet known by its id.
    assert told(answer, "w")["state"] == {"a": "one", "b": "{{ w }}"}


def test_updates_of_another_kind_are_none(run: Run, model: str) -> None:
    for none in ("", None, 5, {"key": "a"}, [1], [{"key": ["a"], "value": 1}], [{"value": "x"}]):
        assert told(run(in_a_row(llm("w", UpdateState=none))), "w")["state"] == {}


def test_a_value_of_another_kind_is_empty(run: Run, model: str) -> None:
    answer = run(in_a_row(llm("w", UpdateState=[{"key": "a", "value": {"x": 1}}])))

    assert told(answer, "w")["state"] == {"a": ""}


def test_each_run_begins_with_its_own_state(run: Run, model: str) -> None:
    graph = in_a_row(
        llm("w", UpdateState=[{"key": "a", "value": "set"}]), reply("end", "{{ $flow.state.a }}")
    )

    assert [told(run(graph), "start")["state"] for _ in range(2)] == [{}, {}]


def test_the_state_is_never_read_as_a_template(run: Run) -> None:
    begin = start({"key": "a", "value": "{{ question }}"})
    answer = run(in_a_row(begin, reply("end", "{{ $flow.state.a }}")), "{{ $flow.sessionId }}")

    assert answer["text"] == "{{ $flow.sessionId }}"


def test_names_with_odd_characters_are_names(run: Run) -> None:
    begin = start({"key": "first name", "value": "Ada"}, {"key": "größe-1", "value": "L"})
    text = "{{ $flow.state.first name }} {{ $flow.state.größe-1 }} {{ $flow.state.__class__ }}"

    assert run(in_a_row(begin, reply("end", text)))["text"] == "Ada L {{ $flow.state.__class__ }}"


def start(*rows: Any) -> dict[str, Any]:
    return box("start", "start", startInputType="chatInput", startState=list(rows))
