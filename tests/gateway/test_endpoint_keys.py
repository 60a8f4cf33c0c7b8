"""Which key calls which gateway: every refusal says what is wrong, in OpenAI's shape."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn.workspaces.models import Workspace
from tests.calls import Sql, eventually
from tests.calls import refused as api_refused
from tests.gateway.calling import ASKED, BASE, Gateway, bearer, refused
from tests.providers import Provider

PATHS = ("chat/completions", "completions", "embeddings", "responses")


def test_a_live_key_reaches_the_model(gateway: Gateway, model: str, provider: Provider) -> None:
    for path in PATHS:
        answer = gateway.post(path)
        assert answer.status_code == 200, answer.text
        assert provider.paths[-1] == f"/v1/{path}"


def test_a_dead_key_is_told_why(gateway: Gateway, model: str, provider: Provider, sql: Sql) -> None:
    gateway.change("pause")
    assert "paused on" in refused(gateway.post(), 401, "key_paused")
    gateway.change("resume")
    assert gateway.post().status_code == 200
    sql("UPDATE gateway_keys SET expires_at = '2020-01-01 00:00:00'")
    assert "expired on 2020-01-01" in refused(gateway.post(), 401, "key_expired")
    gateway.change("delete")
    assert "deleted on" in refused(gateway.post(), 401, "key_deleted")
    assert "deleted on" in refused(gateway.get("models"), 401, "key_deleted")
    assert len(provider.received) == 1


def test_each_kind_of_key_is_told_where_it_belongs(
    gateway: Gateway, production_key: str, model: str, provider: Provider
) -> None:
    assert "This is an API key" in refused(gateway.post(key=production_key), 401, "wrong_key_type")
    flows = gateway.client.get("/api/v1/chatflows", headers=bearer(gateway.key))
    assert "This is a gateway key" in api_refused(flows, 401, "wrong_key_type")
    assert provider.received == []


UNKNOWN = ["fjgw_x", "sk-0123456789", "fjgw_" + "0" * 38, "x"]


def test_an_unknown_key_is_401_whatever_else_is_wrong(
    gateway: Gateway, subtests: pytest.Subtests, provider: Provider
) -> None:
    for key in UNKNOWN:
        with subtests.test(key):
            refused(gateway.post(key=key), 401, "key_unknown")
            refused(gateway.post(key=key, model=5), 401, "key_unknown")
            refused(gateway.post(key=key, base="/gateway/nowhere/none/v1"), 401, "key_unknown")
    assert "mistyped" in refused(gateway.post(key=gateway.key[:-1] + "-"), 401, "key_unknown")


def test_only_the_authorization_header_carries_a_key(gateway: Gateway, model: str) -> None:
    for headers in ({}, {"X-Api-Key": gateway.key}, {"Cookie": f"key={gateway.key}"}):
        refused(post(gateway, headers), 401, "key_missing")
    refused(post(gateway, {"Authorization": f"Basic {gateway.key}"}), 401, "key_malformed")
    two = {"Authorization": f"Bearer {gateway.key}, Bearer x"}
    refused(post(gateway, two), 400, "invalid_request")


def test_a_key_of_another_gateway_is_403(app: Flask, gateway: Gateway, staging: Workspace) -> None:
    foreign = Gateway(app, gateway.client, staging)
    refused(gateway.post(key=foreign.key), 403, "wrong_gateway")
    refused(gateway.post(base="/gateway/staging/default/v1"), 403, "wrong_gateway")
    refused(gateway.post(base="/gateway/production/other/v1"), 403, "wrong_gateway")
    refused(gateway.post(base="/gateway/prod%00uction/default/v1"), 403, "wrong_gateway")


def test_a_model_of_another_workspace_is_not_there(
    app: Flask, gateway: Gateway, staging: Workspace, provider: Provider
) -> None:
    Gateway(app, gateway.client, staging).add("theirs", provider.url)

    assert "It may call: none yet" in refused(gateway.post(model="theirs"), 404, "model_not_found")
    assert gateway.get("models").get_json() == {"object": "list", "data": []}


def test_an_unknown_model_names_those_that_the_key_may_call(gateway: Gateway, provider: Provider) -> None:
    for name in ("large", "meta/llama", "small"):
        gateway.add(name, provider.url)
    some = gateway.new_key("Some", models=("SMALL", "meta/llama"))

    assert "call: large, meta/llama, small." in refused(gateway.post(model="x"), 404, "model_not_found")
    assert "call: meta/llama, small." in refused(
        gateway.post(model="large", key=some), 404, "model_not_found"
    )
    for strange in ("a\x00b", "x" * 500, "日本語", "\ud800"):
        refused(gateway.post(model=strange), 404, "model_not_found")
    assert gateway.post(model="small", key=some).status_code == 200
    listed = gateway.get("models", some).get_json()["data"]
    assert [one["id"] for one in listed] == ["meta/llama", "small"]
    one = gateway.get("models/meta%2Fllama", some).get_json()
    assert (one["id"], one["object"], type(one["created"])) == ("meta/llama", "model", int)
    refused(gateway.get("models/large", some), 404, "model_not_found")


def test_a_path_that_is_not_there_is_json_and_never_a_redirect(gateway: Gateway) -> None:
    for path in ("/gateway", "/gateway/", "/gateway/x/y/v1/nothing", f"{BASE}/chat/completions/"):
        refused(gateway.client.get(path), 404, "not_found")
    two = gateway.client.get("/", environ_overrides={"PATH_INFO": f"/{BASE}/models"})
    refused(two, 404, "not_found")
    answer = gateway.client.get(f"{BASE}/chat/completions", headers=bearer(gateway.key))
    refused(answer, 405, "method_not_allowed")


def test_a_browsers_preflight_needs_no_key(gateway: Gateway) -> None:
    answer = gateway.client.options(f"{BASE}/chat/completions")

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_call_is_counted_with_its_tokens_also_when_it_is_refused(
    gateway: Gateway, provider: Provider, sql: Sql
) -> None:
    gateway.add("small", provider.url, prices=(150_000, 600_000))
    gateway.post()
    gateway.post()
    gateway.post(model="x")
    gateway.change("pause")
    gateway.post()
    gateway.flush()

    rows = sql(
        "SELECT model, requests, errors, input_tokens, output_tokens, money FROM gateway_usage ORDER BY model"
    )
    # What a dead key asks for is not read.
    assert rows == [("", 2, 2, 0, 0, 0), ("small", 2, 0, 14, 10, 10)]
    eventually(lambda: sql("SELECT last_used_address FROM gateway_keys") == [("127.0.0.1",)])


def post(gateway: Gateway, headers: dict[str, str]) -> TestResponse:
    return gateway.client.post(f"{BASE}/chat/completions", json=ASKED, headers=headers)
