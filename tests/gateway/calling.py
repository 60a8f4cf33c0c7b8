"""Calls of the gateway's endpoint, and what every refusal has in common."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.gateway import service as models
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys import service as keys
from forjinn.gateway.keys.service import Terms
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, strict

BASE = "/gateway/production/default/v1"
ASKED = {"model": "small", "messages": [{"role": "user", "content": "hi"}]}


class Gateway:
    """Production's gateway, and somebody who calls it."""

    def __init__(self, app: Flask, client: FlaskClient, workspace: Workspace) -> None:
        self.app, self.client, self.workspace = app, client, workspace
        self.key = self.new_key("Batch jobs")

    def new_key(self, label: str, configuration: str | None = None, **terms: Any) -> str:
        with self.app.app_context():
            of = configurations.named(self.workspace, configuration) if configuration else None
            return keys.issue(self.workspace, label, Terms(**terms), by=None, configuration=of)[1]

    def configure(self, name: str, **about: Any) -> str:
        """The base of the address of a new configuration."""
        with self.app.app_context():
            made = configurations.create(self.workspace, name, **about)
        return f"/gateway/{self.workspace.slug}/{made.name}/v1"

    def configuration(self, name: str = "default", **changes: Any) -> None:
        """Change a configuration."""
        with self.app.app_context():
            found = configurations.named(self.workspace, name)
            about = {"name": name, "offered": found.offered, "record_texts": found.record_texts}
            configurations.change(self.workspace, found, **about | changes)

    def add(self, name: str, url: str, upstream: str = "upstream-7b", **about: Any) -> None:
        with self.app.app_context():
            models.add(self.workspace, name, base_url=url, upstream=upstream, **about)

    def change(self, verb: str, label: str = "Batch jobs") -> None:
        with self.app.app_context():
            key = keys.labelled(self.workspace, label)
            extra = {"by": None} if verb == "delete" else {}
            getattr(keys, verb)(self.workspace, key, **extra)

    def post(
        self, path: str = "chat/completions", *, key: str | None = None, base: str = BASE, **members: Any
    ) -> TestResponse:
        body = ASKED | members
        return self.client.post(f"{base}/{path}", json=body, headers=bearer(key or self.key))

    def send(self, body: bytes, path: str = "chat/completions", **headers: str) -> TestResponse:
        """A body as it stands."""
        sent = bearer(self.key) | {"Content-Type": "application/json"} | headers
        return self.client.post(f"{BASE}/{path}", data=body, headers=sent)

    def get(self, path: str, key: str | None = None, base: str = BASE) -> TestResponse:
        return self.client.get(f"{base}/{path}", headers=bearer(key or self.key))

    def flush(self) -> None:
        """Write the usage that was counted so far."""
        self.app.extensions["forjinn.gateway_usage"].flush()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def refused(answer: TestResponse, status: int, code: str) -> str:
    """The sentence of a refusal of OpenAI's shape."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    content = strict(answer.text)
    assert content.keys() == {"error"}
    assert content["error"].keys() == {"message", "type", "param", "code"}
    assert content["error"]["code"] == code, content
    assert isinstance(content["error"]["type"], str)
    sentence: str = content["error"]["message"]
    assert len(sentence) > 10
    return sentence


def called(
    gateway: Gateway, key: str, path: str = "chat/completions", **members: Any
) -> tuple[TestResponse, int]:
    """The answer to a body, whose size in bytes is told, too."""
    body = json.dumps({"model": "small"} | members).encode()
    return gateway.send(body, path, Authorization=f"Bearer {key}"), len(body)


def spent(sql: Sql, label: str) -> int:
    [(tokens,)] = sql("SELECT spent_tokens FROM gateway_keys WHERE label = :label", label=label)
    return int(tokens)
