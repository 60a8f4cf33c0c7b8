from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace

# Import a flow into Production, another one to call, and give it.
Other = Callable[..., Flow]


@pytest.fixture
def other(app: Flask, production: Workspace) -> Other:
    def other(graph: str, name: str = "Other", *, workspace: Workspace = production) -> Flow:
        with app.app_context():
            return flows.import_agentflow(workspace, graph, name=name)

    return other
