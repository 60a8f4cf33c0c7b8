"""A Condition Agent has a model choose the output that the flow leaves by."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Failed, Run
from tests.flows.drawing import box, drawn, ran, reply, told
from tests.providers import Provider, completion

SCENARIOS = ["Asks for a refund", "Looks for an item", "Chats"]

pytestmark = pytest.mark.usefixtures("model")


def test_the_scenario_that_the_model_names_is_the_way(run: Run, provider: Provider) -> None:
    provider.says(completion('{"output": "Looks for an item"}', prompt_tokens=3, completion_tokens=4))
    answer = run(asking(), "shoes?")

    assert answer["text"] == "branch 1"
    assert ran(answer) == ["start", "c", "r1"]
    assert answer["usageMetadata"]["total_tokens"] == 7
    assert told(answer, "c")["output"]["conditions"][1] == {"output": SCENARIOS[1], "isFulfilled": True}
    assert json.loads(provider.messages[1]["content"]) == {
        "input": "shoes?",
        "scenarios": SCENARIOS,
        "instruction": "Route it.",
    }


SAID = [
    ('{"output": "Chats"}', "branch 2"),
    ('```json\n{"output": "chats"}\n```', "branch 2"),
    ("Chats", "branch 2"),
    ('  "asks for a refund."', "branch 0"),
    ("The user asks for a refund, I think.", "branch 0"),
    ('{"output": "item"}', "branch 1"),
    ('Thinking {hard}... {"output": "Chats"} is not JSON, but names it', "branch 2"),
]


def test_a_model_may_say_it_in_other_words(subtests: pytest.Subtests, run: Run, provider: Provider) -> None:
    for said, text in SAID:
        with subtests.test(said[:30]):
            provider.says(completion(said))
            assert run(asking())["text"] == text


NONE = ["", "{}", '{"output": ""}', "Chats, or asks for a refund", "no idea", "{" * 100_000, "[" * 100_000]


def test_a_model_that_chooses_none_fails_the_node(
    subtests: pytest.Subtests, failed: Failed, provider: Provider
) -> None:
    for said in NONE:
        with subtests.test(said[:30]):
            provider.says(completion(said))
            sentence = failed(asking())
            assert sentence.startswith("c: the model chose none of the scenarios; it said: ")
            assert len(sentence) < 300


def test_variables_are_filled_and_an_own_system_prompt_counts(run: Run, provider: Provider) -> None:
    provider.says(completion("Chats"))
    more = {
        "conditionAgentInput": "<p>He said: {{ question }}</p>",
        "conditionAgentInstructions": "Know {{ $flow.sessionId }}",
        "conditionAgentSystemPrompt": "<p>Sort {{ question }}</p>",
        "conditionAgentOverrideSystemPrompt": True,
    }
    run(asking(**more), "hello", chatId="c-1")

    assert provider.messages[0] == {"role": "system", "content": "Sort hello"}
    given = json.loads(provider.messages[1]["content"])
    assert (given["input"], given["instruction"]) == ("He said: hello", "Know c-1")


def test_a_blank_scenario_keeps_its_output(run: Run, provider: Provider) -> None:
    provider.says(completion("Chats"))
    rows = [{"scenario": ""}, {}, {"scenario": "Chats"}]

    assert run(asking(conditionAgentScenarios=rows))["text"] == "branch 2"
    assert json.loads(provider.messages[1]["content"])["scenarios"] == ["Chats"]


def test_without_scenarios_it_is_refused(refusal: Callable[[str], str]) -> None:
    for none in (None, [], "x", [{"scenario": "<p></p>"}], [5]):
        assert refusal(asking(conditionAgentScenarios=none)) == "c: there are no scenarios."


def test_a_provider_that_fails_is_a_bad_gateway(failed: Failed, provider: Provider) -> None:
    provider.says({"error": {"message": "overloaded"}}, 503)

    assert "overloaded" in failed(asking(), "hi", 502, "provider_error")


def asking(**inputs: Any) -> str:
    given = {
        "conditionAgentModel": "small",
        "conditionAgentInstructions": "Route it.",
        "conditionAgentScenarios": [{"scenario": one} for one in SCENARIOS],
    }
    agent = box("conditionAgent", "c", **(given | inputs))
    replies = [reply(f"r{number}", f"branch {number}") for number in range(3)]
    return drawn([agent, *replies], "start>c", "c:0>r0", "c:1>r1", "c:2>r2")
