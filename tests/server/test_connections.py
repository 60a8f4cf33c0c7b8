"""Connections that do nothing, thousands of them: those who have something to ask are still answered."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.calls import bearer
from tests.databases import new_database
from tests.served import Served, serving

COUNT = 1200
# What each of the idle connections sends.
KINDS = {
    "silent": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Some",
    "a byte of its body": b"POST /api/v1/prediction/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "kept alive": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}
# What a person or a load balancer waits for.
SECONDS = 2


@pytest.mark.parametrize("kind", KINDS)
def test_idle_connections_keep_nobody_else_waiting(crowded: Served, kind: str) -> None:
    with idle(crowded.server.port, KINDS[kind]) as sockets:
        assert len(sockets) == COUNT
        for _ in range(3):
            for path in ("/healthz", "/readyz"):
                assert requests.get(crowded.server.url + path, timeout=SECONDS).status_code == 200
            answer = requests.post(
                crowded.server.url + crowded.path,
                json={"question": "hi"},
                headers=bearer(crowded.key),
                timeout=SECONDS,
            )
            assert answer.status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_idle_connections_are_closed(crowded: Served, kind: str) -> None:
    with socket.create_connection(("127.0.0.1", crowded.server.port), timeout=10) as connection:
        connection.sendall(KINDS[kind])
        while connection.recv(1000):
            pass


def test_a_head_that_is_too_long_is_refused(crowded: Served) -> None:
    long = {"X-Long": "x" * 300_000}
    try:
        answer = requests.get(f"{crowded.server.url}/healthz", headers=long, timeout=10)
    except requests.ConnectionError:
        return
    assert answer.status_code in (400, 431)


def test_a_connection_that_asks_again_in_time_is_kept(crowded: Served) -> None:
    with socket.create_connection(("127.0.0.1", crowded.server.port), timeout=10) as connection:
        for _ in range(4):
            connection.sendall(KINDS["kept alive"])
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            time.sleep(0.6 * HEAD_SECONDS)


class idle(ExitStack):
    """COUNT connections of one kind."""

    def __init__(self, port: int, sent: bytes) -> None:
        super().__init__()
        self.port, self.sent = port, sent

    def __enter__(self) -> list[socket.socket]:  # type: ignore[override]
        super().__enter__()
        sockets = []
        for _ in range(COUNT):
            connection = self.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=10))
            connection.sendall(self.sent)
            sockets.append(connection)
        return sockets


HEAD_SECONDS = 1.5


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two processes"])
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, and a test that may open as many connections as it takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    folder = tmp_path_factory.mktemp("crowded")
    with (
        new_database("crowded", folder, on_postgres=False) as url,
        serving(
            url,
            folder,
            workers=request.param,
            FORJINN_HEAD_SECONDS=str(HEAD_SECONDS),
            FORJINN_BODY_SECONDS=str(HEAD_SECONDS),
        ) as served,
    ):
        yield served
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
