"""A digest authenticates only a token of the shape it was imported for, and never the other kind of key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.apikeys import token
from forjinn.gateway.keys import service as gateway_keys
from forjinn.workspaces.models import Workspace
from tests.apikeys.conftest import Call, Cli
from tests.apikeys.transfer.conftest import Works
from tests.apikeys.transfer.files import export, exported, plain, value
from tests.apikeys.transfer.ways import Way
from tests.calls import Sql, refused
from tests.gateway.calling import Gateway

BASE64 = "aCp3QY3lnC9yWeLRgyhgYIPXcHl5MxJwQqbHH3rKxs0="
OWN = token.new()
FOREIGN = "sk-proj-0123456789.0123456789.0123456789.0123456789"
GUESSED = {
    "a word": "password",
    "a long word": "correct-horse-battery-staple-correct",
    "43 characters, one of them no base64": value("one")[:-1] + "!",
    "42 characters": value("one")[:-1],
    "44 characters": value("one") + "A",
    "our prefix": "fj_" + "a" * 38,
    "our shape with a wrong checksum": OWN[:-1] + ("A" if OWN[-1] != "A" else "B"),
    "our own, cut off": OWN[:-1],
}


@pytest.mark.parametrize("secret", GUESSED.values(), ids=list(GUESSED))
@pytest.mark.parametrize("shape", [None, "forjinn", "flowise", "generated"])
def test_the_digest_of_something_else_authenticates_nobody(
    shape: str | None, secret: str, command_line: Way, call: Call
) -> None:
    members = {} if shape is None else {"shape": shape}
    assert command_line(export(exported("CI", secret, **members)), "add-new").worked
    refused(call(secret), 401, "key_unknown")


@pytest.mark.parametrize("secret", [OWN, value("one"), BASE64], ids=["ours", "Flowise's", "old Flowise's"])
def test_the_digest_of_a_key_authenticates_it_though_the_file_says_no_shape(
    secret: str, way: Way, works: Works
) -> None:
    assert way(export(exported("CI", secret)), "add-new").worked
    assert works(secret)


@pytest.mark.parametrize(
    ("secret", "shape", "other"),
    [
        (OWN, "forjinn", "flowise"),
        (value("one"), "flowise", "forjinn"),
        (BASE64, "flowise", "forjinn"),
        (FOREIGN, "plain", "generated"),
    ],
    ids=["ours", "Flowise's", "old Flowise's", "another's"],
)
def test_a_key_moves_from_one_installation_to_the_next_with_its_shape(
    secret: str, shape: str, other: str, way: Way, works: Works, cli: Cli, sql: Sql
) -> None:
    assert way([{"name": "CI", "key": secret}], "add-new").worked
    assert works(secret)
    written = cli("apikeys", "export", "--workspace", "production").stdout
    [key] = json.loads(written)["keys"]
    assert key.get("shape") == ("plain" if shape == "plain" else None)
    # The next installation, which has never seen the key itself.
    sql("DELETE FROM api_key_usage")
    sql("DELETE FROM api_keys")
    assert way(written, "add-new").worked
    assert works(secret)
    sql("DELETE FROM api_key_usage")
    sql("DELETE FROM api_keys")
    assert way(export(key | {"shape": other}), "add-new").worked
    assert not works(secret)


@pytest.mark.parametrize("shape", ["any", "", None, 1, ["forjinn"]])
def test_a_shape_that_is_none_refuses_the_file(shape: Any, way: Way) -> None:
    outcome = way(export(exported("CI", OWN, shape=shape)), "add-new")
    assert outcome.problems == ['entry 1, "CI": shape is not one of forjinn, flowise, generated, plain.']


def test_an_overwritten_value_brings_its_own_shape(way: Way, works: Works) -> None:
    assert way(plain(CI="one"), "add-new").worked
    assert way(export(exported("CI", OWN)), "overwrite").worked
    assert works(OWN)
    assert not works(value("one"))


@pytest.fixture(params=["live", "deleted"])
def gateway_secret(request: pytest.FixtureRequest, app: Flask, production: Workspace) -> str:
    """The secret of a gateway key."""
    with app.app_context():
        key, secret = gateway_keys.issue(production, "Team A", gateway_keys.Terms(), by=None)
        if request.param == "deleted":
            gateway_keys.delete(production, key, by=None)
    return secret


def test_a_gateway_key_cannot_be_imported_as_an_api_key(gateway_secret: str, way: Way, call: Call) -> None:
    for mode in ("add-new", "overwrite", "replace-all", "error"):
        for members in ({}, {"shape": "plain"}):
            outcome = way(export(exported("CI", gateway_secret, **members)), mode)
            assert outcome.refused == ["CI"]
            assert "this is a gateway key, not an API key" in outcome.said
        outcome = way([{"name": "CI", "key": gateway_secret}], mode)
        assert outcome.problems == ['entry 1, "CI": this is a gateway key, not an API key.']
    refused(call(gateway_secret), 401, "wrong_key_type")


def test_a_gateway_key_of_another_installation_calls_no_flow_as_an_api_key(way: Way, call: Call) -> None:
    secret = token.new(token.GATEWAY_PREFIX)
    assert way(export(exported("CI", secret, shape="plain")), "add-new").worked
    refused(call(secret), 401, "wrong_key_type")


@pytest.mark.parametrize("key", ["fjgw_" + "a" * 38, "fjgw_" + "a" * 60])
def test_what_only_begins_like_a_gateway_key_is_no_api_key_either(key: str, way: Way) -> None:
    outcome = way([{"name": "CI", "key": key}], "add-new")
    assert outcome.problems == ['entry 1, "CI": this is a gateway key, not an API key.']


def test_the_row_of_an_api_key_with_a_gateway_keys_digest_opens_nothing(
    gateway_secret: str, production_key: str, call: Call, sql: Sql
) -> None:
    assert call(production_key).status_code == 200
    sql("UPDATE api_keys SET digest = :digest", digest=token.digest(gateway_secret))
    refused(call(gateway_secret), 401, "wrong_key_type")


def test_the_row_of_a_gateway_key_with_another_values_digest_opens_nothing(
    app: Flask, client: FlaskClient, production: Workspace, production_key: str, sql: Sql
) -> None:
    gateway = Gateway(app, client, production)
    assert gateway.get("models").status_code == 200
    for other in (production_key, "password", value("one"), "fjgw_" + "a" * 38):
        sql("UPDATE gateway_keys SET digest = :digest", digest=token.digest(other))
        assert gateway.get("models", other).status_code == 401


def test_a_key_from_before_shapes_were_kept_works_as_it_did(way: Way, sql: Sql, works: Works) -> None:
    keys = {"Ours": OWN, "Flowise's": value("one"), "Old": BASE64, "Another's": FOREIGN}
    assert way([{"name": name, "key": key} for name, key in keys.items()], "add-new").worked
    # As the migration leaves what it finds, and as an older process on the new tables writes.
    sql("UPDATE api_keys SET shape = 'plain'")
    assert all(works(key) for key in keys.values())
