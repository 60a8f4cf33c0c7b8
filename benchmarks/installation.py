"""What is measured: a migrated database of each kind, with a workspace, a flow and a key."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
import psycopg
from flask import Flask

from benchmarks.figures import note
from forjinn import create_app
from forjinn.apikeys import service as apikeys
from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.samples import DIRECT_REPLY

POSTGRES = os.environ.get("FORJINN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Installation:
    """An application on a database of its own; `settings` start a server on the same one."""

    database: str
    app: Flask
    settings: dict[str, str]
    folder: Path
    workspace: Workspace
    flow_id: str
    secret: str

    def close(self) -> None:
        for stop in self.app.extensions["forjinn.shutdown"]:
            stop()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for name in ("reader", "health"):
            self.app.extensions[f"forjinn.{name}"].engine.dispose()


def each_database() -> Iterator[str]:
    """The databases of this machine; says which one it lacks."""
    yield "SQLite"
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        note(f"Without PostgreSQL, none at FORJINN_TEST_POSTGRES: {error}")
    else:
        yield "PostgreSQL"


@contextmanager
def installation(database: str, *, name: str = "main", **settings: str) -> Iterator[Installation]:
    """A new installation, which is gone afterwards. `name` tells those of one process apart."""
    with ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="forjinn-bench-")))
        url = f"sqlite:///{folder}/forjinn.db"
        if database == "PostgreSQL":
            url = until_the_end.enter_context(_on_postgres(f"forjinn_bench_{os.getpid()}_{name}"))
        made = _make(database, folder, {"DATABASE_URL": url} | settings)
        until_the_end.callback(made.close)
        yield made


@contextmanager
def _on_postgres(name: str) -> Iterator[str]:
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as server:
        # One that was killed may have left its database.
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield POSTGRES.rsplit("/", 1)[0] + "/" + name
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _make(database: str, folder: Path, settings: dict[str, str]) -> Installation:
    environment = {
        "FORJINN_INSTANCE": str(folder),
        "FORJINN_SECRET_KEY": "benchmarks-only-9f3kQ7vZx1LmB8wYd2RtC5uHj",
        "FORJINN_BCRYPT_ROUNDS": "4",
        **settings,
    }
    app = create_app(environment)
    with app.app_context():
        flask_migrate.upgrade()
        workspace = workspaces.create("Production")
        flow = flows.import_agentflow(workspace, DIRECT_REPLY, name="Echo")
        secret = apikeys.issue(workspace, "Production web app", by=None)[1]
        db.session.expunge_all()
    return Installation(database, app, environment, folder, workspace, str(flow.id), secret)
