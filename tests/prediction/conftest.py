from __future__ import annotations

import pytest
from flask import Flask

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider
from tests.samples import FORM
from tests.served import served as served


@pytest.fixture
def form_flow(app: Flask, production: Workspace) -> Flow:
    """Its Start node asks for a form, which the trace repeats."""
    with app.app_context():
        return flows.import_agentflow(production, FORM, name="Form")
