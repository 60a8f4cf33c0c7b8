from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forjinn.workspaces.models import Workspace
from tests.gateway.calling import Gateway
from tests.providers import llm_flow as llm_flow
from tests.providers import model as model
from tests.providers import provider as provider
from tests.streaming import StreamingProvider


@pytest.fixture
def gateway(app: Flask, client: FlaskClient, production: Workspace) -> Gateway:
    return Gateway(app, client, production)


@pytest.fixture(autouse=True)
def closed_pool(app: Flask) -> Iterator[None]:
    """No connection to an upstream outlives its test."""
    yield
    pool = app.extensions.pop("forjinn.providers", None)
    if pool is not None:
        pool.close()


@pytest.fixture
def upstream(app: Flask) -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        yield running
    client = app.extensions.pop("forjinn.providers", None)
    if client is not None:
        client.close()
