"""Keys that are refused without being deleted: disabled, and expired."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from forjinn.apikeys.models import ApiKey
from forjinn.database import now, writing
from tests.apikeys.conftest import Call, Cli
from tests.apikeys.screen import Screen


def test_a_live_key_has_no_badge(screen: Screen) -> None:
    screen.create("CI integration")
    assert screen.row("CI integration").badge == ""


def test_a_disabled_key_is_refused_until_it_is_enabled(screen: Screen, call: Call, cli: Cli) -> None:
    secret = screen.create("CI integration")
    done = cli("apikeys", "disable", "ci INTEGRATION", "--workspace", "production")
    assert (done.exit_code, done.stdout) == (0, "")
    assert screen.row("CI integration").badge == "Disabled"
    refusal = call(secret)
    assert (refusal.status_code, refusal.get_json()["code"]) == (401, "key_disabled")

    done = cli("apikeys", "enable", "CI integration", "--workspace", "production")
    assert (done.exit_code, done.stdout) == (0, "")
    assert screen.row("CI integration").badge == ""
    assert call(secret).status_code == 200


def test_a_key_made_with_an_end_works_until_then(screen: Screen, call: Call, cli: Cli, app: Flask) -> None:
    day = f"{now() + timedelta(days=2):%Y-%m-%d}"
    made = cli("apikeys", "create", "CI integration", "--workspace", "production", "--expires", day)
    secret = made.stdout.strip()
    assert call(secret).status_code == 200
    assert screen.row("CI integration").badge == ""

    with app.app_context(), writing() as session:
        key = session.get_one(ApiKey, UUID(screen.row("CI integration").id))
        assert f"{key.expires_at:%Y-%m-%d %H:%M:%S %Z}" == f"{day} 00:00:00 UTC"
        key.expires_at = now() - timedelta(seconds=2)
    assert screen.row("CI integration").badge == "Expired"
    refusal = call(secret)
    assert (refusal.status_code, refusal.get_json()["code"]) == (401, "key_expired")


@pytest.mark.parametrize(
    ("day", "code", "said"),
    [
        ("2020-01-01", 1, "Error: 2020-01-01 is past; the key would never work."),
        ("tomorrow", 2, "Error: 'tomorrow' is not a day such as 2027-01-31."),
        ("2027-02-30", 2, "Error: '2027-02-30' is not a day such as 2027-01-31."),
    ],
)
def test_an_end_that_makes_no_sense_makes_no_key(
    day: str, code: int, said: str, screen: Screen, cli: Cli
) -> None:
    done = cli("apikeys", "create", "CI integration", "--workspace", "production", "--expires", day)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.splitlines()[-1] == said
    assert screen.rows() == []


def test_disabled_and_expired_keys_are_listed_deleted_and_renamed_as_others(
    screen: Screen, call: Call, cli: Cli
) -> None:
    secret = screen.create("CI integration")
    cli("apikeys", "disable", "CI integration", "--workspace", "production")
    assert screen.post("CI integration", "rename", name="Nightly").status_code == 303
    assert screen.row("Nightly").badge == "Disabled"
    screen.post("Nightly", "delete")
    assert call(secret).get_json()["code"] == "key_deleted"
