"""The pages of the API Gateway: what a person sees, and what never comes back to them."""

from __future__ import annotations

import csv
import io
import re
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn.workspaces.models import Workspace
from tests.calls import Sql
from tests.conftest import member
from tests.gateway.calling import Gateway, refused
from tests.people import Person, field
from tests.providers import CREDENTIAL, Provider
from tests.web import Web

PATH = "/w/production/gateway"
SECRET = re.compile(r"fjgw_[0-9A-Za-z]{38}")


def test_a_model_is_added_tested_and_removed(alice: Person, provider: Provider, sql: Sql) -> None:
    added = add_model(alice, provider)
    assert (added.status_code, added.headers["Location"]) == (303, PATH)
    [(model_id,)] = sql("SELECT id FROM language_models")
    shown = alice.get(PATH).text
    assert "upstream-7b" in shown
    assert "$0.15 in, $0.60 out" in shown
    tested = alice.post(f"{PATH}/models/{hyphened(model_id)}/test", htmx=True)
    assert re.fullmatch(r"Answered in [\d,]+ ms\.\s*", tested.text)
    provider.says({"error": {"message": f"No quota left for {CREDENTIAL}"}}, 429)
    assert "No quota left for …" in alice.post(f"{PATH}/models/{hyphened(model_id)}/test", htmx=True).text
    assert "only upstream" in alice.get(f"{PATH}/models/{hyphened(model_id)}/remove").text
    removed = alice.post(f"{PATH}/models/{hyphened(model_id)}/remove", htmx=True)
    assert removed.headers["HX-Trigger"] == "close-dialog, gateway-changed"
    assert "No models yet" in alice.get(PATH).text


def test_a_credential_is_written_and_never_read(alice: Person, provider: Provider, sql: Sql) -> None:
    add_model(alice, provider)
    refused_form = add_model(alice, provider, base_url="nowhere", name="other")
    assert refused_form.status_code == 422
    [(model_id,)] = sql("SELECT id FROM language_models")
    replaced = alice.post(f"{PATH}/models/{hyphened(model_id)}/credential", credential="sk-new-credential-77")
    assert replaced.status_code == 303
    form = alice.get(f"{PATH}/models/{hyphened(model_id)}/credential")
    for page in (refused_form, replaced, alice.get(PATH), form):
        assert CREDENTIAL not in page.text
        assert "sk-new-credential" not in page.text
    alice.post(f"{PATH}/models/{hyphened(model_id)}/test")
    assert provider.headers[-1]["authorization"] == "Bearer sk-new-credential-77"


def test_further_members_are_listed_in_a_models_forms(alice: Person, provider: Provider, sql: Sql) -> None:
    add_model(alice, provider, kind="litellm", allowed_members="top_k, min_p  guardrails")
    [(model_id, kept)] = sql("SELECT id, allowed_members FROM language_models")
    form = f"{PATH}/models/{hyphened(model_id)}"

    assert kept == '["guardrails", "min_p", "top_k"]'
    assert field(alice.get(form).text, "allowed_members") == "guardrails, min_p, top_k"
    refused_form = alice.post(form, upstream="up", allowed_members="top_k api_base")
    assert refused_form.status_code == 422
    assert "api_base cannot be allowed" in refused_form.text
    assert alice.post(form, upstream="up", allowed_members="").status_code == 303
    assert sql("SELECT allowed_members FROM language_models") == [("[]",)]


WRONG = [
    ({"name": ""}, "Enter a name"),
    ({"allowed_members": "aws_role_name"}, "aws_role_name cannot be allowed"),
    ({"allowed_members": "x" * 65}, "name has up to 64"),
    ({"allowed_members": " ".join(map("m{}".format, range(51)))}, "At most 50"),
    ({"base_url": "ftp://a"}, "not an http(s) address"),
    ({"base_url": "https://user:hunter2@a/v1"}, "must not hold a credential"),
    ({"base_url": "https://@a/v1"}, "must not hold a credential"),
    ({"base_url": "https://a/v1?"}, "must not hold a credential"),
    ({"base_url": "https://a/internal#"}, "without a #"),
    ({"base_url": "https://a\\@b/v1"}, "not an http(s) address"),
    ({"base_url": "https://a/v 1"}, "not an http(s) address"),
    ({"upstream": " "}, "model&#39;s id"),
    ({"credential": "schlüssel"}, "visible ASCII"),
    ({"input_price": "cheap"}, "amount of dollars"),
    ({"kind": "magic"}, "Choose what kind"),
]


def test_what_is_wrong_with_a_model_stands_beside_its_field(
    alice: Person, provider: Provider, subtests: pytest.Subtests
) -> None:
    for wrong, said in WRONG:
        with subtests.test(said):
            answer = add_model(alice, provider, **wrong)
            assert answer.status_code == 422
            assert said in answer.text
            assert "hunter2" not in answer.text.replace('value="https://user:hunter2@a/v1"', "")
    assert "No models yet" in alice.get(PATH).text


def test_an_endpoint_lists_its_models_to_choose_from(alice: Person) -> None:
    with Web() as web:
        web.says('{"data": [{"id": "b"}, {"id": "a<b>"}, {"id": 5}, 7]}', at="/v1/models")
        form = {"base_url": f"{web.url}/v1", "credential": "sk-1", "kind": "litellm"}
        answer = alice.post(f"{PATH}/models/offered", **form)
        assert re.findall(r'<option value="([^"]*)">', answer.text) == ["a&lt;b&gt;", "b"]
        assert web.last.headers["authorization"] == "Bearer sk-1"
        web.says("{}", 401, at="/v1/models")
        failed = alice.post(f"{PATH}/models/offered", **form)
        assert (failed.status_code, "status 401" in failed.text) == (422, True)


def test_a_second_upstream_can_be_tried_earlier(alice: Person, provider: Provider, sql: Sql) -> None:
    add_model(alice, provider)
    add_model(alice, provider, upstream="upstream-8b", name="SMALL")
    [(second,)] = sql("SELECT id FROM language_models WHERE position = 1")
    assert alice.post(f"{PATH}/models/{hyphened(second)}/prefer", htmx=True).status_code == 200
    assert sql("SELECT upstream, name FROM language_models ORDER BY position") == [
        ("upstream-8b", "small"),
        ("upstream-7b", "small"),
    ]


def test_an_upstreams_prices_and_id_are_changed(alice: Person, provider: Provider, sql: Sql) -> None:
    add_model(alice, provider)
    [(model_id,)] = sql("SELECT id FROM language_models")
    one = f"{PATH}/models/{hyphened(model_id)}"
    form = alice.get(one).text
    assert 'value="0.15"' in form
    assert 'value="upstream-7b"' in form
    wrong = alice.post(one, upstream="upstream-8b", input_price="cheap")
    assert (wrong.status_code, "amount of dollars" in wrong.text) == (422, True)
    assert alice.post(one, upstream=" ").status_code == 422
    assert alice.post(one, upstream="upstream-8b", input_price="1.25", output_price="").status_code == 303
    assert "$1.25 in, $0.00 out" in alice.get(PATH).text
    alice.post(f"{one}/test")
    assert provider.received[-1]["model"] == "upstream-8b"


def test_a_key_is_shown_once_and_works(alice: Person, gateway: Gateway, model: str, sql: Sql) -> None:
    made = generate(alice, "Product search", requests_per_minute="60", models=["small"], htmx=True)
    [secret] = set(SECRET.findall(made.text))

    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    assert "This key is shown once." in made.text
    assert f"base_url=&#34;http://localhost{PATH}" not in made.text
    assert "http://localhost/gateway/production/default/v1/chat/completions" in made.text
    assert gateway.post(key=secret).status_code == 200
    shown = alice.get(f"{PATH}/keys").text
    assert secret not in shown
    assert f"{secret[:9]}…{secret[-4:]}" in shown
    assert "60 requests/min" in shown


def test_a_form_that_is_sent_twice_makes_one_key(alice: Person, production: Workspace) -> None:
    once = field(alice.get(f"{PATH}/keys/new").text, "once")
    assert generate(alice, "Twice", once=once).status_code == 200
    again = generate(alice, "Twice", once=once)
    assert (again.status_code, SECRET.search(again.text)) == (409, None)
    assert "already created" in again.text


def test_what_is_wrong_with_a_key_stands_beside_its_field(alice: Person, subtests: pytest.Subtests) -> None:
    for wrong in ({"budget_tokens": "many"}, {"budget_money": "-1"}, {"expires": "soon"}, {"models": ["x"]}):
        with subtests.test(str(wrong)):
            answer = generate(alice, "Wrong", **wrong)
            assert answer.status_code == 422
            assert "invalid-feedback" in answer.text
            assert SECRET.search(answer.text) is None


def test_a_key_is_paused_resumed_and_deleted(alice: Person, gateway: Gateway, model: str, sql: Sql) -> None:
    [(key_id,)] = sql("SELECT id FROM gateway_keys")
    key = f"{PATH}/keys/{hyphened(key_id)}"
    assert "Resume" in alice.post(f"{key}/pause", htmx=True).text
    refused(gateway.post(), 401, "key_paused")
    assert alice.post(f"{key}/resume").status_code == 303
    assert gateway.post().status_code == 200
    gateway.flush()
    assert "<strong>2 requests</strong>" in alice.get(f"{key}/delete", htmx=True).text
    alice.post(f"{key}/delete", htmx=True)
    refused(gateway.post(), 401, "key_deleted")
    assert "No gateway keys yet" in alice.get(f"{PATH}/keys").text
    assert alice.post(f"{key}/delete").status_code == 404


def test_usage_is_a_table_a_chart_and_a_csv(alice: Person, gateway: Gateway, provider: Provider) -> None:
    gateway.add("small", provider.url, prices=(1_000_000, 2_000_000))
    gateway.new_key("=cmd()")
    gateway.post()
    gateway.post(model="nothing")
    gateway.post(key=gateway.new_key("=HYPERLINK()"))
    gateway.flush()
    shown = alice.get(f"{PATH}/usage?days=7").text
    rows = list(csv.DictReader(io.StringIO(alice.get(f"{PATH}/usage/usage.csv?days=7").text)))

    assert "3 in all, 3 on the busiest day" in shown
    assert shown.count("<rect") == 1
    assert [(row["key"], row["model"], row["requests"], row["errors"], row["money"]) for row in rows] == [
        ("'=HYPERLINK()", "small", "1", "0", "17"),
        ("Batch jobs", "", "1", "1", "0"),
        ("Batch jobs", "small", "1", "0", "17"),
    ]


def test_who_may_only_view_sees_and_changes_nothing(app: Flask, alice: Person, gateway: Gateway) -> None:

    viewer = member(app, "vera@example.com", gateway.workspace, "Viewer")
    for page in ("", "/keys", "/usage"):
        shown = viewer.get(PATH + page)
        assert shown.status_code == 200
        assert "Generate Key" not in shown.text
        assert "Add Model" not in shown.text
        assert "Pause" not in shown.text
    assert viewer.get(f"{PATH}/keys/new").status_code == 403


def test_each_kind_of_keys_page_tells_the_two_apart(alice: Person) -> None:
    for path in ("/w/production/api-keys", f"{PATH}/keys"):
        shown = alice.get(path).text
        assert "API keys vs. gateway keys" in shown
        assert 'href="/w/production/api-keys"' in shown
        assert f'href="{PATH}/keys"' in shown


def add_model(person: Person, provider: Provider, **changes: str) -> TestResponse:
    fields = {
        "name": "small",
        "kind": "openai",
        "base_url": provider.url,
        "upstream": "upstream-7b",
        "credential": CREDENTIAL,
        "input_price": "0.15",
        "output_price": "$0.60",
    }
    return person.post(f"{PATH}/models/new", **fields | changes)


def generate(person: Person, label: str, **fields: object) -> TestResponse:
    fields.setdefault("once", field(person.get(f"{PATH}/keys/new").text, "once"))
    return person.post(f"{PATH}/keys/new", name=label, **fields)  # type: ignore[arg-type]


def hyphened(key_id: object) -> str:

    return str(UUID(str(key_id)))
