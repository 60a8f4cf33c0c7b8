"""Slow calls of one key keep neither others nor health checks waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from forjinn.flows import service as flows
from forjinn.gateway import service as models
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.calls import bearer
from tests.conftest import new_key
from tests.databases import new_database
from tests.providers import Provider, completion
from tests.samples import DIRECT_REPLY
from tests.served import Served, serving

CALLS, THREADS, HELD = 290, 32, 16
# What a person or a load balancer waits for.
SECONDS = 2


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_and_others_are_answered_while_one_key_calls_what_is_slow(
    busy: Busy, path: str
) -> None:
    with busy.calling():
        for _ in range(3):
            assert requests.get(busy.served.server.url + path, timeout=SECONDS).status_code == 200
            for key, flow in ((busy.served.new_key(f"{path} {_}"), busy.served.flow), busy.elsewhere):
                answer = busy.ask(flow, key, timeout=SECONDS)
                assert answer.status_code == 200, answer.text
        # Beyond its share the key is told at once.
        refused = busy.ask(busy.slow_flow, busy.served.key, timeout=SECONDS)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
    # What was held is given back.
    assert busy.ask(busy.served.flow, busy.served.key, timeout=SECONDS).status_code == 200


class Busy:
    """A server whose provider takes its time."""

    def __init__(self, served: Served, slow_flow: object, elsewhere: tuple[str, object]) -> None:
        self.served, self.slow_flow, self.elsewhere = served, slow_flow, elsewhere

    def ask(self, flow: object, key: str, *, timeout: float) -> requests.Response:
        return requests.post(
            f"{self.served.server.url}/api/v1/prediction/{flow}",
            json={"question": "hi"},
            headers=bearer(key),
            timeout=timeout,
        )

    @contextmanager
    def calling(self) -> Iterator[None]:
        """CALLS of the slow flow with one key, which are at work or refused."""
        statuses: list[int] = []
        lock = threading.Lock()

        def call() -> None:
            status = self.ask(self.slow_flow, self.served.key, timeout=60).status_code
            with lock:
                statuses.append(status)

        with ThreadPoolExecutor(CALLS) as together:
            for _ in range(CALLS):
                together.submit(call)
            deadline = time.monotonic() + 30
            while len(statuses) < CALLS - HELD and time.monotonic() < deadline:
                time.sleep(0.05)
            # All that are left are held by the share.
            assert statuses == [429] * (CALLS - HELD)
            yield
        assert statuses.count(200) == HELD


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    folder = tmp_path_factory.mktemp("busy")
    more = {"FORJINN_THREADS": str(THREADS), "FORJINN_KEY_SHARE": "50", "FORJINN_PROVIDER_SECONDS": "8"}
    with (
        new_database("busy", folder, on_postgres=False) as url,
        serving(url, folder, **more) as served,
        Provider() as provider,
    ):
        # Longer than the test looks at the others, shorter than the server waits.
        provider.says(completion("slow"), seconds=6)
        with served.app.app_context():
            models.add(served.workspace, "slow", base_url=provider.url, upstream="x")
            slow_flow = flows.create_chatflow(served.workspace, name="Slow", model="slow").id
            staging: Workspace = workspaces.create("Staging")
            flow = flows.import_agentflow(staging, DIRECT_REPLY, name="Elsewhere").id
        yield Busy(served, slow_flow, (new_key(served.app, staging, "Other"), flow))
