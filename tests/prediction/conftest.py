from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.calls import ask
from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider
from tests.samples import FORM, START, chain, node
from tests.served import served as served
from tests.streaming import StreamingProvider, Told, events


@pytest.fixture
def form_flow(app: Flask, production: Workspace) -> Flow:
    """Its Start node asks for a form, which the trace repeats."""
    with app.app_context():
        return flows.import_agentflow(production, FORM, name="Form")


@pytest.fixture
def upstream(app: Flask) -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        yield running
    client = app.extensions.pop("forjinn.providers", None)
    if client is not None:
        client.close()


@dataclass
class Streams:
    """Flows whose model streams, and somebody who may call them."""

    app: Flask
    client: FlaskClient
    workspace: Workspace
    key: str
    foreign_key: str
    chatflow: Flow
    agentflow: Flow
    two_writers: Flow
    silent: Flow

    def response(self, flow: Flow, *, key: str | None = None, **members: Any) -> TestResponse:
        return ask(self.client, flow, key or self.key, **{"streaming": True, **members})

    def ask(self, flow: Flow, question: str = "hi", **members: Any) -> Told:
        answer = self.response(flow, question=question, **members)
        assert answer.status_code == 200, answer.text
        return events(answer.data)


@pytest.fixture
def streams(
    app: Flask,
    client: FlaskClient,
    production: Workspace,
    production_key: str,
    staging_key: str,
    upstream: StreamingProvider,
) -> Streams:
    writers = [node("llmAgentflow", "Writer", {"llmModel": "small"}, number) for number in (0, 1)]
    silent = node("llmAgentflow", "LLM", {"llmModel": "small", "llmModelConfig": {"streaming": False}})
    with app.app_context():
        models.add(production, "small", base_url=upstream.url, upstream="upstream-7b")
        return Streams(
            app,
            client,
            production,
            production_key,
            staging_key,
            flows.create_chatflow(production, "Assistant", model="small"),
            flows.import_agentflow(production, chain(START, writers[0]), name="Writer"),
            flows.import_agentflow(production, chain(START, *writers), name="Two"),
            flows.import_agentflow(production, chain(START, silent), name="Silent"),
        )
