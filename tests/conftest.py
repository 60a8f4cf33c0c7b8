"""A real database for every test: SQLite, or PostgreSQL with `--database postgresql`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from forjinn.accounts import service as accounts
from forjinn.accounts.models import User
from forjinn.apikeys import service as apikeys
from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.applications import close, environment, new_app
from tests.databases import empty, new_database
from tests.people import PASSWORD, Person
from tests.processes import Server
from tests.samples import DIRECT_REPLY

# What these look at is the same whatever the database: once, on SQLite, is enough.
ON_ONE_DATABASE = (
    "browser/",
    "clients/",
    "flows/canvas/test_any_draft.py",
    "flows/canvas/test_bytes.py",
    "flows/canvas/test_verbs.py",
    "flows/canvas/test_wiring.py",
    "flows/nodes/",
    "flows/test_addresses.py",
    "flows/test_fetch.py",
    "flows/test_graph.py",
    "flows/test_http_node.py",
    "flows/test_outgoing",
    "flows/test_redirects.py",
    "flows/test_richtext.py",
    "flows/test_tools.py",
    "flows/test_variables.py",
    "prediction/test_body.py",
    "prediction/test_header.py",
    "prediction/test_paths.py",
    "prediction/test_stream.py",
    "server/",
    "structure/",
    "test_settings.py",
)
# … but for what the people do who would notice first.
ON_BOTH = ("browser/test_creating.py", "browser/test_deleting.py", "browser/test_importing.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database") != "postgresql":
        return
    folder = Path(__file__).parent
    paths = {item: item.path.relative_to(folder).as_posix() for item in items}
    left_out = {
        item for item, path in paths.items() if path.startswith(ON_ONE_DATABASE) and path not in ON_BOTH
    }
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.fixture(scope="session")
def on_postgres(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--database") == "postgresql")


@pytest.fixture(scope="session")
def migrated(on_postgres: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database that is migrated and empty; tests take theirs from it."""
    with new_database("test", tmp_path_factory.mktemp("migrated"), on_postgres) as url:
        yield url


@pytest.fixture
def database_url(migrated: str, on_postgres: bool, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database for this test alone."""
    if not on_postgres:
        shutil.copy(migrated.removeprefix("sqlite:///"), tmp_path / "forjinn.db")
        yield f"sqlite:///{tmp_path}/forjinn.db"
        return
    yield migrated
    empty(migrated)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = new_app(environment(database_url, tmp_path))
    app.testing = True
    yield app
    close(app)


@pytest.fixture
def app_with(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make further applications on the test's database, with settings of their own."""
    made: list[Flask] = []

    def make(**settings: str) -> Flask:
        made.append(new_app(environment(database_url, tmp_path) | settings))
        made[-1].testing = True
        return made[-1]

    yield make
    for app in made:
        close(app)


@pytest.fixture
def in_app(app: Flask) -> Iterator[None]:
    """For tests that call the domain's verbs themselves."""
    with app.app_context():
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody: an application, or a browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def production(app: Flask) -> Workspace:
    with app.app_context():
        return workspaces.create("Production")


@pytest.fixture
def staging(app: Flask) -> Workspace:
    with app.app_context():
        return workspaces.create("Staging")


@pytest.fixture
def alice(app: Flask, production: Workspace) -> Person:
    """Admin of Production."""
    return member(app, "alice@example.com", production, "Admin")


@pytest.fixture
def bob(app: Flask, production: Workspace) -> Person:
    """Member of Production: may see keys, not change them."""
    return member(app, "bob@example.com", production, "Member")


@pytest.fixture
def charlie(app: Flask, staging: Workspace) -> Person:
    """Admin of Staging, a stranger in Production."""
    return member(app, "charlie@example.com", staging, "Admin")


def member(app: Flask, email: str, workspace: Workspace, role: str) -> Person:
    """A new user with this role, signed in."""
    with app.app_context():
        user = accounts.create_user(email, PASSWORD)
        workspaces.grant(user, workspace, role)
    return Person(app, user).signed_in()


@pytest.fixture
def production_key(app: Flask, production: Workspace) -> str:
    return new_key(app, production, "Production web app")


@pytest.fixture
def staging_key(app: Flask, staging: Workspace) -> str:
    return new_key(app, staging, "Staging web app")


def new_key(app: Flask, workspace: Workspace, name: str, by: User | None = None) -> str:
    """The secret of a new key."""
    with app.app_context():
        return apikeys.issue(workspace, name, by=by)[1]


@pytest.fixture
def echo_flow(app: Flask, production: Workspace) -> Flow:
    """A deployed flow of Production that answers “You asked: …” without a model."""
    with app.app_context():
        return flows.import_agentflow(production, DIRECT_REPLY, name="Echo")


@pytest.fixture
def staging_flow(app: Flask, staging: Workspace) -> Flow:
    with app.app_context():
        return flows.import_agentflow(staging, DIRECT_REPLY, name="Staging echo")


@pytest.fixture
def server(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A real server with two processes on the test's database; `app` is on the same one."""
    server = Server(environment(database_url, tmp_path), tmp_path / "server.log")
    yield server
    server.stop()


@pytest.fixture
def sql(app: Flask) -> object:
    """Run SQL on the test's database, past the application."""

    def run(statement: str, **values: object) -> list[tuple[object, ...]]:
        with (
            app.app_context(),
            db.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run
