"""`flask variables`."""

from __future__ import annotations

import json

from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.commands import done, refused, run

IN_PRODUCTION = ("--workspace", "production")


def test_variables_are_set_listed_and_deleted(app: Flask, production: Workspace, staging: Workspace) -> None:
    assert done(app, "variables", "set", "shop", "1 Harbour Road", *IN_PRODUCTION) == ""
    done(app, "variables", "set", "area", "two\nlines\t\\n", *IN_PRODUCTION)
    done(app, "variables", "set", "shop", "2 Harbour Road", *IN_PRODUCTION)

    assert (
        done(app, "variables", "list", *IN_PRODUCTION) == "area\ttwo\\nlines\\t\\\\n\nshop\t2 Harbour Road\n"
    )
    assert json.loads(done(app, "variables", "list", *IN_PRODUCTION, "--json")) == [
        {"name": "area", "value": "two\nlines\t\\n"},
        {"name": "shop", "value": "2 Harbour Road"},
    ]
    assert done(app, "variables", "list", "--workspace", "staging") == ""
    done(app, "variables", "delete", "shop", *IN_PRODUCTION, "--yes")
    assert done(app, "variables", "list", *IN_PRODUCTION).startswith("area\t")


def test_a_value_comes_from_standard_input(app: Flask, production: Workspace) -> None:
    arguments = ["variables", "set", "shop", "-", *IN_PRODUCTION]
    result = app.test_cli_runner().invoke(args=arguments, input="Grüße\r\nund mehr\n".encode())

    assert result.exit_code == 0, result.output
    [listed] = json.loads(done(app, "variables", "list", *IN_PRODUCTION, "--json"))
    assert listed["value"] == "Grüße\nund mehr"
    bad = app.test_cli_runner().invoke(args=arguments, input=b"\xff\xfe")
    assert "UTF-8" in refused(bad)
    long = app.test_cli_runner().invoke(args=arguments, input=b"x" * 100_000)
    assert "at most 10,000" in refused(long)


def test_without_a_terminal_nothing_is_deleted(app: Flask, production: Workspace) -> None:
    done(app, "variables", "set", "shop", "x", *IN_PRODUCTION)

    assert "--yes" in refused(run(app, "variables", "delete", "shop", *IN_PRODUCTION))
    assert done(app, "variables", "list", *IN_PRODUCTION) == "shop\tx\n"


def test_a_mistake_is_one_line(app: Flask, production: Workspace) -> None:
    for name in ("a b", "", "ä"):
        assert "name" in refused(run(app, "variables", "set", name, "x", *IN_PRODUCTION))
    assert "no variable" in refused(run(app, "variables", "delete", "shop", *IN_PRODUCTION, "--yes"))
    assert "no workspace" in refused(run(app, "variables", "list", "--workspace", "nowhere"))
    assert run(app, "variables", "set", "shop").exit_code == 2
