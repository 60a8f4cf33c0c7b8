from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.processes import free_port


def test_a_process_with_its_database_is_alive_and_ready(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_without_its_database_a_process_is_alive_and_not_ready(app_with: Callable[..., Flask]) -> None:
    url = f"postgresql://forjinn:hidden-word@127.0.0.1:{free_port()}/forjinn"
    client = app_with(DATABASE_URL=url).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database cannot answer\n")


def test_before_the_first_migration_a_process_is_not_ready(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    client = app_with(DATABASE_URL=f"sqlite:///{tmp_path}/empty.db").test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_page_without_its_database_is_an_error_that_can_be_retried(app_with: Callable[..., Flask]) -> None:
    url = f"postgresql://forjinn:hidden-word@127.0.0.1:{free_port()}/forjinn"
    client = app_with(DATABASE_URL=url).test_client()
    with client.session_transaction() as signed:
        signed["_user_id"] = "a token that was once given out"
    answer = client.get("/w/production/api-keys")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database cannot answer now" in answer.text
    assert "hidden-word" not in answer.text
