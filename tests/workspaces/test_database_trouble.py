"""Commands on a database that is not set up, or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.commands import refused, run
from tests.people import PASSWORD
from tests.processes import free_port

COMMANDS = [
    ("workspaces", "list"),
    ("workspaces", "create", "Production"),
    ("users", "create", "dora@example.com"),
    ("users", "grant", "dora@example.com", "--workspace", "production", "--role", "Viewer"),
    ("roles", "list", "--workspace", "production"),
]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_database_that_is_not_set_up_says_how(
    app_with: Callable[..., Flask], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    app = app_with(DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")
    assert "flask db upgrade" in refused(run(app, *arguments, password=PASSWORD))


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(
    app_with: Callable[..., Flask], arguments: tuple[str, ...]
) -> None:
    app = app_with(DATABASE_URL=f"postgresql://forjinn:hidden-word@127.0.0.1:{free_port()}/forjinn")
    line = refused(run(app, *arguments, password=PASSWORD))
    assert "The database cannot answer" in line
    assert "hidden-word" not in line
