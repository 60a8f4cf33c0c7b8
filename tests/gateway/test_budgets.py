"""Budgets: charged for what was delivered, and never passed by more than one request's worth."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy.exc import OperationalError

from tests.applications import environment
from tests.calls import Sql, eventually
from tests.gateway.calling import ASKED, BASE, Gateway, bearer, refused
from tests.processes import Server, free_port
from tests.providers import Provider, completion
from tests.streaming import Script, StreamingProvider

# What `provider` says that a call took.
TOKENS = 12


def test_a_budget_of_tokens_is_spent_call_by_call(gateway: Gateway, model: str, sql: Sql) -> None:
    key = gateway.new_key("Small budget", budget_tokens=2 * TOKENS)
    assert [gateway.post(key=key, max_tokens=1).status_code for _ in range(2)] == [200, 200]
    answer = gateway.post(key=key, max_tokens=1)

    assert "budget of this gateway key is spent" in refused(answer, 429, "insufficient_quota")
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers["x-should-retry"] == "false"
    assert spent(sql) == (2 * TOKENS, 0)
    assert sql("SELECT 1 FROM gateway_reservations") == []


def test_a_budget_of_money_is_spent_at_the_upstreams_price(
    gateway: Gateway, provider: Provider, sql: Sql
) -> None:
    gateway.add("small", provider.url, prices=(1_000_000, 10_000_000))
    key = gateway.new_key("Poor", budget_money=57)
    assert gateway.post(key=key, max_tokens=5).status_code == 200
    refused(gateway.post(key=key, max_tokens=5), 429, "insufficient_quota")
    assert spent(sql) == (TOKENS, 57)


def test_what_was_not_delivered_is_not_charged(
    gateway: Gateway, model: str, provider: Provider, sql: Sql
) -> None:
    key = gateway.new_key("Careful", budget_tokens=1000)
    for content, status in (({}, 500), ({}, 401), ({}, 429), (b"", 302)):
        provider.says(content, status)
        assert gateway.post(key=key).status_code >= 400
    gateway.post(key=key, model="nothing")
    gateway.add("away", f"http://127.0.0.1:{free_port()}/v1")
    refused(gateway.post(key=key, model="away"), 502, "upstream_unreachable")

    assert spent(sql) == (0, 0)
    assert sql("SELECT 1 FROM gateway_reservations") == []


def test_calls_at_the_edge_pass_a_budget_by_less_than_one_of_them(
    gateway: Gateway, provider: Provider, database_url: str, tmp_path: Path, sql: Sql
) -> None:
    gateway.add("small", provider.url)
    worth = 2000
    provider.says(completion("x", prompt_tokens=10, completion_tokens=worth - 10), seconds=0.3)
    budget = 2 * worth + worth // 2
    key = gateway.new_key("Edge", budget_tokens=budget)
    server = Server(environment(database_url, tmp_path), tmp_path / "server.log", workers=2)

    def call(_number: int) -> int:
        body = ASKED | {"max_tokens": worth}
        url = f"{server.url}{BASE}/chat/completions"
        return requests.post(url, json=body, headers=bearer(key), timeout=20).status_code

    with ThreadPoolExecutor(12) as pool:
        counted = list(pool.map(call, range(12)))
    provider.says(provider.reply.content)
    while call(0) == 200:
        counted.append(200)
    server.stop()

    assert counted.count(429) >= 9
    assert budget <= spent(sql)[0] < budget + worth


def test_what_is_set_aside_is_free_again_when_its_process_was_killed(
    gateway: Gateway, model: str, sql: Sql
) -> None:
    key = gateway.new_key("Killed", budget_tokens=1000)
    [(key_id,)] = sql("SELECT id FROM gateway_keys WHERE label = 'Killed'")
    for until, status in ((int(time.time()) + 100, 429), (int(time.time()) - 1, 200)):
        sql("DELETE FROM gateway_reservations")
        sql(
            "INSERT INTO gateway_reservations (id, key_id, tokens, money, until)"
            " VALUES ('00000000000000000000000000000001', :key, 1000, 0, :until)",
            key=key_id,
            until=until,
        )
        answer = gateway.post(key=key)
        assert answer.status_code == status
        if status == 429:
            refused(answer, 429, "budget_in_use")
            assert answer.headers["Retry-After"] == "1"


def test_a_client_that_leaves_is_charged_for_what_was_generated(
    gateway: Gateway, upstream: StreamingProvider, database_url: str, tmp_path: Path, sql: Sql
) -> None:
    upstream.script = Script(["one ", "two ", "three", 30.0])
    gateway.add("small", upstream.url)
    key = gateway.new_key("Leaves", budget_tokens=100_000)
    server = Server(environment(database_url, tmp_path), tmp_path / "server.log", workers=1)
    with requests.post(
        f"{server.url}{BASE}/chat/completions",
        data=json.dumps(ASKED | {"stream": True}),
        headers=bearer(key),
        stream=True,
        timeout=20,
    ) as answer:
        for line in answer.iter_lines():
            if b"three" in line:
                break
    eventually(lambda: spent(sql)[0] > 3)
    server.stop()

    assert spent(sql)[0] == 3 + len(json.dumps(ASKED | {"stream": True})) // 4
    assert sql("SELECT 1 FROM gateway_reservations") == []


def test_what_cannot_be_charged_now_is_charged_when_the_database_is_back(
    gateway: Gateway, model: str, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = gateway.new_key("Outage", budget_tokens=1000)
    with monkeypatch.context() as broken:

        def fail(*_arguments: object) -> None:
            raise OperationalError("", None, Exception())

        broken.setattr("forjinn.gateway.quota.budgets._charge", fail)
        assert gateway.post(key=key).status_code == 200
        assert spent(sql) == (0, 0)
    eventually(lambda: spent(sql) == (TOKENS, 0))


def spent(sql: Sql) -> tuple[int, int]:
    """By the key that has a budget."""
    [row] = sql(
        "SELECT spent_tokens, spent_money FROM gateway_keys"
        " WHERE budget_tokens IS NOT NULL OR budget_money IS NOT NULL"
    )
    return row[0], row[1]
