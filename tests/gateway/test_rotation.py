"""Several upstreams behind one name: the next is tried before the first byte, and one that fails pauses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forjinn.gateway.lookup import Upstream
from forjinn.gateway.rotation import Rotation
from tests.gateway.calling import Gateway, refused
from tests.providers import Provider, completion

FAILING = [500, 503, 429, 401, 404]


def test_the_next_upstream_answers_when_one_fails(
    gateway: Gateway, provider: Provider, second: Provider, subtests: pytest.Subtests
) -> None:
    for status in FAILING:
        with subtests.test(str(status)):
            provider.says({"error": {"message": "no"}}, status)
            assert gateway.post().get_json()["choices"][0]["message"]["content"] == "From the second"
            gateway.app.extensions["forjinn.rotation"] = Rotation()


def test_what_the_client_did_wrong_is_not_tried_again(
    gateway: Gateway, provider: Provider, second: Provider
) -> None:
    provider.says({"error": {"message": "no such role"}}, 400)
    refused(gateway.post(), 400, "invalid_request")
    assert second.received == []


def test_the_last_failure_is_told_when_all_fail(
    gateway: Gateway, provider: Provider, second: Provider
) -> None:
    provider.says({}, 500)
    second.says({"error": {"message": "overloaded"}}, 429)
    assert "overloaded" in refused(gateway.post(), 429, "upstream_rate_limited")


def test_an_upstream_that_keeps_failing_is_left_alone_for_a_while(
    gateway: Gateway, provider: Provider, second: Provider
) -> None:
    clock = [0.0]
    gateway.app.extensions["forjinn.rotation"] = Rotation(lambda: clock[0])
    provider.says({}, 500)
    for _ in range(5):
        assert gateway.post().status_code == 200
    assert len(provider.received) == 3
    clock[0] = 31.0
    provider.says(completion("back"))
    assert gateway.post().get_json()["choices"][0]["message"]["content"] == "back"


def test_all_that_pause_are_still_better_than_nothing() -> None:
    rotation = Rotation(lambda: 0.0)
    first, second = (Upstream("small", "openai", url, "x", None) for url in ("http://a", "http://b"))
    for _ in range(3):
        rotation.failed(first)
    assert rotation.order([first, second]) == [second, first]
    for _ in range(3):
        rotation.failed(second)
    assert rotation.order([first, second]) == [first, second]


def test_a_wrong_credential_lets_nobody_elses_upstream_pause() -> None:
    rotation = Rotation(lambda: 0.0)
    mine, theirs = (Upstream("small", "openai", "http://a", "x", key) for key in ("good", "wrong"))
    spare = Upstream("small", "openai", "http://b", "x", None)
    for _ in range(3):
        rotation.failed(theirs)
    assert rotation.order([theirs, spare]) == [spare, theirs]
    assert rotation.order([mine, spare]) == [mine, spare]


@pytest.fixture
def second(gateway: Gateway, model: str) -> Iterator[Provider]:
    with Provider() as running:
        running.says(completion("From the second"))
        gateway.add(model, running.url, "upstream-8b", further=True)
        yield running
