"""`flask gateway-keys`: made once, listed with what they spent, paused, and deleted for good."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.calls import Sql
from tests.commands import done, refused, run

IN_PRODUCTION = ("--workspace", "production")
SECRET = re.compile(r"fjgw_[0-9A-Za-z]{38}\n")


def test_the_secret_stands_alone_on_stdout_and_only_its_digest_is_kept(
    app: Flask, production: Workspace, sql: Sql, on_postgres: bool, tmp_path: Path
) -> None:
    printed = run(app, "gateway-keys", "create", "Batch jobs", *IN_PRODUCTION)
    secret = printed.stdout.strip()

    assert SECRET.fullmatch(printed.stdout)
    assert secret not in printed.stderr
    assert done(app, "gateway-keys", "list", *IN_PRODUCTION).startswith(
        f"Batch jobs\t{secret[:9]}…{secret[-4:]}\tlive\t"
    )
    [(digest,)] = sql("SELECT digest FROM gateway_keys")
    assert bytes(digest) == hashlib.sha256(secret.encode()).digest()
    if not on_postgres:
        for file in tmp_path.glob("forjinn.db*"):
            assert secret.encode() not in file.read_bytes()


def test_terms_are_kept_as_they_were_agreed(app: Flask, production: Workspace, model_added: str) -> None:
    terms = ("--model", "SMALL", "--requests-per-minute", "60", "--budget-money", "2.50")
    done(app, "gateway-keys", "create", "Bounded", *IN_PRODUCTION, *terms, "--budget-tokens", "1,000,000")
    [key] = json.loads(done(app, "gateway-keys", "list", *IN_PRODUCTION, "--json"))

    assert (key["label"], key["status"], key["tokens"], key["money"]) == ("Bounded", "live", 0, 0)


WRONG = [
    ("--requests-per-minute", "0"),
    ("--requests-per-minute", "many"),
    ("--tokens-per-minute", "-1"),
    ("--tokens-per-minute", "9" * 30),
    ("--budget-money", "0"),
    ("--budget-money", "NaN"),
    ("--budget-money", "1.0000001"),
    ("--budget-tokens", "1.5"),
    ("--expires", "2020-01-01"),
    ("--expires", "tomorrow"),
    ("--model", "nothing"),
]


def test_terms_that_cannot_be_are_refused(
    app: Flask, production: Workspace, subtests: pytest.Subtests
) -> None:
    for option, value in WRONG:
        with subtests.test(f"{option} {value[:10]}"):
            refused(run(app, "gateway-keys", "create", "Wrong", *IN_PRODUCTION, option, value))
    assert done(app, "gateway-keys", "list", *IN_PRODUCTION) == ""


def test_a_label_is_taken_once_and_free_again_after_deletion(
    app: Flask, production: Workspace, staging: Workspace
) -> None:
    done(app, "gateway-keys", "create", "Größe", *IN_PRODUCTION)
    assert "already" in refused(run(app, "gateway-keys", "create", "GRÖSSE", *IN_PRODUCTION))
    done(app, "gateway-keys", "create", "Größe", "--workspace", "staging")

    assert "Nothing was done" in refused(run(app, "gateway-keys", "delete", "größe", *IN_PRODUCTION))
    done(app, "gateway-keys", "delete", "größe", *IN_PRODUCTION, "--yes")
    assert done(app, "gateway-keys", "list", *IN_PRODUCTION) == ""
    assert "no gateway key" in refused(run(app, "gateway-keys", "pause", "Größe", *IN_PRODUCTION))
    done(app, "gateway-keys", "create", "Größe", *IN_PRODUCTION)


def test_a_key_is_paused_and_resumed(app: Flask, production: Workspace) -> None:
    done(app, "gateway-keys", "create", "Batch jobs", *IN_PRODUCTION)
    done(app, "gateway-keys", "pause", "batch jobs", *IN_PRODUCTION)
    assert "\tpaused\t" in done(app, "gateway-keys", "list", *IN_PRODUCTION)
    done(app, "gateway-keys", "resume", "Batch jobs", *IN_PRODUCTION)
    assert "\tlive\t" in done(app, "gateway-keys", "list", *IN_PRODUCTION)


def test_a_workspace_has_a_configuration_from_the_start(app: Flask, production: Workspace, sql: Sql) -> None:
    assert sql("SELECT name FROM gateway_configurations") == [("default",)]


@pytest.fixture
def model_added(app: Flask, production: Workspace) -> str:
    done(app, "models", "add", "small", *IN_PRODUCTION, "--base-url", "http://a/v1", "--upstream", "x")
    return "small"
