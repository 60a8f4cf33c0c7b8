from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.errors import Refused
from forjinn.flows import listing, needs
from forjinn.flows import service as flows
from forjinn.flows.parsing import InvalidGraph, parse
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask, refused
from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider
from tests.web import Web

# Import this flow, ask it, and give the answer.
Run = Callable[..., dict[str, Any]]
# Import this flow, ask it, which fails, and give what was said.
Failed = Callable[..., str]
# Import this flow, which cannot be deployed, and give what it lacks.
Missing = Callable[[str], list[str]]


@pytest.fixture
def run(app: Flask, client: FlaskClient, production: Workspace, production_key: str) -> Run:
    def run(graph: str, question: str = "hi", **members: object) -> dict[str, Any]:
        with app.app_context():
            flow = flows.import_agentflow(production, graph, name="Under test")
        return answered(ask(client, flow, production_key, question, **members))

    return run


@pytest.fixture
def failed(app: Flask, client: FlaskClient, production: Workspace, production_key: str) -> Failed:
    def failed(
        graph: str, question: str = "hi", status: int = 500, code: str = "internal", **members: object
    ) -> str:
        with app.app_context():
            flow = flows.import_agentflow(production, graph, name="Under test")
        return refused(ask(client, flow, production_key, question, **members), status, code)

    return failed


@pytest.fixture
def missing(app: Flask, production: Workspace) -> Missing:
    def missing(graph: str) -> list[str]:
        with app.app_context():
            flow = flows.import_agentflow(production, graph, name="Under test")
            assert not flow.deployed
            sentences = needs.of(production, parse(graph), flow.id)
            with pytest.raises(Refused) as refused:
                flows.set_deployed(production, flow, True)
            assert str(refused.value) == " ".join(sentences)
        return sentences

    return missing


@pytest.fixture
def refusal(app: Flask, production: Workspace) -> Callable[[str], str]:
    """Import this flow, which must not be possible, and give what was said."""

    def refusal(graph: str) -> str:
        with app.app_context():
            with pytest.raises((Refused, InvalidGraph)) as refused:
                flows.import_agentflow(production, graph, name="Under test")
            assert not listing.has_any(production)
        return str(refused.value)

    return refusal


@pytest.fixture
def open_client(app_with: Callable[..., Flask]) -> FlaskClient:
    """Of an application whose flows may call this machine."""
    return app_with(FORJINN_ALLOW_PRIVATE_ADDRESSES="1").test_client()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web
