from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.errors import Refused
from forjinn.flows import service as flows
from forjinn.flows.parsing import InvalidGraph
from forjinn.workspaces.models import Workspace
from tests.calls import answered, ask
from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider

# Import this flow, ask it, and give the answer.
Run = Callable[..., dict[str, object]]


@pytest.fixture
def run(app: Flask, client: FlaskClient, production: Workspace, production_key: str) -> Run:
    def run(graph: str, question: str = "hi", **members: object) -> dict[str, object]:
        with app.app_context():
            flow = flows.import_agentflow(production, graph, name="Under test")
        return answered(ask(client, flow, production_key, question, **members))

    return run


@pytest.fixture
def refusal(app: Flask, production: Workspace) -> Callable[[str], str]:
    """Import this flow, which must not be possible, and give what was said."""

    def refusal(graph: str) -> str:
        with app.app_context():
            with pytest.raises((Refused, InvalidGraph)) as refused:
                flows.import_agentflow(production, graph, name="Under test")
            assert flows.of(production) == []
        return str(refused.value)

    return refusal
