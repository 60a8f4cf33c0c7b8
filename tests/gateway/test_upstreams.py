"""A model may have several upstreams, which keep their order; `flask models test` and `remove`."""

from __future__ import annotations

from flask import Flask

from forjinn.gateway import service
from forjinn.gateway.models import LanguageModel
from forjinn.workspaces.models import Workspace
from tests.commands import done, refused, run
from tests.processes import free_port
from tests.providers import Provider

IN_PRODUCTION = ("--workspace", "production")


def test_further_upstreams_stand_behind_the_first_and_can_be_preferred(
    app: Flask, production: Workspace
) -> None:
    with app.app_context():
        rows = [add(production, name, further=name != "a") for name in "abc"]
        assert order(production) == ["a", "b", "c"]
        service.prefer(production, rows[2])
        assert order(production) == ["a", "c", "b"]
        service.prefer(production, rows[0])
        assert order(production) == ["a", "c", "b"]
        service.remove(production, rows[0])
        assert [(row.upstream, row.position) for row in service.of(production)] == [("c", 0), ("b", 1)]


def test_an_upstream_of_a_model_that_is_not_there_is_refused(app: Flask, production: Workspace) -> None:
    said = refused(run(app, *command("small"), "--further"))

    assert "no model named 'small'" in said


def test_a_model_is_tested_with_one_small_request(
    app: Flask, production: Workspace, provider: Provider
) -> None:
    done(app, *command("small", provider.url))
    upstream, milliseconds = done(app, "models", "test", "small", *IN_PRODUCTION).split("\t")

    assert (upstream, milliseconds.split()[1]) == ("up-1", "ms")
    assert provider.received[0]["max_tokens"] == 16
    provider.says({"error": {"message": "The quota is used up"}}, 429)
    assert "The quota is used up" in refused(run(app, "models", "test", "small", *IN_PRODUCTION))


def test_a_model_that_is_removed_is_gone_with_all_its_upstreams(app: Flask, production: Workspace) -> None:
    done(app, *command("small"))
    done(app, *command("small"), "--further")
    assert "Nothing was done" in refused(run(app, "models", "remove", "small", *IN_PRODUCTION))
    done(app, "models", "remove", "SMALL", *IN_PRODUCTION, "--yes")

    assert done(app, "models", "list", *IN_PRODUCTION) == ""
    assert "no model" in refused(run(app, "models", "remove", "small", *IN_PRODUCTION, "--yes"))


def command(name: str, url: str = f"http://127.0.0.1:{free_port()}/v1") -> tuple[str, ...]:
    return ("models", "add", name, *IN_PRODUCTION, "--base-url", url, "--upstream", "up-1")


def add(workspace: Workspace, upstream: str, *, further: bool) -> LanguageModel:
    return service.add(workspace, "small", base_url="http://a/v1", upstream=upstream, further=further)


def order(workspace: Workspace) -> list[str]:
    return [row.upstream for row in service.of(workspace)]
