"""An Agent asks its model again and again, with tools, until it answers."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from forjinn.flows.models import Flow
from tests.flows.conftest import Failed, Missing, Run
from tests.flows.drawing import box, in_a_row, llm, reply, told
from tests.flows.nodes.conftest import Other
from tests.providers import Provider, calling, completion

pytestmark = pytest.mark.usefixtures("model")


def test_a_tool_is_used_and_its_result_told_to_the_model(
    run: Run, provider: Provider, echo_flow: Flow
) -> None:
    provider.says_next(calling(("echo", {"input": "shoes"}), prompt_tokens=3, completion_tokens=1), "Done")
    answer = run(in_a_row(agent(tool(echo_flow))), "find shoes")

    assert answer["text"] == "Done"
    used = [{"tool": "echo", "toolInput": {"input": "shoes"}, "toolOutput": "You asked: shoes"}]
    assert answer["usedTools"] == used
    assert told(answer, "a")["output"]["calledTools"] == used
    assert answer["usageMetadata"]["total_tokens"] == 4
    assert provider.messages == [
        {"role": "user", "content": "find shoes"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_0",
                    "type": "function",
                    "function": {"name": "echo", "arguments": '{"input": "shoes"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_0", "content": "You asked: shoes"},
    ]
    [described] = provider.received[0]["tools"]
    assert described["function"]["name"] == "echo"
    assert described["function"]["description"] == "Echoes"


def test_several_tools_at_once_are_answered_in_their_order(
    run: Run, provider: Provider, echo_flow: Flow
) -> None:
    # What providers take is 64 characters.
    long, second = "n" * 64, "n" * 60 + "_2"
    provider.says_next(calling((long, {"input": "1"}), (second, {"input": "2"})), "Done")
    answer = run(in_a_row(agent(tool(echo_flow, name=long * 2), tool(echo_flow, name=long))))

    assert [one["toolOutput"] for one in answer["usedTools"]] == ["You asked: 1", "You asked: 2"]
    assert [one["tool_call_id"] for one in provider.messages[-2:]] == ["call_0", "call_1"]


def test_the_tokens_of_all_steps_and_of_flows_that_are_tools_are_added(
    run: Run, provider: Provider, other: Other
) -> None:
    inner = other(in_a_row(llm("inner")))
    steps = [
        calling(("echo", {"input": "x"}), prompt_tokens=1),
        completion("inner", prompt_tokens=10),
        completion("end", prompt_tokens=100),
    ]
    provider.says_next(*steps)

    assert run(in_a_row(agent(tool(inner))))["usageMetadata"]["input_tokens"] == 111


MISTAKES: list[tuple[tuple[str, object], str]] = [
    (("nobody", {"input": "x"}), "Error: there is no tool nobody."),
    (("", {}), "Error: there is no tool ."),
    (("echo", "not JSON"), "Error: "),
    (("echo", "[1]"), "Error: the arguments are not a JSON object."),
    (("echo", '{"input": NaN}'), "Error: "),
    (("echo", '{"input": "\\ud800"}'), "Error: "),
    (("echo", "[" * 100_000), "Error: "),
    (("echo", {}), "Error: the argument input is missing."),
    (("echo", ""), "Error: the argument input is missing."),
    (("echo", {"input": ["x"]}), "Error: the argument input is missing."),
]


def test_a_mistake_of_the_model_is_told_to_it(
    subtests: pytest.Subtests, run: Run, provider: Provider, echo_flow: Flow
) -> None:
    for call, said in MISTAKES:
        with subtests.test(f"{call[0]} {call[1]!s:.30}"):
            provider.says_next(calling(call), "Sorry")
            answer = run(in_a_row(agent(tool(echo_flow))))
            assert answer["text"] == "Sorry"
            assert provider.messages[-1]["content"].startswith(said)
            assert answer["usedTools"][0]["toolOutput"].startswith(said)


def test_arguments_as_an_object_are_taken(run: Run, provider: Provider, echo_flow: Flow) -> None:
    made = calling(("echo", "{}"))
    made["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = {"input": "x"}
    provider.says_next(made, "Done")

    assert run(in_a_row(agent(tool(echo_flow))))["usedTools"][0]["toolOutput"] == "You asked: x"


ODD_CALLS: list[Any] = [
    [None],
    ["x"],
    [{}],
    [{"function": None}],
    [{"function": {"name": None}}],
    [{"function": {"name": ["x"]}}],
]


def test_calls_that_are_none_are_the_providers_failure(
    subtests: pytest.Subtests, failed: Failed, provider: Provider, echo_flow: Flow
) -> None:
    for odd in ODD_CALLS:
        with subtests.test(repr(odd)):
            made = calling()
            made["choices"][0]["message"]["tool_calls"] = odd
            provider.says(made)
            said = failed(in_a_row(agent(tool(echo_flow))), "hi", 502, "provider_error")
            assert said == "a: The model 'small' did not answer in OpenAI's format."


def test_half_a_character_in_a_call_is_sent_back_whole(run: Run, provider: Provider, echo_flow: Flow) -> None:
    provider.says_next(calling(("echo\ud800", '{"input": "\ud83d"}')), "Done")

    assert run(in_a_row(agent(tool(echo_flow))))["usedTools"][0]["tool"] == "echo\ufffd"


def test_a_tool_that_fails_is_told_to_the_model(run: Run, provider: Provider, other: Other) -> None:
    inner = other(in_a_row(llm("inner")))
    provider.says_next(calling(("echo", {"input": "x"})), {"error": "overloaded"}, "Sorry")
    answer = run(in_a_row(agent(tool(inner))))

    assert answer["text"] == "Sorry"
    assert "inner: The model 'small' did not answer" in answer["usedTools"][0]["toolOutput"]


def test_an_agent_that_does_not_answer_is_stopped(
    app: Flask, failed: Failed, provider: Provider, echo_flow: Flow
) -> None:
    provider.says(calling(("echo", {"input": "x"})))

    assert failed(in_a_row(agent(tool(echo_flow)))) == "a: the agent did not answer within 10 steps."
    assert len(provider.received) == 10
    app.config["FORJINN_AGENT_STEPS"] = 2
    assert failed(in_a_row(agent(tool(echo_flow)))) == "a: the agent did not answer within 2 steps."


def test_a_limit_that_a_tool_reaches_ends_the_run(
    app: Flask, failed: Failed, provider: Provider, other: Other
) -> None:
    app.config["FORJINN_RUN_NODES"] = 3
    inner = other(in_a_row(reply("r", "x")))
    provider.says(calling(("echo", {"input": "x"})))

    assert failed(in_a_row(agent(tool(inner)))) == "r: The flow ran 3 nodes, which is the limit."
    assert len(provider.received) == 1


def test_a_flow_tool_is_asked_what_its_owner_set(run: Run, provider: Provider, echo_flow: Flow) -> None:
    for settings, said in (
        ({"useQuestionFromChat": True}, "You asked: hi"),
        ({"customInput": "<p>Mine: {{ question }}</p>"}, "You asked: Mine: hi"),
    ):
        provider.says_next(calling(("echo", {"input": "x"})), "Done")
        answer = run(in_a_row(agent(tool(echo_flow, **settings))))
        assert answer["usedTools"][0]["toolOutput"] == said


def test_an_agent_without_tools_is_an_llm(run: Run, provider: Provider) -> None:
    for none in ("", None, [], [{}], "x", [5], [{"agentSelectedTool": ["x"]}]):
        assert run(in_a_row(box("agent", "a", agentModel="small", agentTools=none)))["text"]
        assert "tools" not in provider.received[-1]


def test_what_is_not_here_is_missing(missing: Missing, staging_flow: Flow) -> None:
    rows = [
        {"agentSelectedTool": "googleCustomSearch", "agentSelectedToolConfig": 5},
        tool(staging_flow) | {"agentSelectedToolRequiresHumanInput": True},
        {"agentSelectedTool": "chatflowTool", "agentSelectedToolConfig": {}},
    ]
    more = {"agentKnowledgeDocumentStores": [{"documentStore": "x"}], "agentToolsBuiltInOpenAI": '["web"]'}
    graph = in_a_row(box("agent", "a", agentModel="small", agentTools=rows, **more))

    assert missing(graph) == [
        "a: document stores are not supported.",
        "a: the provider's built-in tools are not supported.",
        "a: the tool googleCustomSearch is not supported.",
        "a: asking a person before a tool is used is not supported.",
        "a: the flow tool has no flow chosen.",
        f"Not in production: the flow '{staging_flow.id}', which this one calls.",
    ]


def agent(*tools: dict[str, Any]) -> dict[str, Any]:
    return box("agent", "a", agentModel="small", agentTools=list(tools))


def tool(flow: Flow, **settings: Any) -> dict[str, Any]:
    config = {"name": "echo", "description": "<p>Echoes</p>", "selectedChatflow": str(flow.id)} | settings
    return {"agentSelectedTool": "chatflowTool", "agentSelectedToolConfig": config}
