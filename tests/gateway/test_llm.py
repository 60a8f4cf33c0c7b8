"""What a model's provider is sent, and what becomes of its answer."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, eventually
from tests.providers import CREDENTIAL, Provider, completion
from tests.samples import START, TRANSLATOR, chain, node


def test_a_chatflow_asks_its_model(
    client: FlaskClient, production_key: str, llm_flow: Flow, provider: Provider
) -> None:
    answer = answered(ask(client, llm_flow, production_key, "Where is my order?"))

    assert answer["text"] == "Hello from the model"
    assert provider.paths == ["/v1/chat/completions"]
    assert provider.headers[0]["authorization"] == f"Bearer {CREDENTIAL}"
    assert provider.received == [
        {
            "model": "upstream-7b",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Where is my order?"},
            ],
            "stream": False,
        }
    ]


def test_a_template_of_the_editor_runs_when_its_model_is_registered(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, provider: Provider
) -> None:
    with app.app_context():
        models.add(production, "gemini-2.0-flash", base_url=provider.url, upstream="gemini")
        flow = flows.import_agentflow(production, TRANSLATOR, name="Translator")
    provider.says(completion("おはよう"))

    assert answered(ask(client, flow, production_key, "Good morning"))["text"] == "おはよう"
    assert provider.received == [
        {
            "model": "gemini",
            "messages": [
                {
                    "role": "system",
                    "content": "You are a helpful assistant that translates English to Japanese language."
                    " Return only Japanese language",
                },
                {"role": "user", "content": "English:\nGood morning \nJapanese:"},
            ],
            "stream": False,
            "temperature": 0.9,
        }
    ]
    # A model without a credential is asked without one.
    assert "authorization" not in provider.headers[0]


def test_the_nodes_settings_are_sent_on(ask_llm: AskLlm, provider: Provider) -> None:
    ask_llm(
        {"temperature": "0.2", "topP": 0.5, "maxTokens": "64", "topK": 3, "cache": True, "streaming": True}
    )

    sent = provider.received[0]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.2, 0.5, 64)
    assert set(sent) == {"model", "messages", "stream", "temperature", "top_p", "max_tokens"}
    assert sent["stream"] is False


NO_NUMBERS: list[Any] = ["", None, True, "warm", [], "nan", "inf", 10**400]


def test_a_setting_that_is_no_number_is_not_sent(
    subtests: pytest.Subtests, ask_llm: AskLlm, provider: Provider
) -> None:
    for value in NO_NUMBERS:
        with subtests.test(ascii(value)[:50]):
            ask_llm({"temperature": value, "maxOutputTokens": value})

            assert set(provider.received[0]) == {"model", "messages", "stream"}


def test_the_messages_of_a_node_stand_in_their_order_and_the_history_before_what_is_said(
    ask_llm: AskLlm, provider: Provider
) -> None:
    own = [
        {"role": "system", "content": "<p>You are kind.</p>"},
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": "Example: {{ question }}"},
        {"role": "assistant", "content": "Fine."},
    ]
    ask_llm(
        messages=own, user="<p>Now: {{ question }}</p>", history=[{"content": "old", "role": "apiMessage"}]
    )

    assert provider.messages == [
        {"role": "system", "content": "You are kind."},
        {"role": "system", "content": "Be short."},
        {"role": "assistant", "content": "old"},
        {"role": "user", "content": "Example: hi"},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "Now: hi"},
    ]


def test_the_trace_says_what_the_model_was_asked_and_holds_no_credential(
    client: FlaskClient, production_key: str, llm_flow: Flow, provider: Provider
) -> None:
    answer = ask(client, llm_flow, production_key)
    entry = answered(answer)["agentFlowExecutedData"][1]

    assert entry["data"]["input"] == {"model": "small", "messages": provider.messages}
    assert entry["data"]["output"]["content"] == "Hello from the model"
    assert CREDENTIAL not in answer.text
    assert provider.url not in answer.text


def test_the_tokens_of_several_models_are_added(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, model: str
) -> None:
    writers = [node("llmAgentflow", f"Writer {one}", {"llmModel": model}, one) for one in (0, 1)]
    with app.app_context():
        flow = flows.import_agentflow(production, chain(START, *writers), name="Two")

    assert answered(ask(client, flow, production_key))["usageMetadata"] == {
        "input_tokens": 14,
        "output_tokens": 10,
        "total_tokens": 24,
    }


USAGE = [
    ({"prompt_tokens": 3, "completion_tokens": 4}, (3, 4, 7)),
    ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 9}, (3, 4, 9)),
    ({"prompt_tokens": "3", "completion_tokens": None, "total_tokens": -1}, (0, 0, 0)),
    ({"prompt_tokens": 1e300, "completion_tokens": [], "prompt_tokens_details": {}}, (0, 0, 0)),
    (None, (0, 0, 0)),
    ([1, 2], (0, 0, 0)),
    ({"prompt_tokens": True, "completion_tokens": 2.0}, (0, 0, 0)),
    ("many", (0, 0, 0)),
]


def test_odd_usage_is_no_failure(subtests: pytest.Subtests, ask_llm: AskLlm, provider: Provider) -> None:
    for usage, tokens in USAGE:
        with subtests.test(ascii(usage)[:50]):
            provider.says(completion("ok") | {"usage": usage})
            answer = ask_llm()

            assert tuple(answer["usageMetadata"].values()) == tokens


TEXTS = ["", "日本語 🗝", "a\u0000b", "{{ question }}", "<script>", "x" * 1_000_000]


def test_any_text_of_a_model_is_the_answer(
    subtests: pytest.Subtests, ask_llm: AskLlm, provider: Provider
) -> None:
    for text in TEXTS:
        with subtests.test(ascii(text)[:50]):
            provider.says(completion(text))

            assert ask_llm()["text"] == text


def test_half_a_character_at_the_end_of_an_answer_is_shown_as_such(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    model: str,
    provider: Provider,
) -> None:
    writers = [node("llmAgentflow", f"Writer {one}", {"llmModel": model}, one) for one in (0, 1)]
    writers[1]["data"]["inputs"]["llmUserMessage"] = "{{ llmAgentflow_0 }}"
    with app.app_context():
        flow = flows.import_agentflow(production, chain(START, *writers), name="Two")
    provider.says(completion("cut \ud83d"))

    assert answered(ask(client, flow, production_key))["text"] == "cut \ufffd"
    assert provider.messages[-1]["content"] == "cut \ufffd"


class AskLlm:
    """Call a flow with one LLM node of these settings."""

    def __init__(self, app: Flask, workspace: Workspace, key: str) -> None:
        self.app, self.workspace, self.key = app, workspace, key

    def __call__(
        self, config: object = None, *, messages: object = None, user: str = "", **members: Any
    ) -> dict[str, Any]:
        inputs = {
            "llmModel": "small",
            "llmModelConfig": config,
            "llmMessages": messages,
            "llmUserMessage": user,
        }
        with self.app.app_context():
            graph = chain(START, node("llmAgentflow", "LLM", inputs))
            flow = flows.import_agentflow(self.workspace, graph, name="LLM")
        return answered(ask(self.app.test_client(), flow, self.key, **members))


@pytest.fixture
def ask_llm(app: Flask, production: Workspace, production_key: str, model: str) -> AskLlm:
    return AskLlm(app, production, production_key)


def test_a_provider_that_tells_an_absurd_number_of_tokens_stops_no_record(
    client: FlaskClient, production_key: str, llm_flow: Flow, provider: Provider, sql: Sql
) -> None:
    for tokens in (2**40, 7):
        provider.says(completion("ok", prompt_tokens=tokens, completion_tokens=1))
        assert ask(client, llm_flow, production_key).status_code == 200

    eventually(lambda: sql("SELECT count(*) FROM runs")[0][0] == 2)
    kept = sql("SELECT input_tokens FROM runs ORDER BY input_tokens")
    assert [row[0] for row in kept] == [7, 2**31 - 1]
