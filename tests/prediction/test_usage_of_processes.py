"""Counting by the real server: its processes add up, and its end loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from forjinn.flows.models import Flow
from tests.applications import environment
from tests.calls import Sql, bearer, eventually, path
from tests.processes import Server

Start = Callable[..., Server]


def test_what_two_processes_counted_is_visible_within_five_seconds(
    start: Start, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    server = start()
    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: call(server, echo_flow, production_key), range(80)))
    assert statuses == [200] * 80

    eventually(lambda: calls(sql) == 80, 5)
    [(address,)] = sql("SELECT last_used_address FROM api_keys")
    assert address == "127.0.0.1"


def test_a_server_that_is_told_to_end_writes_what_it_counted(
    start: Start, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    server = start(FORJINN_USAGE_FLUSH_SECONDS="5")
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda _: call(server, echo_flow, production_key), range(40)))
    server.stop()

    assert calls(sql) == 40


def call(server: Server, flow: Flow, key: str) -> int:
    answer = requests.post(server.url + path(flow), json={"question": "hi"}, headers=bearer(key), timeout=20)
    return int(answer.status_code)


def calls(sql: Sql) -> int:
    [(number,)] = sql("SELECT coalesce(sum(calls), 0) FROM api_key_usage")
    return int(number)


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a server with two processes that counts as it does when nothing is set."""
    started: list[Server] = []

    def run(**settings: str) -> Server:
        defaults = environment(database_url, tmp_path)
        del defaults["FORJINN_USAGE_FLUSH_SECONDS"]
        started.append(Server(defaults | settings, tmp_path / "server.log"))
        return started[-1]

    yield run
    for server in started:
        server.stop()
