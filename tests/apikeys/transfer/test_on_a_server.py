"""A real server: how much it reads of whom, and that a long export arrives whole."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from forjinn.workspaces import service as workspaces
from tests.apikeys.transfer.files import numbered
from tests.apikeys.visitor import TIMEOUT, Visitor
from tests.applications import close, environment, new_app
from tests.conftest import member
from tests.databases import new_database
from tests.people import field
from tests.processes import Server
from tests.sockets import exchange

SMALL, LARGE = 20_000, 400_000
IMPORT, NEW = "/w/production/api-keys/import", "/w/production/api-keys/new"
# Smaller than the limit, and larger than what any other path takes.
KEYS = numbered(3_000)


def test_an_import_may_be_large_and_its_export_arrives_whole(place: Place) -> None:
    assert SMALL < len(json.dumps(KEYS)) < LARGE
    plan = place.upload(json.dumps(KEYS).encode())
    assert plan.status_code == 200, plan.text
    assert '<span class="h2 mb-0">3,000</span> added' in plan.text
    done = place.visitor.post(plan.url.removeprefix(place.server.url), plan=field(plan.text, "plan"))
    assert "The import is done: 3,000 added" in done.text
    exported = place.visitor.get("/w/production/api-keys/export")
    assert {key["name"] for key in exported.json()["keys"]} == {key["name"] for key in KEYS}
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert exported.headers["Cache-Control"] == "no-store"


def test_an_import_over_the_limit_is_too_large(place: Place) -> None:
    answer = place.upload(b" " * LARGE)
    assert answer.status_code == 413
    assert "What was sent is larger than this server accepts." in answer.text


def test_who_says_how_much_will_come_is_refused_before_it_comes(place: Place) -> None:
    length = f"Content-Length: {LARGE + 1}"
    answer = exchange(place.server.port, "POST", IMPORT, length, place.cookie, body=b"")
    assert answer.status == 413


def test_who_does_not_say_is_refused_while_it_comes(place: Place) -> None:
    head = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\n{place.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", place.server.port), timeout=TIMEOUT) as connection:
        # The end of the body never comes.
        connection.sendall(head.encode() + chunk * (LARGE // 10_000 + 1))
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_chunked_import_within_the_limit_is_read(place: Place) -> None:
    body = b"x" * (LARGE - 1)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answer = exchange(
        place.server.port, "POST", IMPORT, place.cookie, "Transfer-Encoding: chunked", body=chunks
    )
    # Read, and then refused because it is no form of ours.
    assert answer.status == 400


@pytest.mark.parametrize(
    "cookie", ["X-Nothing: 1", "Cookie: theme=dark", "Cookie: forjinn=eyJfdXNlcl9pZCI6IngifQ.aaaa.bbbb"]
)
def test_without_a_session_an_import_is_refused_before_it_comes(place: Place, cookie: str) -> None:
    length = f"Content-Length: {LARGE - 1}"
    answer = exchange(place.server.port, "POST", IMPORT, length, cookie, body=b"")
    assert (answer.status, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (NEW, 413),
        (f"{IMPORT}/17fa8fc8-c1db-4442-a634-6f5c4d96ea89", 413),
        (f"{IMPORT}/", 404),
        ("/w/production/x/api-keys/import", 404),
        ("/login", 413),
        ("/api/v1/prediction/17fa8fc8-c1db-4442-a634-6f5c4d96ea89", 401),
        ("/api/w/production/api-keys/import", 404),
    ],
)
def test_every_other_path_keeps_the_small_limit(place: Place, path: str, status: int) -> None:
    length = f"Content-Length: {SMALL + 1}"
    # Answered though nothing of it was sent: it is not waited for.
    assert exchange(place.server.port, "POST", path, length, place.cookie, body=b"").status == status


def test_what_is_nested_beyond_reason_does_not_end_the_server(place: Place) -> None:
    answer = place.upload(b"[" * 300_000)
    assert answer.status_code == 422
    assert "it is nested too deeply" in answer.text
    assert place.visitor.get("/w/production/api-keys").status_code == 200


@dataclass
class Place:
    server: Server
    visitor: Visitor

    @property
    def cookie(self) -> str:
        return f"Cookie: forjinn={self.visitor.session.cookies['forjinn']}"

    def upload(self, content: bytes) -> requests.Response:
        data = {"mode": "add-new", "csrf_token": field(self.visitor.get(IMPORT).text, "csrf_token")}
        files = {"file": ("keys.json", io.BytesIO(content), "application/json")}
        return self.visitor.session.post(self.server.url + IMPORT, data, files=files, timeout=TIMEOUT)


@pytest.fixture(scope="module")
def place(on_postgres: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server with small limits, and an admin of Production who visits it."""
    folder = tmp_path_factory.mktemp("limits")
    with new_database("limits", folder, on_postgres) as url:
        settings = environment(url, folder) | {
            "FORJINN_MAX_REQUEST_BYTES": str(SMALL),
            "FORJINN_MAX_PUBLIC_BYTES": str(SMALL),
            "FORJINN_MAX_IMPORT_BYTES": str(LARGE),
        }
        app = new_app(settings)
        with app.app_context():
            production = workspaces.create("Production")
        alice = member(app, "alice@example.com", production, "Admin")
        server = Server(settings, folder / "server.log", workers=1)
        yield Place(server, Visitor(server, alice.email))
        server.stop()
        assert "Traceback" not in (folder / "server.log").read_text()
        close(app)
