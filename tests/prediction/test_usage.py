"""Every call of a known key is counted, off its path: per key, flow and hour, with its last use."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.apikeys import service as apikeys
from forjinn.apikeys import token
from forjinn.errors import NotFound
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask, bearer, eventually, path
from tests.conftest import new_key
from tests.people import Person

NAME = "Production web app"


def test_calls_and_failures_are_counted_for_each_flow_and_hour(
    client: FlaskClient, production_key: str, echo_flow: Flow, staging_flow: Flow, sql: Sql
) -> None:
    before = int(time.time()) // 3600
    for _ in range(3):
        ask(client, echo_flow, production_key)
    client.post(path(echo_flow), data=b"{", headers=bearer(production_key))
    ask(client, staging_flow, production_key)
    ask(client, uuid4(), production_key)

    eventually(lambda: sum(row[2] for row in counted(sql)) == 6, 5)
    found = counted(sql)
    assert all(before <= hour <= before + 1 for hour, _flow, _calls, _failures in found)
    by_flow = {flow: (calls, failures) for _hour, flow, calls, failures in found}
    assert by_flow == {echo_flow.id: (4, 1), staging_flow.id: (1, 1), UUID(int=0): (1, 1)}


def test_each_key_is_counted_for_itself(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    other = new_key(app, production, "Another app")
    for key in (production_key, other, other):
        ask(client, echo_flow, key)
    by_name = "SELECT name, calls FROM api_keys JOIN api_key_usage ON api_key_id = id ORDER BY name"

    eventually(lambda: sql(by_name) == [("Another app", 2), (NAME, 1)], 5)


def test_the_list_of_keys_shows_the_calls_within_five_seconds(
    client: FlaskClient, production_key: str, echo_flow: Flow, alice: Person
) -> None:
    page = "/w/production/api-keys"
    assert "Never used" in alice.get(page).text

    ask(client, echo_flow, production_key)
    eventually(lambda: "Never used" not in alice.get(page).text, 5)


def test_the_last_use_has_its_moment_and_address(
    client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    headers = bearer(production_key) | {"X-Forwarded-For": "198.51.100.1"}
    for address in ("203.0.113.8", "2001:db8:1234:5678:9abc:def0:1234:5678"):
        environ = {"REMOTE_ADDR": address}
        client.post(path(echo_flow), json={"question": "hi"}, headers=headers, environ_overrides=environ)
        eventually(partial(was_used_from, sql, address), 5)
    moment = last_use(sql)[0]
    assert timedelta(seconds=-1) < datetime.now(UTC) - moment < timedelta(seconds=30)


def test_the_last_use_never_goes_back(
    client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql, on_postgres: bool
) -> None:
    """Another process may have written a later one first."""
    later = datetime.now(UTC) + timedelta(hours=1)
    stored = later.replace(tzinfo=None) if not on_postgres else later
    sql("UPDATE api_keys SET last_used_at = :later, last_used_address = 'there'", later=stored)

    ask(client, echo_flow, production_key)
    eventually(lambda: counted(sql) != [], 5)
    assert last_use(sql) == (later, "there")


def test_who_sends_no_known_key_is_not_counted(
    client: FlaskClient, app: Flask, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    client.post(path(echo_flow), json={"question": "hi"})
    ask(client, echo_flow, token.new())
    client.get("/api/v1/ping")
    app.extensions["forjinn.usage"].flush()

    assert counted(sql) == []
    assert last_use(sql) == (None, None)


def test_the_call_of_a_deleted_key_counts_as_a_failure_and_does_not_bring_it_back(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    with app.app_context():
        apikeys.delete(production, apikeys.named(production, NAME), by=None)
    before = sql("SELECT deleted_at, name, digest FROM api_keys")

    ask(client, echo_flow, production_key)
    eventually(lambda: [row[2:] for row in counted(sql)] == [(1, 1)], 5)
    assert sql("SELECT deleted_at, name, digest FROM api_keys") == before
    assert ask(client, echo_flow, production_key).get_json()["code"] == "key_deleted"


def test_a_count_that_is_written_after_a_key_was_deleted_does_not_bring_it_back(
    app_with: Callable[..., Flask],
    app: Flask,
    production: Workspace,
    production_key: str,
    echo_flow: Flow,
    sql: Sql,
) -> None:
    slow = app_with(FORJINN_USAGE_FLUSH_SECONDS="5")
    client = slow.test_client()
    assert ask(client, echo_flow, production_key).status_code == 200
    with app.app_context():
        key = apikeys.named(production, NAME)
        apikeys.delete(production, key, by=None)
    assert counted(sql) == []
    slow.extensions["forjinn.usage"].flush()

    assert [row[2:] for row in counted(sql)] == [(1, 0)]
    assert ask(client, echo_flow, production_key).get_json()["code"] == "key_deleted"
    with app.app_context():
        for change in (apikeys.enable, apikeys.disable):
            with pytest.raises(NotFound):
                change(production, key)
        with pytest.raises(NotFound):
            apikeys.rename(production, key, "Back again")
    assert ask(client, echo_flow, production_key).get_json()["code"] == "key_deleted"


def test_counts_that_cannot_be_written_are_kept_until_they_can(
    app: Flask, client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    recorder = app.extensions["forjinn.usage"]
    sql("ALTER TABLE api_key_usage RENAME TO elsewhere")
    try:
        for _ in range(3):
            assert ask(client, echo_flow, production_key).status_code == 200
            recorder.flush()
    finally:
        sql("ALTER TABLE elsewhere RENAME TO api_key_usage")
    recorder.flush()

    assert [row[2:] for row in counted(sql)] == [(3, 0)]


def counted(sql: Sql) -> list[tuple[int, UUID, int, int]]:
    rows = sql("SELECT hour, flow_id, calls, failures FROM api_key_usage ORDER BY calls")
    return [(hour, UUID(str(flow)), calls, failures) for hour, flow, calls, failures in rows]


def was_used_from(sql: Sql, address: str) -> bool:
    return bool(last_use(sql)[1] == address)


def last_use(sql: Sql) -> Any:
    [(moment, address)] = sql("SELECT last_used_at, last_used_address FROM api_keys")
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment, address
