"""A real server that tests share because they change nothing in it: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from forjinn.apikeys import service as apikeys
from forjinn.flows import service as flows
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.applications import close, environment, new_app
from tests.databases import new_database
from tests.processes import Server
from tests.samples import DIRECT_REPLY


@dataclass
class Served:
    """`app` is on the server's database."""

    server: Server
    app: Flask
    workspace: Workspace
    flow: UUID
    key: str

    @property
    def path(self) -> str:
        return f"/api/v1/prediction/{self.flow}"

    def new_key(self, name: str) -> str:
        with self.app.app_context():
            return apikeys.issue(self.workspace, name, by=None)[1]

    def delete_key(self, name: str) -> None:
        with self.app.app_context():
            apikeys.delete(self.workspace, apikeys.named(self.workspace, name), by=None)


@pytest.fixture(scope="session")
def served(on_postgres: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with new_database(folder.name, folder, on_postgres) as url, serving(url, folder) as served:
        yield served


@contextmanager
def serving(url: str, folder: Path, *, workers: int = 1, **more: str) -> Iterator[Served]:
    """A server on a database of its own, with a key and a flow in it, and `more` settings."""
    settings = environment(url, folder) | more
    app = new_app(settings)
    with app.app_context():
        workspace = workspaces.create("Production")
        flow = flows.import_agentflow(workspace, DIRECT_REPLY, name="Echo").id
        key = apikeys.issue(workspace, "Shared", by=None)[1]
    server = Server(settings, folder / "server.log", workers=workers)
    yield Served(server, app, workspace, flow, key)
    server.stop()
    close(app)
