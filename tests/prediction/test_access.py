"""Which key may call which flow, and what a refused one is told (WIRE, the table of errors)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.apikeys import service as apikeys
from forjinn.apikeys import token
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, answered, ask, refused

INVALID = 'Bearer realm="forjinn", error="invalid_token"'


def test_a_deleted_key_is_told_so_and_when(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow
) -> None:
    with app.app_context():
        key = apikeys.named(production, "Production web app")
        apikeys.delete(production, key, by=None)
    answer = ask(client, echo_flow, production_key)

    assert refused(answer, 401, "key_deleted") == f"This API key was deleted on {today(answer.text)}."
    assert answer.headers["WWW-Authenticate"] == INVALID


def test_a_disabled_key_is_told_so_and_works_again_when_enabled(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow
) -> None:
    with app.app_context():
        key = apikeys.named(production, "Production web app")
        apikeys.disable(production, key)
    answer = ask(client, echo_flow, production_key)
    assert refused(answer, 401, "key_disabled") == f"This API key was disabled on {today(answer.text)}."
    assert answer.headers["WWW-Authenticate"] == INVALID

    with app.app_context():
        apikeys.enable(production, key)
    answered(ask(client, echo_flow, production_key))


def test_a_key_works_until_its_last_moment_and_is_then_told_when_it_was(
    app: Flask, client: FlaskClient, production: Workspace, echo_flow: Flow
) -> None:
    with app.app_context():
        later = datetime.now(UTC) + timedelta(minutes=1)
        lasting = apikeys.issue(production, "Lasting", by=None, expires_at=later)[1]
        past = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
        expired = apikeys.issue(production, "Expired", by=None, expires_at=past)[1]

    answered(ask(client, echo_flow, lasting))
    answer = ask(client, echo_flow, expired)
    assert refused(answer, 401, "key_expired") == "This API key expired on 2026-01-31 12:30:00 UTC."
    assert answer.headers["WWW-Authenticate"] == INVALID


def test_of_a_deleted_and_a_live_key_with_the_same_secret_the_live_one_counts(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    with app.app_context():
        apikeys.delete(production, apikeys.named(production, "Production web app"), by=None)
        apikeys.issue(production, "Successor", by=None)
    digest = token.digest(production_key)
    sql("UPDATE api_keys SET digest = :digest WHERE name = 'Successor'", digest=digest)

    answered(ask(client, echo_flow, production_key))


def test_a_gateway_key_is_told_which_kind_is_needed(client: FlaskClient, echo_flow: Flow) -> None:
    answer = ask(client, echo_flow, token.new(token.GATEWAY_PREFIX))

    assert "needs an API key, which begins with fj_" in refused(answer, 401, "wrong_key_type")
    assert answer.headers["WWW-Authenticate"] == INVALID


def test_a_key_cannot_call_the_flow_of_another_workspace(
    client: FlaskClient, production_key: str, staging_flow: Flow
) -> None:
    said = refused(ask(client, staging_flow, production_key), 403, "wrong_workspace")

    assert "another workspace" in said
    assert "taging" not in said
    assert "roduction" not in said


NOWHERE = ["5f0c954c-8a44-4b5e-a7b6-6b2a0d6f2a11", "no-such-flow", "0", "null", "ä", "%00", "{flow}", "'--"]


def test_a_valid_key_is_told_that_the_flow_is_not_there(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str
) -> None:
    for flow in NOWHERE:
        with subtests.test(ascii(flow)[:50]):
            refused(ask(client, flow, production_key), 404, "flow_not_found")


def test_only_the_canonical_spelling_of_a_flows_id_is_its_path(
    client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    spellings = (echo_flow.id.hex, f"{{{echo_flow.id}}}", f"urn:uuid:{echo_flow.id}", f"{echo_flow.id} ")
    for spelling in spellings:
        refused(ask(client, spelling, production_key), 404, "flow_not_found")


def test_a_bad_key_learns_nothing_about_which_flows_exist(
    client: FlaskClient, echo_flow: Flow, staging_flow: Flow
) -> None:
    bad = token.new()
    known, other, unknown, odd = (
        ask(client, flow, bad) for flow in (echo_flow, staging_flow, uuid4(), "no-uuid")
    )

    refused(known, 401, "key_unknown")
    for answer in (other, unknown, odd):
        assert (answer.status_code, answer.data) == (known.status_code, known.data)
        assert dict(answer.headers) == dict(known.headers)


def test_a_flow_that_is_not_deployed_says_so_until_it_is(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, echo_flow: Flow
) -> None:
    with app.app_context():
        flows.set_deployed(production, echo_flow, False)
    assert "not deployed" in refused(ask(client, echo_flow, production_key), 409, "flow_not_deployed")

    with app.app_context():
        flows.set_deployed(production, echo_flow, True)
    answered(ask(client, echo_flow, production_key))


def test_a_flow_that_cannot_be_read_is_our_failure(
    client: FlaskClient, production_key: str, echo_flow: Flow, sql: Sql
) -> None:
    sql("UPDATE flows SET graph = '{}'")

    refused(ask(client, echo_flow, production_key), 500, "internal")


def test_who_asks_for_a_stream_is_refused_with_a_status_all_the_same(
    client: FlaskClient, production_key: str, echo_flow: Flow, staging_flow: Flow
) -> None:
    refused(ask(client, echo_flow, token.new(), streaming=True), 401, "key_unknown")
    refused(ask(client, staging_flow, production_key, streaming=True), 403, "wrong_workspace")
    refused(ask(client, echo_flow, production_key, question=None, streaming=True), 400, "invalid_request")


def today(said: str) -> str:
    """The moment in the sentence, which must be within the last minute."""
    moment = said.partition(" on ")[2][:23]
    then = datetime.strptime(moment, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert timedelta(seconds=-1) < datetime.now(UTC) - then < timedelta(minutes=1)
    return moment
