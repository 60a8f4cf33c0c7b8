"""JSON Structured Output: the model is given a schema, and its answer is read by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Failed, Run
from tests.flows.drawing import box, in_a_row, llm, reply, told
from tests.providers import Provider, completion

ROWS: list[dict[str, Any]] = [
    {"key": "name", "type": "string", "description": "Whose"},
    {"key": "tags", "type": "stringArray"},
    {"key": " age ", "type": "number"},
    {"key": "vip", "type": "boolean"},
    {"key": "mood", "type": "enum", "enumValues": "good, bad,,"},
    {"key": "orders", "type": "jsonArray", "jsonSchema": '{"id": {"type": "number"}}'},
]
MADE = {"name": "Ada", "tags": ["x"], "age": 36, "vip": True, "mood": "good", "orders": [{"id": 7}]}

pytestmark = pytest.mark.usefixtures("model")


def test_the_rows_are_the_schema_that_the_model_is_given(run: Run, provider: Provider) -> None:
    provider.says(completion(json.dumps(MADE)))
    run(asking(ROWS))

    asked = provider.received[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Whose"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "age": {"type": "number"},
            "vip": {"type": "boolean"},
            "mood": {"type": "string", "enum": ["good", "bad"]},
            "orders": {
                "type": "array",
                "items": {"type": "object", "properties": {"id": {"type": "number"}}},
            },
        },
        "required": ["name", "tags", "age", "vip", "mood", "orders"],
        "additionalProperties": False,
    }


def test_later_nodes_reach_into_the_answer(run: Run, provider: Provider) -> None:
    provider.says(completion(json.dumps(MADE)))
    paths = "{{ w.name }} {{ w.output.age }} {{ w.orders[0].id }} {{ w.tags.0 }} {{ w.vip }} {{ w.nobody }}"
    answer = run(in_a_row(llm("w", StructuredOutput=ROWS), reply("end", paths)))

    assert answer["text"] == "Ada 36 7 x true {{ w.nobody }}"
    assert told(answer, "w")["output"]["orders"] == [{"id": 7}]


def test_a_member_may_have_the_name_of_something_in_the_trace(run: Run, provider: Provider) -> None:
    rows = [{"key": key, "type": "number"} for key in ("content", "usageMetadata", "output")]
    provider.says(completion('{"content": 1, "usageMetadata": 2, "output": 3}'))
    paths = "{{ w.content }} {{ w.usageMetadata }} {{ w.output.content }} {{ w }}"
    answer = run(in_a_row(llm("w", StructuredOutput=rows), reply("end", paths)))

    text = '{\n  "content": 1,\n  "usageMetadata": 2,\n  "output": 3\n}'
    assert answer["text"] == f"1 2 1 {text}"
    assert told(answer, "w")["output"]["content"] == text
    assert told(answer, "w")["output"]["usageMetadata"]["total_tokens"] == 0


def test_the_text_of_the_node_is_the_json(run: Run, provider: Provider) -> None:
    provider.says(completion("```json\n" + json.dumps({"name": "ü", "more": 1}) + "\n```"))

    assert run(asking(ROWS[:1]))["text"] == '{\n  "name": "ü"\n}'


def test_its_members_update_the_state(run: Run, provider: Provider) -> None:
    provider.says(completion(json.dumps(MADE)))
    updates = [
        {"key": "age", "value": "<p>{{ output.age }}</p>"},
        {"key": "orders", "value": "{{ output.orders }}"},
        {"key": "text", "value": "{{ output.name }} is {{ output.age }} {{ output.nobody }}"},
    ]
    answer = run(in_a_row(llm("w", StructuredOutput=ROWS, UpdateState=updates), reply("end", "x")))

    assert told(answer, "end")["state"] == {
        "age": 36,
        "orders": [{"id": 7}],
        "text": "Ada is 36 {{ output.nobody }}",
    }


def test_an_agent_answers_by_a_schema_too(run: Run, provider: Provider) -> None:
    provider.says(completion('{"name": "Ada"}'))
    agent = box("agent", "a", agentModel="small", agentStructuredOutput=ROWS[:1])

    assert run(in_a_row(agent, reply("end", "{{ a.name }}")))["text"] == "Ada"


NO_ANSWERS = [
    "",
    "Ada",
    "[]",
    '["name"]',
    "null",
    '{"name": NaN}',
    '{"name": 1e999}',
    '{"name": "\\ud800"}',
    '{"name": ' + "[" * 900 + "]" * 900 + "}",
    "[" * 100_000,
    "```",
    "``````",
    "```json" + " " * 100_000,
    '{"name": ' + "9" * 5000 + "}",
]


def test_an_answer_that_is_no_json_object_fails_the_node(
    subtests: pytest.Subtests, failed: Failed, provider: Provider
) -> None:
    for text in NO_ANSWERS:
        with subtests.test(text[:30]):
            provider.says(completion(text))
            assert failed(asking(ROWS[:1])) == "w: the model did not answer with a JSON object."


def test_an_answer_that_lacks_something_says_what(failed: Failed, provider: Provider) -> None:
    provider.says(completion('{"name": "Ada", "vip": null}'))

    assert failed(asking(ROWS[:4])) == "w: the model's answer lacks 'tags', 'age'."


WRONG_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"key": "a"}, "w: 'a' of the structured output has the type ''."),
    ({"key": "a", "type": ["string"]}, "w: 'a' of the structured output has the type ''."),
    ({"key": "a", "type": "date"}, "w: 'a' of the structured output has the type 'date'."),
    ({"key": "a", "type": "jsonArray", "jsonSchema": "{"}, "w: the JSON schema of 'a' is not a JSON object."),
    ({"key": "a", "type": "jsonArray", "jsonSchema": [1]}, "w: the JSON schema of 'a' is not a JSON object."),
]


def test_a_row_that_is_wrong_is_refused(subtests: pytest.Subtests, refusal: Callable[[str], str]) -> None:
    for row, said in WRONG_ROWS:
        with subtests.test(repr(row)[:40]):
            assert refusal(asking([row])) == said


def test_rows_without_a_key_are_no_rows(run: Run, provider: Provider) -> None:
    for none in ("", None, [], 5, [{}], [5, "x"], [{"key": " ", "type": "x"}], [{"key": 5}]):
        assert run(asking(none))["text"] == "Hello from the model"
        assert "response_format" not in provider.received[-1]


def asking(rows: object) -> str:
    return in_a_row(llm("w", StructuredOutput=rows))
