"""What a call did not take of its minute is given back, and to that minute only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask

from forjinn.gateway.quota.shared import Shared
from forjinn.gateway.quota.window import Limits
from tests.calls import Sql
from tests.gateway.calling import Gateway, called, refused
from tests.gateway.test_limits import Redis, before_the_minute_ends
from tests.gateway.test_limits import redis as redis
from tests.providers import Provider, completion


@pytest.mark.parametrize("through", ["the database", "Redis"])
def test_what_a_call_did_not_take_is_given_back_to_its_minute(
    through: str, app_with: Callable[..., Flask], gateway: Gateway, provider: Provider, redis: Redis
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Minute", tokens_per_minute=20_000)
    if through == "Redis":
        gateway.client = app_with(REDIS_URL=redis.url).test_client()
    before_the_minute_ends()
    large = [{"role": "user", "content": "x" * 60_000}]
    used = completion("x", prompt_tokens=60, completion_tokens=40)
    for content, status, taken in ((used, 200, 100), ({}, 502, 100), (used, 200, 200)):
        provider.says(content, 500 if status == 502 else 200)
        assert called(gateway, key, messages=large)[0].status_code == status
        provider.says(completion("x", prompt_tokens=0, completion_tokens=1))
        answer, size = called(gateway, key, messages=[])
        left = int(answer.headers["x-ratelimit-remaining-tokens"])
        # Each of the small calls before took one token.
        assert 20_000 - taken - size // 4 - 2 <= left <= 20_000 - taken - size // 4
    provider.says(completion("x", prompt_tokens=1, completion_tokens=30_000))
    assert gateway.post(key=key).status_code == 200
    refused(gateway.post(key=key), 429, "rate_limit_exceeded")


def test_what_is_given_back_goes_to_no_later_window(redis: Redis) -> None:
    shared, key, limits = Shared(redis.url), uuid4(), Limits(100, 1000)
    window = shared.take(key, limits, 500)
    shared.add(key, limits, window, -400)
    assert shared.take(key, limits, 100).tokens == 200
    # As if the window that it was taken from had been about to end.
    shared.add(key, limits, replace(window, until=time.time() + 1), -100)
    shared.add(key, limits, replace(window, until=time.time() - 100), -100)
    assert shared.take(key, limits, 100).tokens == 300


def test_a_call_that_its_budget_refuses_costs_its_minute_no_tokens(
    gateway: Gateway, model: str, sql: Sql
) -> None:
    key = gateway.new_key("Spent", budget_tokens=12, tokens_per_minute=100_000)
    before_the_minute_ends()
    assert gateway.post(key=key).status_code == 200
    refused(
        gateway.post(key=key, messages=[{"role": "user", "content": "x" * 60_000}]), 429, "insufficient_quota"
    )
    assert [tuple(row) for row in sql("SELECT requests, tokens FROM gateway_minutes")] == [(2, 12)]
