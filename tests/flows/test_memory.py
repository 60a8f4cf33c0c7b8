"""What a model is told of the conversation before: kept for each flow and session."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask
from tests.conftest import new_key
from tests.flows.drawing import box, in_a_row, llm, reply
from tests.providers import Provider, completion


def test_a_conversation_is_remembered(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True)
    provider.says_next("Hello Ada", "Ada, of course")
    talk(flow, "I am Ada")
    talk(flow, "Who am I?")

    assert contents(provider) == ["I am Ada", "Hello Ada", "Who am I?"]
    assert [message["role"] for message in provider.messages] == ["user", "assistant", "user"]


def test_without_memory_nothing_is_told_or_kept(talk: Talk, provider: Provider, sql: Sql) -> None:
    flow = talk.flow()
    talk(flow, "one")
    talk(flow, "two")

    assert contents(provider) == ["two"]
    assert sql("SELECT count(*) FROM exchanges") == [(0,)]


def test_sessions_flows_and_workspaces_are_kept_apart(
    app: Flask, client: FlaskClient, staging: Workspace, talk: Talk, provider: Provider
) -> None:
    flow, other = talk.flow(EnableMemory=True), talk.flow(EnableMemory=True)
    talk(flow, "mine")

    for again in (lambda: talk(flow, "hi", session="another"), lambda: talk(other, "hi")):
        again()
        assert contents(provider) == ["hi"]
    talk(flow, "hi")
    assert contents(provider)[0] == "mine"


def test_a_state_that_persists_is_the_beginning_of_the_next_run(talk: Talk, provider: Provider) -> None:
    start = box(
        "start",
        "start",
        startPersistState=True,
        startState=[{"key": "said", "value": "-"}, {"key": "fixed", "value": "f"}],
    )
    update = llm(
        "w",
        UserMessage="{{ $flow.state.said }} {{ $flow.state.fixed }}",
        UpdateState=[{"key": "said", "value": "{{ $flow.state.said }}{{ question }}"}],
    )
    flow = talk.imported(in_a_row(start, update))
    for question in ("a", "b"):
        talk(flow, question)
    assert contents(provider)[-1] == "-a f"

    talk(flow, "c", session="another")
    assert contents(provider)[-1] == "- f"
    talk(flow, "d")
    assert contents(provider)[-1] == "-ab f"


def test_ephemeral_memory_forgets_what_was_said_but_not_a_state_that_persists(
    talk: Talk, provider: Provider
) -> None:
    start = box(
        "start",
        "start",
        startEphemeralMemory=True,
        startPersistState="true",
        startState=[{"key": "n", "value": "0"}],
    )
    asks = llm("w", EnableMemory=True, UpdateState=[{"key": "n", "value": "{{ question }}"}])
    told = llm("v", UserMessage="{{ $flow.state.n }}")
    flow = talk.imported(in_a_row(start, told, asks))
    talk(flow, "one")
    talk(flow, "two")

    assert [message["content"] for message in provider.received[-2]["messages"]] == ["one"]
    assert contents(provider) == ["two", "Hello from the model"]


WINDOWS: list[tuple[object, list[str]]] = [
    (1, ["q4", "a4", "q5"]),
    ("2", ["q3", "a3", "q4", "a4", "q5"]),
    (0, ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4", "q5"]),
    (-3, ["q4", "a4", "q5"]),
    ("", ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4", "q5"]),
    ([5], ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4", "q5"]),
    (1e308, ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4", "q5"]),
]


def test_the_window_is_counted_in_exchanges(
    subtests: pytest.Subtests, talk: Talk, provider: Provider
) -> None:
    for size, said in WINDOWS:
        with subtests.test(repr(size)):
            flow = talk.flow(EnableMemory=True, MemoryType="windowSize", MemoryWindowSize=size)
            talk.four_times(flow, provider)
            talk(flow, "q5")
            assert contents(provider) == said


def test_all_messages_are_told(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory="true", MemoryType="allMessages")
    talk.four_times(flow, provider)
    talk(flow, "q5")

    assert len(contents(provider)) == 9


def test_a_summary_stands_for_all_that_was_said(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True, MemoryType="conversationSummary")
    provider.says_next("a1", "They greeted.", "a2")
    talk(flow, "q1")
    assert len(provider.received) == 1
    talk(flow, "q2")

    assert "user: q1\nassistant: a1" in provider.received[1]["messages"][0]["content"]
    assert contents(provider) == ["Summary of the conversation so far: They greeted.", "q2"]


def test_a_summary_buffer_keeps_the_latest_and_sums_up_the_rest(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True, MemoryType="conversationSummaryBuffer", MemoryMaxTokenLimit=2)
    talk.four_times(flow, provider)
    provider.queue.clear()
    provider.says_next("Sum.", "a5")
    talk(flow, "q5")

    # Two tokens are six characters: three messages.
    assert contents(provider) == ["Summary of the conversation so far: Sum.", "a3", "q4", "a4", "q5"]


def test_a_summary_costs_tokens(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True, MemoryType="conversationSummary")
    provider.says_next("a1", completion("Sum.", prompt_tokens=100), completion("a2", prompt_tokens=10))
    talk(flow, "q1")

    assert talk(flow, "q2")["usageMetadata"]["input_tokens"] == 110


def test_the_history_that_a_caller_sends_stands_first(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True, Messages=[{"role": "system", "content": "Be kind."}])
    provider.says_next("a1")
    talk(flow, "q1")
    talk(flow, "q2", history=[{"role": "userMessage", "content": "old"}])

    assert contents(provider) == ["Be kind.", "old", "q1", "a1", "q2"]


def test_a_question_that_failed_is_forgotten(talk: Talk, provider: Provider, sql: Sql) -> None:
    flow = talk.flow(EnableMemory=True)
    provider.says({"error": "no"}, 500)
    assert ask(talk.client, flow, talk.key, "q1", chatId="s").status_code == 502
    assert sql("SELECT count(*) FROM exchanges") == [(0,)]

    provider.says(completion("a2"))
    talk(flow, "q2")
    assert contents(provider) == ["q2"]


def test_an_ephemeral_flow_keeps_nothing(talk: Talk, provider: Provider, sql: Sql) -> None:
    begin = box("start", "start", startEphemeralMemory=True)
    flow = talk.imported(in_a_row(begin, llm("w", EnableMemory=True)))
    talk(flow, "q1")

    assert "memoryType" not in talk(flow, "q2")
    assert contents(provider) == ["q2"]
    assert sql("SELECT count(*) FROM exchanges") == [(0,)]


def test_the_conversation_is_a_variable(talk: Talk, model: str) -> None:
    flow = talk.imported(in_a_row(reply("r", r"Before:\n{{ chat\_history }}")))
    talk(flow, "q1")

    assert talk(flow, "q2")["text"] == "Before:\\nuser: q1\nassistant: Before:\\n"


def test_a_nul_in_a_question_is_no_failure(talk: Talk, provider: Provider) -> None:
    flow = talk.flow(EnableMemory=True)
    talk(flow, "a\x00b")
    talk(flow, "q2")

    assert contents(provider)[0] == "a\ufffdb"


def test_deleting_a_flow_deletes_its_conversations(talk: Talk, sql: Sql) -> None:
    talk(talk.flow(EnableMemory=True), "q1")
    assert sql("SELECT question, answer FROM exchanges") == [("q1", "Hello from the model")]
    sql("DELETE FROM flows")

    assert sql("SELECT count(*) FROM exchanges") == [(0,)]


def test_a_key_of_another_workspace_does_not_reach_a_conversation(
    app: Flask, staging: Workspace, talk: Talk, provider: Provider
) -> None:
    flow = talk.flow(EnableMemory=True)
    talk(flow, "secret")
    stranger = new_key(app, staging, "Stranger")

    assert ask(talk.client, flow, stranger, "hi", chatId="s").status_code == 403
    assert len(provider.received) == 1


class Talk:
    """Ask a flow in the session `s`, and give the answer."""

    def __init__(self, app: Flask, workspace: Workspace, key: str) -> None:
        self.app, self.workspace, self.key = app, workspace, key
        self.client = app.test_client()

    def imported(self, graph: str) -> Flow:
        with self.app.app_context():
            return flows.import_agentflow(self.workspace, graph, name="Under test")

    def flow(self, **inputs: Any) -> Flow:
        """One LLM with these inputs, which are written without their prefix."""
        return self.imported(in_a_row(llm("w", **inputs)))

    def __call__(self, flow: Flow, question: str, *, session: str = "s", **members: Any) -> dict[str, Any]:
        return answered(ask(self.client, flow, self.key, question, chatId=session, **members))

    def four_times(self, flow: Flow, provider: Provider) -> None:
        """Four exchanges, q1 and a1 to q4 and a4."""
        for number in "1234":
            provider.queue.clear()
            # The last answer is the node's; a summary may be asked for before it.
            provider.says(completion(f"a{number}"))
            self(flow, f"q{number}")


def contents(provider: Provider) -> list[str]:
    """What the model was told last."""
    return [message["content"] for message in provider.messages]


@pytest.fixture
def talk(app: Flask, production: Workspace, production_key: str, model: str) -> Talk:
    return Talk(app, production, production_key)
