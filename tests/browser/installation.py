"""One running Forjinn for many tests: each takes a workspace of its own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from forjinn.accounts import service as accounts
from forjinn.accounts import sessions
from forjinn.apikeys import listing
from forjinn.apikeys import service as apikeys
from forjinn.flows import service as flows
from forjinn.gateway import service as models
from forjinn.gateway.configurations import service as gateway_configurations
from forjinn.gateway.keys import service as gateway_keys
from forjinn.gateway.keys.service import Terms
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.texts import Texts
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.applications import close, environment, new_app
from tests.people import PASSWORD
from tests.processes import Server
from tests.samples import START, chain, node

_numbers = itertools.count(1)
LINES = "Where is my order? " * 60


class Team:
    """A workspace and its admin."""

    def __init__(self, app: Flask, name: str | None = None) -> None:
        self.app = app
        with app.app_context():
            self.workspace: Workspace = workspaces.create(name or f"Team {next(_numbers)}")
        self.name, self.slug = self.workspace.name, self.workspace.slug
        self.keys = f"/w/{self.slug}/api-keys"
        self.flows = f"/w/{self.slug}/flows"
        self.gateway = f"/w/{self.slug}/gateway"
        self.admin = self.add_person("Admin")

    def add_person(self, role: str) -> str:
        """The e-mail address of a new member with this role."""
        email = f"alice{next(_numbers)}@example.com"
        with self.app.app_context():
            user = accounts.create_user(email, PASSWORD, name="Alice Adams")
            workspaces.grant(user, self.workspace, role)
        return email

    def admit(self, email: str) -> None:
        """Make somebody an admin here, too."""
        with self.app.app_context():
            workspaces.grant(accounts.user_by_email(email), self.workspace, "Admin")

    def set_role(self, email: str, role: str) -> None:
        with self.app.app_context():
            workspaces.grant(accounts.user_by_email(email), self.workspace, role)

    def end_sessions(self, email: str) -> None:
        """As the profile page does: the browser keeps its cookie, which stands for nothing now."""
        with self.app.app_context():
            user = accounts.user_by_email(email)
            for session in sessions.of(user):
                sessions.end(user, session.id)

    def add_key(self, name: str) -> str:
        """The secret of a new key, made by the admin."""
        with self.app.app_context():
            by = accounts.user_by_email(self.admin)
            return apikeys.issue(self.workspace, name, by=by)[1]

    def delete_key(self, name: str) -> None:
        with self.app.app_context():
            apikeys.delete(self.workspace, apikeys.named(self.workspace, name), by=None)

    def key_names(self) -> list[str]:
        """Of the live keys, the newest first."""
        with self.app.app_context():
            return [row.name for row in listing.page(self.workspace).rows]

    def wait_for_calls(self, name: str, count: int) -> None:
        """Until so many calls of this key are counted: they are written in batches."""
        deadline = time.monotonic() + 5
        while self._calls(name) != count:
            assert time.monotonic() < deadline, f"{self._calls(name)} calls were counted, not {count}"
            time.sleep(0.05)

    def _calls(self, name: str) -> int:
        with self.app.app_context():
            return listing.row(apikeys.named(self.workspace, name)).calls_7d

    def add_model(self, name: str, upstream: str = "upstream-7b", further: bool = False) -> None:
        with self.app.app_context():
            models.add(
                self.workspace,
                name,
                base_url=f"https://models.example.com/{'v' * 60}/v1",
                upstream=upstream,
                credential="sk-1" if further else None,
                prices=(150_000, 600_000),
                further=further,
            )

    def add_configuration(self, name: str, **about: Any) -> None:
        with self.app.app_context():
            gateway_configurations.create(self.workspace, name, **about)

    def add_gateway_key(self, label: str, configuration: str = "default", **terms: Any) -> None:
        """A key that was used this month."""
        asked = {"model": "small", "messages": [{"role": "user", "content": LINES}], "temperature": 0}
        texts = Texts(asked, {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}, 0)
        with self.app.app_context():
            of = gateway_configurations.named(self.workspace, configuration)
            key, _secret = gateway_keys.issue(
                self.workspace, label, Terms(**terms), by=None, configuration=of
            )
            recorder = self.app.extensions["forjinn.gateway_usage"]
            for ago in range(0, 25, 3):
                at, failed = time.time() - 86400 * ago, ago == 3
                status = {"status": 502, "code": "upstream_unreachable"} if failed else {"texts": texts}
                recorder.record(
                    Called(key.id, "small", at, failed, 1000 * ago, 70, 1234 * ago, "::1", **status)  # type: ignore[arg-type]
                )
            recorder.flush()

    def add_flow(self, name: str, answer: str = "You asked: {{ question }}") -> str:
        """The id of a new flow that answers with this text."""
        reply = node("directReplyAgentflow", "Direct Reply", {"directReplyMessage": f"<p>{answer}</p>"})
        with self.app.app_context():
            return str(flows.import_agentflow(self.workspace, chain(START, reply), name=name).id)


class Installation:
    """A server, and the application of the tests on the same database."""

    def __init__(self, app: Flask, server: Server) -> None:
        self.app = app
        self.server = server
        self.url = server.url

    def team(self, name: str | None = None) -> Team:
        return Team(self.app, name)


@contextmanager
def running(url: str, folder: Path) -> Iterator[Installation]:
    settings = environment(url, folder)
    app = new_app(settings)
    server = Server(settings, folder / "server.log")
    yield Installation(app, server)
    server.stop()
    close(app)
