"""A provider that fails is a 502 with its own words, and never with a credential."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.processes import free_port
from tests.providers import CREDENTIAL, Provider, completion

Failure = Callable[[], str]


def test_the_providers_words_are_passed_on_without_its_key(failure: Failure, provider: Provider) -> None:
    wrong = f"Incorrect API key provided: {CREDENTIAL}. You can find your API key at https://keys.example."
    provider.says({"error": {"message": wrong, "type": "invalid_request_error"}}, 401)

    assert failure() == (
        "LLM: The model 'small' answered with status 401: Incorrect API key provided: …."
        " You can find your API key at https://keys.example."
    )


SECRETS = [
    f"Authorization: Bearer {CREDENTIAL}",
    f"Bearer {CREDENTIAL[:12]}",
    "Incorrect API key: sk-proj-abcdef012345",
    "api_key=0123456789abcdef",
    f"[{CREDENTIAL}]{CREDENTIAL}\n{CREDENTIAL}",
    "x" * 400 + CREDENTIAL * 20,
]


def test_what_looks_like_a_key_is_taken_out(
    subtests: pytest.Subtests, failure: Failure, provider: Provider
) -> None:
    for said in SECRETS:
        with subtests.test(ascii(said)[:50]):
            provider.says({"error": said}, 403)
            sentence = failure()

            assert "…" in sentence
            for secret in (CREDENTIAL, CREDENTIAL[:12], "sk-proj", "0123456789abcdef"):
                assert secret not in sentence
            assert len(sentence) < 700


FAILURES = [
    ({"error": {"message": "Rate limit reached"}}, 429, "answered with status 429: Rate limit reached"),
    ({"error": "overloaded"}, 503, "answered with status 503: overloaded"),
    ({"detail": "Not Found"}, 404, "answered with status 404: Not Found"),
    ({"message": "No\n\n such   model"}, 400, "answered with status 400: No such model"),
    ({"error": {"message": ["a"]}}, 400, "answered with status 400."),
    ({"error": None}, 500, "answered with status 500."),
    (b"<html>Bad Gateway</html>", 502, "answered with status 502."),
    (b"", 500, "answered with status 500."),
    (b"[" * 100_000, 500, "answered with status 500."),
    (completion("hi"), 201, "answered with status 201."),
    (b"", 200, "did not answer in OpenAI's format."),
    (b"Hello", 200, "did not answer in OpenAI's format."),
    (b"\xff\xfe\x00garbage", 200, "did not answer in OpenAI's format."),
    (b"[" * 100_000, 200, "did not answer in OpenAI's format."),
    (None, 200, "did not answer in OpenAI's format."),
    ([], 200, "did not answer in OpenAI's format."),
    ("choices", 200, "did not answer in OpenAI's format."),
    ({}, 200, "did not answer in OpenAI's format."),
    ({"choices": []}, 200, "did not answer in OpenAI's format."),
    ({"choices": {}}, 200, "did not answer in OpenAI's format."),
    ({"choices": None}, 200, "did not answer in OpenAI's format."),
    ({"choices": [{}]}, 200, "did not answer in OpenAI's format."),
    ({"choices": [{"message": None}]}, 200, "did not answer in OpenAI's format."),
    ({"error": {"message": "quota"}}, 200, "did not answer in OpenAI's format."),
    (completion(None), 200, "answered without text."),
    (completion([{"type": "text", "text": "hi"}]), 200, "answered without text."),
    (completion(5), 200, "answered without text."),
    (b" " * (20 << 20), 200, "answered more than 16 MB."),
    (b" " * (20 << 20), 500, "answered more than 16 MB."),
]


def test_a_failure_is_said_in_one_sentence(
    subtests: pytest.Subtests, failure: Failure, provider: Provider
) -> None:
    for content, status, sentence in FAILURES:
        with subtests.test(ascii(content)[:50]):
            provider.says(content, status)

            assert failure() == f"LLM: The model 'small' {sentence}"


REDIRECTS = [301, 302, 307, 308]


def test_a_redirect_is_not_followed(subtests: pytest.Subtests, failure: Failure, provider: Provider) -> None:
    """It would carry the credential to wherever it leads."""
    for status in REDIRECTS:
        with subtests.test(ascii(status)[:50]), Provider() as elsewhere:
            provider.says({}, status, Location=f"{elsewhere.url}/chat/completions")

            assert failure() == f"LLM: The model 'small' answered with status {status}."
            assert elsewhere.received == []


def test_an_answer_that_claims_to_be_compressed_and_is_not_is_a_failure(
    failure: Failure, provider: Provider
) -> None:
    provider.says(b"not gzip", 200, Content_Encoding="gzip")

    assert failure() == "LLM: The model 'small' cannot be reached: its answer cannot be unpacked."


def test_a_provider_that_is_too_slow_is_not_waited_for(
    app: Flask, failure: Failure, provider: Provider
) -> None:
    app.config["FORJINN_PROVIDER_SECONDS"] = 0.2
    provider.says(completion("late"), seconds=20)
    before = time.monotonic()

    assert failure() == "LLM: The model 'small' did not answer in time."
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/v1", "https://127.0.0.1:{port}/v1"])
def test_a_provider_that_is_not_there_is_said_to_be_unreachable(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, address: str
) -> None:
    with app.app_context():
        models.add(production, "gone", base_url=address.format(port=free_port()), upstream="x")
        flow = flows.create_chatflow(production, "Gone", model="gone")
    said = refused(ask(client, flow, production_key), 502, "provider_error")

    assert said == "LLM: The model 'gone' cannot be reached: nothing listens at its address."
    app.extensions.pop("forjinn.providers").close()


def test_a_failed_call_does_not_spoil_the_next(
    client: FlaskClient, production_key: str, llm_flow: Flow, provider: Provider
) -> None:
    for content, status in ((b"x", 500), (b" " * (20 << 20), 200)):
        provider.says(content, status)
        refused(ask(client, llm_flow, production_key), 502, "provider_error")
    provider.says(completion("ok"))

    assert answered(ask(client, llm_flow, production_key))["text"] == "ok"


def test_a_model_that_is_gone_is_named(
    client: FlaskClient, production_key: str, llm_flow: Flow, sql: Callable[..., object]
) -> None:
    sql("DELETE FROM language_models")
    said = refused(ask(client, llm_flow, production_key), 500, "internal")

    assert said == "LLM: The model 'small' is not registered in this workspace."


def test_an_embedded_model_that_does_not_run_says_how_it_would(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FORJINN_EMBEDDED_URL", raising=False)
    with app.app_context():
        models.add_embedded(production, "inside")
        flow = flows.create_chatflow(production, "Inside", model="inside")

    assert "make demo" in refused(ask(client, flow, production_key), 502, "provider_error")


@pytest.fixture
def failure(
    client: FlaskClient, production_key: str, llm_flow: Flow, caplog: pytest.LogCaptureFixture
) -> Failure:
    """Call the flow, which must fail; give the sentence. The credential is nowhere."""

    def failure() -> str:
        with caplog.at_level(logging.DEBUG):
            answer = ask(client, llm_flow, production_key)
        assert CREDENTIAL not in answer.text
        assert CREDENTIAL not in caplog.text
        assert production_key not in caplog.text
        return refused(answer, 502, "provider_error")

    return failure
