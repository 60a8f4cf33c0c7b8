"""OpenAI's own Python client (PyPI `openai`), unchanged, through the gateway of a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.clients.openai_upstream import Behind, answered, behind
from tests.providers import Provider
from tests.served import Served
from tests.streaming import Script, StreamingProvider


def test_a_chat_is_answered(client: OpenAI, provider: Provider) -> None:
    provider.says(answered({"role": "assistant", "content": "Hello"}))
    answer = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": "hi"}])

    assert answer.choices[0].message.content == "Hello"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 12


def test_a_chat_streams_and_tells_its_usage_only_when_asked(
    client: OpenAI, streaming: StreamingProvider
) -> None:
    streaming.script = Script(["Hel", "lo"])
    asked = {"model": "stream", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    chunks = list(client.chat.completions.create(**asked))  # type: ignore[call-overload]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello"
    chunks = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))  # type: ignore[call-overload]
    assert chunks[-1].usage.total_tokens == 10


def test_tools_are_called(client: OpenAI, provider: Provider) -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}
    provider.says(answered({"role": "assistant", "content": None, "tool_calls": [call]}))
    answer = client.chat.completions.create(
        model="chat",
        messages=[{"role": "user", "content": "hi"}],
        tools=[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
    )
    made = (answer.choices[0].message.tool_calls or [])[0]
    assert made.type == "function"
    assert (made.function.name, json.loads(made.function.arguments)) == ("weather", {"a": 1})


class Order(BaseModel):
    number: int


def test_an_answer_has_the_structure_that_was_asked_for(client: OpenAI, provider: Provider) -> None:
    provider.says(answered({"role": "assistant", "content": '{"number": 42}'}))
    answer = client.chat.completions.parse(
        model="chat", messages=[{"role": "user", "content": "hi"}], response_format=Order
    )
    assert answer.choices[0].message.parsed == Order(number=42)
    assert provider.received[-1]["response_format"]["json_schema"]["name"] == "Order"


def test_embeddings_and_responses_pass(client: OpenAI, provider: Provider) -> None:
    provider.says(
        {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.25, 1.0]}]}
        | {"model": "up", "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    )
    vectors = client.embeddings.create(model="chat", input="hi", encoding_format="float")
    assert vectors.data[0].embedding == [0.25, 1.0]
    provider.says({"id": "resp-1", "object": "response", "output": [], "usage": {"input_tokens": 2}})
    assert client.responses.create(model="chat", input="hi").id == "resp-1"


def test_models_are_listed_and_found(client: OpenAI) -> None:
    assert {model.id for model in client.models.list()} >= {"chat", "stream", "org/model"}
    assert client.models.retrieve("org/model").id == "org/model"


def test_each_refusal_is_the_error_class_that_it_should_be(
    client: OpenAI, served: Served, provider: Provider
) -> None:
    asked = [{"role": "user", "content": "hi"}]
    with pytest.raises(openai.NotFoundError, match=r"It may call: .*chat"):
        client.chat.completions.create(model="nothing", messages=asked)  # type: ignore[arg-type]
    for key in (served.key, "fjgw_wrong"):
        with pytest.raises(openai.AuthenticationError) as unauthorized:
            client.with_options(api_key=key).chat.completions.create(model="chat", messages=asked)  # type: ignore[arg-type]
        assert unauthorized.value.code in ("wrong_key_type", "key_unknown")
    for status, kind in ((400, openai.BadRequestError), (429, openai.RateLimitError)):
        provider.says({"error": {"message": "no"}}, status)
        with pytest.raises(kind):
            client.chat.completions.create(model="chat", messages=asked)  # type: ignore[arg-type]
    provider.says({"error": {"message": "broken"}}, 500)
    with pytest.raises(openai.InternalServerError, match="broken"):
        client.chat.completions.create(model="chat", messages=asked)  # type: ignore[arg-type]


def test_a_stream_that_breaks_off_is_its_error(client: OpenAI, streaming: StreamingProvider) -> None:
    streaming.script = Script(["Hel"], ending=None)
    with pytest.raises(openai.APIError, match="broke off"):
        list(
            client.chat.completions.create(
                model="stream", messages=[{"role": "user", "content": "hi"}], stream=True
            )
        )


@pytest.fixture(scope="module")
def made(served: Served) -> Iterator[Behind]:
    with behind(served, "OpenAI's Python client") as made:
        yield made


@pytest.fixture
def provider(made: Behind) -> Provider:
    return made.provider


@pytest.fixture
def streaming(made: Behind) -> StreamingProvider:
    return made.streaming


@pytest.fixture
def client(made: Behind) -> Iterator[OpenAI]:
    with OpenAI(base_url=made.url, api_key=made.key, max_retries=0) as client:
        yield client
