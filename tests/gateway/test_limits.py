"""Limits of a minute: exact over processes, shared through Redis, told in headers."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask

from tests.applications import environment
from tests.calls import Sql
from tests.conftest import member
from tests.gateway.calling import ASKED, BASE, Gateway, bearer, refused
from tests.machine import skip_or_fail
from tests.processes import Server, free_port
from tests.providers import Provider

LIMIT = 10


def test_a_key_is_refused_when_its_requests_are_used_up(gateway: Gateway, model: str) -> None:
    key = gateway.new_key("Two", requests_per_minute=2)
    before_the_minute_ends()
    answers = [gateway.post(key=key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    left = [answer.headers["x-ratelimit-remaining-requests"] for answer in answers]
    assert left == ["1", "0", "0"]
    assert answers[0].headers["x-ratelimit-limit-requests"] == "2"
    assert answers[0].headers["x-ratelimit-reset-requests"].endswith("s")
    assert "x-ratelimit-limit-tokens" not in answers[0].headers
    assert "2 requests per minute" in refused(answers[2], 429, "rate_limit_exceeded")
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert gateway.post().status_code == 200


def test_a_key_is_refused_when_its_tokens_are_used_up(
    gateway: Gateway, model: str, provider: Provider, sql: Sql
) -> None:
    key = gateway.new_key("Few tokens", tokens_per_minute=100)
    body = provider.reply.content | {"usage": {"prompt_tokens": 60, "completion_tokens": 40}}
    provider.says(body)
    before_the_minute_ends()
    first, second = gateway.post(key=key), gateway.post(key=key)

    assert first.status_code == 200
    assert "100 tokens per minute" in refused(second, 429, "rate_limit_exceeded")
    assert second.headers["x-ratelimit-remaining-tokens"] == "0"
    assert sql("SELECT requests, tokens FROM gateway_minutes") == [(1, 100)]


def test_the_next_minute_begins_anew(gateway: Gateway, model: str, sql: Sql) -> None:
    key = gateway.new_key("One", requests_per_minute=1)
    before_the_minute_ends()
    assert gateway.post(key=key).status_code == 200
    refused(gateway.post(key=key), 429, "rate_limit_exceeded")
    sql("UPDATE gateway_minutes SET minute = minute - 1")
    assert gateway.post(key=key).status_code == 200


def test_the_limit_is_exact_over_the_processes_of_a_machine(
    gateway: Gateway, provider: Provider, database_url: str, tmp_path: Path
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Ten", requests_per_minute=LIMIT)
    server = Server(environment(database_url, tmp_path), tmp_path / "server.log", workers=2)
    before_the_minute_ends()
    counted = statuses([server.url], key)
    server.stop()

    assert counted == {200: LIMIT, 429: 4 * LIMIT - LIMIT}


def test_two_machines_share_a_limit_through_redis(
    gateway: Gateway, provider: Provider, database_url: str, tmp_path: Path, redis: Redis, sql: Sql
) -> None:
    gateway.add("small", provider.url)
    key = gateway.new_key("Ten", requests_per_minute=LIMIT)
    settings = environment(database_url, tmp_path) | {"REDIS_URL": redis.url}
    servers = [Server(settings, tmp_path / f"{name}.log", workers=1) for name in "ab"]
    counted = statuses([server.url for server in servers], key)
    for server in servers:
        server.stop()

    assert counted == {200: LIMIT, 429: 4 * LIMIT - LIMIT}
    assert sql("SELECT 1 FROM gateway_minutes") == []


def test_without_redis_the_database_counts_until_it_is_back(
    app_with: Callable[..., Flask],
    gateway: Gateway,
    model: str,
    redis: Redis,
    sql: Sql,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forjinn.gateway.quota.minutes.AGAIN_SECONDS", 0.2)
    app = app_with(REDIS_URL=redis.url)
    key = gateway.new_key("Three", requests_per_minute=3, tokens_per_minute=10_000)
    gateway.client = app.test_client()
    first = gateway.post(key=key)
    assert first.headers["x-ratelimit-remaining-requests"] == "2"
    redis.stop()
    before_the_minute_ends()
    counted = [gateway.post(key=key).status_code for _ in range(4)]

    assert counted == [200, 200, 200, 429]
    assert caplog.text.count("Redis does not answer") == 1
    alice = member(app, "alice@example.com", gateway.workspace, "Admin")
    assert "Redis does not answer" in alice.get("/w/production/gateway/keys").text
    redis.start()
    time.sleep(0.3)
    assert gateway.post(key=key).status_code == 200
    assert "Redis answers again" in caplog.text
    assert "Redis does not answer" not in alice.get("/w/production/gateway/keys").text
    app.extensions.pop("forjinn.providers").close()


def statuses(urls: list[str], key: str) -> Counter[int]:
    """How often each status came, of four times as many calls as the limit allows, all at once."""

    def call(number: int) -> int:
        url = f"{urls[number % len(urls)]}{BASE}/chat/completions"
        return requests.post(url, json=ASKED, headers=bearer(key), timeout=20).status_code

    with ThreadPoolExecutor(LIMIT) as pool:
        return Counter(pool.map(call, range(4 * LIMIT)))


def before_the_minute_ends() -> None:
    """Wait for the next minute when this one may end within the test."""
    left = 60 - time.time() % 60
    if left < 8:
        time.sleep(left + 0.1)


class Redis:
    """A Redis of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while "Ready to accept" not in (self.folder / "redis.log").read_text()[-400:]:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        skip_or_fail("no redis-server")
    running = Redis(tmp_path)
    yield running
    running.stop()
