from __future__ import annotations

import pytest
from flask import Flask

from forjinn.workspaces.models import Workspace
from tests.flows.canvas.panels import Panels
from tests.people import Person


@pytest.fixture
def panels(app: Flask, alice: Person, production: Workspace) -> Panels:
    return Panels(app, alice, production)
