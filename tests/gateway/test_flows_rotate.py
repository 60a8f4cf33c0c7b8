"""A flow's model has the same upstreams as in the gateway, tried in order, with the same pauses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.gateway.rotation import Rotation
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.gateway.calling import Gateway
from tests.providers import Provider, completion
from tests.streaming import Script, StreamingProvider, events, text

FAILING = [(500, {}), (429, {"error": "slow down"}), (401, {}), (200, b"no JSON"), (200, {"choices": []})]


def test_the_next_upstream_answers_a_flow_when_one_fails(
    caller: Caller, provider: Provider, second: Provider, subtests: pytest.Subtests
) -> None:
    for status, content in FAILING:
        with subtests.test(f"{status} {content!r}"):
            provider.says(content, status)
            assert caller.answer() == "From the second"
            caller.rotation()


def test_what_a_flow_asked_wrongly_is_not_tried_again(
    caller: Caller, provider: Provider, second: Provider
) -> None:
    for status in (400, 422):
        provider.says({"error": {"message": "no such role"}}, status)
        assert "no such role" in caller.failure()
    assert second.received == []


def test_the_last_failure_is_told_when_all_fail(caller: Caller, provider: Provider, second: Provider) -> None:
    provider.says({}, 500)
    second.says({"error": {"message": "overloaded"}}, 429)
    assert "status 429: overloaded" in caller.failure()


def test_flows_and_the_gateway_share_their_pauses(
    gateway: Gateway, caller: Caller, provider: Provider, second: Provider
) -> None:
    clock = caller.rotation()
    provider.says({}, 500)
    for _ in range(5):
        assert caller.answer() == "From the second"
    assert len(provider.received) == 3
    assert gateway.post().get_json()["choices"][0]["message"]["content"] == "From the second"
    assert len(provider.received) == 3
    clock[0] = 31.0
    provider.says(completion("back"))
    assert caller.answer() == "back"


def test_a_stream_goes_on_at_the_next_upstream_until_its_first_text(
    app: Flask, caller: Caller, provider: Provider, production: Workspace, upstream: StreamingProvider
) -> None:
    with app.app_context():
        models.add(production, "small", base_url=upstream.url, upstream="streams", further=True)
    provider.says({}, 503)
    assert caller.streamed() == "Hello world"

    # What was told cannot be taken back: the one that broke off is not replaced.
    upstream.script = Script(["Hel"], ending=None)
    caller.rotation()
    body = ask(caller.client, caller.flow, caller.key, streaming=True).data
    told = events(body)
    assert text(told) == "Hel"
    assert "broke off" in dict(told)["error"]


def test_an_upstream_that_cannot_be_called_is_passed_over(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    llm_flow: Flow,
    second: Provider,
) -> None:
    with app.app_context():
        first = models.named(production, "small")[0]
        models.replace_credential(production, first, "sk-old-credential")
        app.config["SECRET_KEY"] = "another-secret-key-0123456789abcdef"
    assert answered(ask(client, llm_flow, production_key))["text"] == "From the second"


class Caller:
    """Somebody who calls the flow `llm_flow`."""

    def __init__(self, app: Flask, client: FlaskClient, flow: Flow, key: str) -> None:
        self.app, self.client, self.flow, self.key = app, client, flow, key

    def answer(self) -> object:
        return answered(ask(self.client, self.flow, self.key))["text"]

    def streamed(self) -> str:
        return text(events(ask(self.client, self.flow, self.key, streaming=True).data))

    def failure(self) -> str:
        return refused(ask(self.client, self.flow, self.key), 502, "provider_error")

    def rotation(self) -> list[float]:
        """Nobody pauses from now on; the clock by which they do."""
        clock = [0.0]
        self.app.extensions["forjinn.rotation"] = Rotation(lambda: clock[0])
        return clock


@pytest.fixture
def caller(app: Flask, client: FlaskClient, llm_flow: Flow, production_key: str) -> Caller:
    return Caller(app, client, llm_flow, production_key)


@pytest.fixture
def second(app: Flask, production: Workspace, model: str) -> Iterator[Provider]:
    with Provider() as running:
        running.says(completion("From the second"))
        with app.app_context():
            models.add(production, model, base_url=running.url, upstream="upstream-8b", further=True)
        yield running
