from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from forjinn.flows import service as flows
from forjinn.gateway import service as models
from tests.samples import START, chain, node
from tests.served import Served
from tests.served import served as served
from tests.streaming import Script, StreamingProvider


@pytest.fixture(scope="session")
def upstream() -> Iterator[StreamingProvider]:
    with StreamingProvider() as running:
        # What the Python client does to "data:" in a text, it must not find there.
        running.script = Script(["Größe", ' 42, "data: x"', "\n\n日本語 🗝"])
        yield running


ANSWER = 'Größe 42, "data: x"\n\n日本語 🗝'


@pytest.fixture(scope="session")
def chatflow(served: Served, upstream: StreamingProvider) -> UUID:
    with served.app.app_context():
        models.add(served.workspace, "small", base_url=upstream.url, upstream="upstream-7b")
        return flows.create_chatflow(served.workspace, "Talk", model="small").id


@pytest.fixture(scope="session")
def agentflow(served: Served, chatflow: UUID) -> UUID:
    writer = node("llmAgentflow", "Writer", {"llmModel": "small"})
    with served.app.app_context():
        return flows.import_agentflow(served.workspace, chain(START, writer), name="Writer").id
