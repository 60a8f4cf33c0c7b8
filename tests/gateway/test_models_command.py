"""`flask models`: registering a model, whose credential is never shown again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask
from tests.calls import refused as refused_call
from tests.commands import done, refused, run
from tests.providers import CREDENTIAL, Provider

IN_PRODUCTION = ("--workspace", "production")


def test_a_model_is_registered_and_listed_without_its_credential(
    app: Flask, production: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done(app, *add("open")) == ""
    monkeypatch.setenv("FORJINN_MODEL_CREDENTIAL", CREDENTIAL)
    said = run(app, *add("closed", url="https://models.example/v1/"))

    assert said.exit_code == 0
    assert "with a credential" in said.stderr
    assert CREDENTIAL not in said.output
    assert done(app, "models", "list", *IN_PRODUCTION).splitlines() == [
        "closed\topenai\thttps://models.example/v1\tup-1\tset",
        "open\topenai\thttp://127.0.0.1:9/v1\tup-1\tnone",
    ]
    listed = json.loads(done(app, "models", "list", *IN_PRODUCTION, "--json"))
    assert [model["credential"] for model in listed] == ["set", "none"]


NO_ADDRESSES = [
    ("https://user:hunter2@models.example/v1", "FORJINN_MODEL_CREDENTIAL"),
    ("https://:hunter2@models.example/v1", "FORJINN_MODEL_CREDENTIAL"),
    ("https://hunter2@models.example/v1", "FORJINN_MODEL_CREDENTIAL"),
    ("https://models.example/v1?key=hunter2", "FORJINN_MODEL_CREDENTIAL"),
    ("ftp://models.example/v1", "not an http(s) address"),
    ("models.example/v1", "not an http(s) address"),
    ("http:///v1", "not an http(s) address"),
    ("http://[::1", "not an http(s) address"),
    ("http://models.example:port/v1", "not an http(s) address"),
    ("http://models.example:99999/v1", "not an http(s) address"),
    ("ftp://user:hunter2@models.example/v1", "not an http(s) address"),
    ("http://user:hunter2@[::1/v1", "not an http(s) address"),
    ("file:///etc/passwd", "not an http(s) address"),
    ("", "not an http(s) address"),
    ("https://models.example/" + "x" * 500, "not an http(s) address"),
]


def test_an_address_that_cannot_be_one_is_refused(
    subtests: pytest.Subtests, app: Flask, production: Workspace
) -> None:
    for url, word in NO_ADDRESSES:
        with subtests.test(ascii(url)[:50]):
            line = refused(run(app, *add("bad", url=url)))

            assert word in line
            assert "hunter2" not in line
            assert done(app, "models", "list", *IN_PRODUCTION) == ""


def test_a_name_is_taken_once_in_a_workspace_whatever_its_case(
    app: Flask, production: Workspace, staging: Workspace
) -> None:
    done(app, *add("Größe"))

    assert "already" in refused(run(app, *add("GRÖSSE")))
    done(
        app,
        "models",
        "add",
        "Größe",
        "--workspace",
        "staging",
        "--base-url",
        "http://a/v1",
        "--upstream",
        "x",
    )


def test_a_name_that_is_none_is_refused(app: Flask, production: Workspace) -> None:
    for name in ("", " ", "x" * 101, "a\nb"):
        assert "name" in refused(run(app, *add(name)))
    assert done(app, "models", "list", *IN_PRODUCTION) == ""


def test_a_credential_that_no_header_can_carry_is_refused(
    app: Flask, production: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORJINN_MODEL_CREDENTIAL", "schlüssel-hunter2")
    line = refused(run(app, *add("bad")))

    assert "visible ASCII" in line
    assert "hunter2" not in line


def test_the_embedded_model_needs_no_address_and_an_endpoint_does(app: Flask, production: Workspace) -> None:
    inside = ("models", "add", "inside", "--workspace", "production")
    assert run(app, *inside).exit_code == 2
    done(app, *inside, "--kind", "embedded")
    assert done(app, "models", "list", "--workspace", "production") == "inside\tembedded\t\tinside\tnone\n"


def test_a_workspace_that_is_not_there_is_said_to_be_missing(app: Flask, production: Workspace) -> None:
    assert "nowhere" in refused(run(app, "models", "list", "--workspace", "nowhere"))


def test_the_credential_is_encrypted_in_the_database(
    llm_flow: Flow, sql: Sql, on_postgres: bool, tmp_path: Path
) -> None:
    [(kept,)] = sql("SELECT credential FROM language_models")

    assert CREDENTIAL.encode() not in bytes(kept)
    if not on_postgres:
        for file in tmp_path.glob("forjinn.db*"):
            assert CREDENTIAL.encode() not in file.read_bytes(), file.name


def test_a_credential_of_another_secret_key_says_so_and_is_not_sent(
    app_with: Callable[..., Flask], production_key: str, llm_flow: Flow, provider: Provider
) -> None:
    other = app_with(FORJINN_SECRET_KEY="another-2Vq8xLr5TzKp1NwGf7HdYb3Mc9")
    client: FlaskClient = other.test_client()
    said = refused_call(ask(client, llm_flow, production_key), 500, "internal")

    assert "cannot be read with this secret key; register the model again" in said
    assert provider.received == []


def add(name: str, url: str = "http://127.0.0.1:9/v1") -> tuple[str, ...]:
    return ("models", "add", name, *IN_PRODUCTION, "--base-url", url, "--upstream", "up-1")
