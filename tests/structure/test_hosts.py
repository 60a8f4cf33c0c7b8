"""Which hosts a server answers to, on every route."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.settings import SettingError, load
from forjinn.workspaces.models import Workspace
from tests.structure.test_guards import GUARDS, calls

IMPOSSIBLE = ("a b", 'x"y', "<b>", "u@x", "x/y", "a" * 254, "x:99999", "[::1", "x\\y")


def test_another_host_is_refused_on_every_route_but_health_checks(
    app_with: Callable[..., Flask], production: Workspace
) -> None:
    app = app_with(FORJINN_ALLOWED_HOSTS="forjinn.example.com,[2001:db8::1]")
    client = app.test_client()
    for method, path in calls(app, *GUARDS):
        answer = client.open(path, method=method, headers={"Host": "evil.example"})
        if path in ("/healthz", "/readyz"):
            assert answer.status_code == 200
            continue
        assert answer.status_code == 400, path
        assert answer.is_json == path.startswith(("/api/", "/gateway/")), path
        assert "evil.example" not in answer.text


@pytest.mark.parametrize("host", ["forjinn.example.com", "FORJINN.example.com.", "forjinn.example.com:8443"])
def test_an_allowed_host_is_answered_however_it_is_written(app_with: Callable[..., Flask], host: str) -> None:
    client = app_with(FORJINN_ALLOWED_HOSTS="forjinn.example.com").test_client()
    assert client.get("/login", headers={"Host": host}).status_code == 200


def test_the_host_that_a_trusted_proxy_was_asked_for_counts(app_with: Callable[..., Flask]) -> None:
    client = app_with(FORJINN_ALLOWED_HOSTS="x.example", FORJINN_TRUSTED_PROXIES="1").test_client()
    for forwarded, status in (("x.example", 200), ("evil.example", 400)):
        headers = {"Host": "10.0.0.1", "X-Forwarded-Host": forwarded}
        assert client.get("/login", headers=headers).status_code == status


def test_the_host_of_the_base_url_is_allowed_without_being_named(app_with: Callable[..., Flask]) -> None:
    client = app_with(
        FORJINN_ALLOWED_HOSTS="a.example", FORJINN_BASE_URL="https://b.example:8443"
    ).test_client()
    assert client.get("/login", headers={"Host": "b.example"}).status_code == 200


@pytest.mark.parametrize("host", IMPOSSIBLE)
def test_what_cannot_be_a_host_is_refused_without_a_setting(client: FlaskClient, host: str) -> None:
    answer = client.get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text


@pytest.mark.parametrize(
    "value", ["https://a.example", "a.example:443", "a.example,,b", "a b", ",", "[::1]:5"]
)
def test_a_setting_that_names_no_host_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(SettingError, match="FORJINN_ALLOWED_HOSTS"):
        load({"FORJINN_ALLOWED_HOSTS": value})
