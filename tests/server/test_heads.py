"""On a real server: who sends a request is checked before its body is read, on every route."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from forjinn.apikeys import service as apikeys
from forjinn.apikeys import token
from forjinn.extensions import db
from forjinn.flows import service as flows
from forjinn.gateway.keys import service as gateway_keys
from forjinn.gateway.keys.service import Terms
from forjinn.workspaces import service as workspaces
from tests.apikeys.visitor import Visitor
from tests.applications import close, environment, new_app
from tests.conftest import member
from tests.databases import new_database
from tests.people import field
from tests.processes import Server
from tests.samples import DIRECT_REPLY
from tests.server.process import children, eventually
from tests.sockets import exchange
from tests.structure.test_guards import calls

MB = 1_000_000
GATEWAY = "/gateway/production/default/v1/chat/completions"
IMPORT = "/w/production/api-keys/import"
URLENCODED, JSON = (
    "Content-Type: application/x-www-form-urlencoded",
    {"Content-Type": "application/json"},
)
PAYLOAD = json.dumps({"question": "x" * 300_000}).encode()


def announced(place: Place, path: str, *lines: str, size: int = 30 * MB) -> int:
    """The status for a request of which only the head is ever sent."""
    return exchange(place.server.port, "POST", path, f"Content-Length: {size}", *lines, body=b"").status


def test_on_every_route_a_stranger_is_refused_before_a_large_body_comes(place: Place) -> None:
    for method, path in calls(place.app, "public", "signed in", "workspace", "api key", "gateway key"):
        if method == "POST":
            expected = 413 if path in ("/login", "/theme") else 401 if path[1:4] in ("api", "gat") else 303
            assert announced(place, path) == expected, path
            assert announced(place, path, "Cookie: forjinn=eyJfdXNlcl9pZCI6IngifQ.a.b") == expected, path


def test_on_every_route_a_member_without_the_right_is_refused_before_a_large_body_comes(
    place: Place,
) -> None:
    for method, path in calls(place.app, "workspace"):
        if method == "POST":
            assert announced(place, path, place.cookie(place.nobody)) == 403, path


def test_on_every_route_a_form_of_another_site_is_refused_before_it_comes(place: Place) -> None:
    paths = [path for method, path in calls(place.app, "signed in", "workspace") if method == "POST"]
    for path in paths:
        for line in ("Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"):
            assert announced(place, path, place.cookie(place.admin), line) == 400, (path, line)


@pytest.mark.parametrize("line", ["Origin: http://x", "Origin: http://x:81", "Sec-Fetch-Site: same-origin"])
def test_a_form_of_ours_is_read(place: Place, line: str) -> None:
    # 400: without a token. It was read to find that out.
    answer = exchange(place.server.port, "POST", IMPORT, place.cookie(place.admin), line, body=b"x" * 100_000)
    assert answer.status == 400
    assert b"no longer valid" in answer.body


def test_how_much_a_route_takes_depends_on_what_it_is_for(place: Place) -> None:
    cookie = place.cookie(place.admin)
    assert announced(place, "/w/production/api-keys/new", cookie, size=2 * MB) == 413
    # Only a file may be large: the text of a form takes several times its size.
    assert announced(place, IMPORT, cookie, URLENCODED) == 413
    assert announced(place, f"/w/production/flows/{place.flow}/canvas/move", cookie, size=5 * MB) == 413


@pytest.mark.parametrize(
    "bad", [token.new(), "made-up", "fjgw_" + "0" * 38], ids=["unknown", "no key", "zeros"]
)
def test_a_key_is_checked_before_a_large_body_comes(place: Place, bad: str) -> None:
    for path in (place.path, GATEWAY):
        assert announced(place, path, f"Authorization: Bearer {bad}") == 401
    assert announced(place, place.path, f"Authorization: Bearer {place.dead}") == 401
    assert announced(place, GATEWAY, f"Authorization: Bearer {place.dead_gateway}") == 401
    assert announced(place, place.path) == 401
    assert announced(place, GATEWAY) == 401


def test_each_key_may_send_what_its_kind_may(place: Place) -> None:
    assert announced(place, place.path, f"Authorization: Bearer {place.key}", size=2 * MB) == 413
    assert announced(place, GATEWAY, f"Authorization: Bearer {place.gateway}", size=17 * MB) == 413
    body = b'{"model":"nothing","x":"' + b"x" * 3 * MB + b'"}'
    taken = exchange(place.server.port, "POST", GATEWAY, f"Authorization: Bearer {place.gateway}", body=body)
    assert json.loads(taken.body)["error"]["code"] == "model_not_found"


def test_a_public_flow_takes_little_from_who_has_no_key(place: Place) -> None:
    path = f"/api/v1/prediction/{place.public}"
    assert announced(place, path, size=300_000) == 413
    assert requests.post(place.server.url + path, json={"question": "x" * 60_000}, timeout=10).ok
    with_key = {"Authorization": f"Bearer {place.key}"}
    assert requests.post(place.server.url + path, PAYLOAD, headers=with_key | JSON, timeout=10).ok


def test_a_large_call_is_counted_once_accepted_or_not(place: Place) -> None:
    with place.app.app_context():
        production = workspaces.by_slug("production")
        live, dead = (apikeys.issue(production, name, by=None)[1] for name in ("Counted", "Refused"))
        apikeys.delete(production, apikeys.named(production, "Refused"), by=None)
    for key, status in ((live, 200), (dead, 401)):
        assert [predict(place, key).status_code for _ in range(3)] == [status] * 3
    counted = text(
        "SELECT k.name, SUM(u.calls) FROM api_key_usage u JOIN api_keys k ON k.id = u.api_key_id "
        "WHERE k.name IN ('Counted', 'Refused') GROUP BY k.name ORDER BY k.name"
    )

    def rows() -> list[tuple[str, int]]:
        with place.app.app_context(), db.engine.connect() as connection:
            return [(name, calls) for name, calls in connection.execute(counted)]

    eventually(lambda: rows() == [("Counted", 3), ("Refused", 3)])
    # What would be counted twice would be written by now.
    time.sleep(0.3)
    assert rows() == [("Counted", 3), ("Refused", 3)]


def test_stalled_bodies_of_strangers_stop_no_call_with_a_key(place: Place) -> None:
    """300 of 300 kB are more than a process may hold."""
    for bad in ("", f"Authorization: Bearer {token.new()}"):
        with stalled(place, 300, len(PAYLOAD), bad) as count, ThreadPoolExecutor(8) as together:
            answers = list(together.map(lambda _: predict(place).status_code, range(40)))
        assert answers == [200] * 40
        assert count == 300
    with stalled(place, 300, 60_000):
        assert [predict(place).status_code for _ in range(10)] == [200] * 10


def test_large_forms_of_who_has_no_session_take_no_memory(place: Place) -> None:
    cookie, body = "Cookie: forjinn=eyJfdXNlcl9pZCI6IngifQ.a.b", b"a=1&" * (30 * MB // 4)
    for kind in (URLENCODED, "Content-Type: multipart/form-data; boundary=x"):
        with place.growth(10 * MB):
            answer = exchange(place.server.port, "POST", IMPORT, cookie, kind, body=body)
        assert answer.status == 303


@pytest.mark.parametrize("piece", [b"a=1&", b"%41", b"%F0%9F%98%80", b"+", b"aaaa", b"%"], ids=ascii)
def test_a_large_form_of_who_may_send_it_takes_at_most_three_times_its_size(
    place: Place, piece: bytes
) -> None:
    size = 4 * MB
    path = f"/w/production/flows/{place.flow}/canvas/move"
    body = b"x=" + piece * (size // len(piece))
    with place.growth(3 * size + MB):
        answer = exchange(place.server.port, "POST", path, place.cookie(place.admin), URLENCODED, body=body)
    # 413: too many fields. 400: it was read, and has no token.
    assert answer.status == (413 if b"&" in piece else 400)


def test_a_large_file_of_who_may_send_it_takes_at_most_three_times_its_size(place: Place) -> None:
    size = 30 * MB
    fields = {"mode": "add-new", "csrf_token": field(place.admin.get(IMPORT).text, "csrf_token")}
    files = {"file": ("keys.json", b"[" + b" " * size, "application/json")}
    with place.growth(3 * size):
        answer = place.admin.session.post(place.server.url + IMPORT, fields, files=files, timeout=30)
    assert answer.status_code == 422


def test_large_calls_with_made_up_gateway_keys_take_no_memory(place: Place) -> None:
    body = json.dumps({"model": "small", "x": [[]] * 5_000_000}, separators=(",", ":")).encode()

    def call(_: int) -> int:
        bad = f"Authorization: Bearer fjgw_{'0' * 38}"
        return exchange(place.server.port, "POST", GATEWAY, bad, body=body).status

    with place.growth(10 * MB), ThreadPoolExecutor(3) as together:
        assert list(together.map(call, range(3))) == [401] * 3


def predict(place: Place, key: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {key or place.key}"} | JSON
    return requests.post(place.server.url + place.path, PAYLOAD, headers=headers, timeout=10)


@contextmanager
def stalled(place: Place, count: int, size: int, *lines: str) -> Iterator[int]:
    """So many predictions of which all but the last byte was sent; gives how many were begun."""
    head = [f"POST {place.path} HTTP/1.1", "Host: x", f"Content-Length: {size}", *filter(None, lines), "", ""]
    sent = 0
    with ExitStack() as stack:
        for _ in range(count):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", place.server.port), timeout=10))
            sock.setblocking(False)
            # Nobody reads on, or the head was refused already.
            with suppress(BlockingIOError, ConnectionError):
                sock.send("\r\n".join(head).encode() + b"x" * (size - 1))
            sent += 1
        yield sent


@dataclass
class Place:
    server: Server
    app: Flask
    flow: str
    public: str
    key: str
    dead: str
    gateway: str
    dead_gateway: str
    admin: Visitor
    nobody: Visitor

    @property
    def path(self) -> str:
        return f"/api/v1/prediction/{self.flow}"

    def cookie(self, person: Visitor) -> str:
        return f"Cookie: forjinn={person.session.cookies['forjinn']}"

    @property
    def worker(self) -> Path:
        """The folder of the server process in /proc: of the children of the one that was started."""
        found = [Path(f"/proc/{pid}") for pid in children(self.server.process.pid)]
        return max(found, key=lambda folder: _memory(folder, "VmRSS"))

    @contextmanager
    def growth(self, most: int) -> Iterator[None]:
        """Within this, the server process takes at most so many bytes more than before, also for a moment."""
        worker = self.worker
        # The highest so far is forgotten.
        (worker / "clear_refs").write_text("5")
        before = _memory(worker, "VmHWM")
        yield
        assert _memory(worker, "VmHWM") - before < most


def _memory(folder: Path, name: str) -> int:
    lines = (folder / "status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("heads")
    with new_database("heads", folder, on_postgres=False) as url:
        settings = environment(url, folder) | {"FORJINN_BODY_SECONDS": "3"}
        app = new_app(settings)
        with app.app_context():
            production = workspaces.create("Production")
            flow, public = (
                flows.import_agentflow(production, DIRECT_REPLY, name=name) for name in ("Echo", "Public")
            )
            flows.configure(production, public, is_public=True, origins=[], overridable=[])
            keys = [apikeys.issue(production, name, by=None) for name in ("Live", "Dead")]
            apikeys.delete(production, keys[1][0], by=None)
            for_models = [gateway_keys.issue(production, name, Terms(), by=None) for name in ("Live", "Dead")]
            gateway_keys.delete(production, for_models[1][0], by=None)
            workspaces.set_role(production, "Nobody", [])
        admin = member(app, "alice@example.com", production, "Admin")
        nobody = member(app, "bob@example.com", production, "Nobody")
        server = Server(settings, folder / "server.log", workers=1)
        yield Place(
            server,
            app,
            str(flow.id),
            str(public.id),
            *(secret for _key, secret in keys),
            *(secret for _key, secret in for_models),
            Visitor(server, admin.email),
            Visitor(server, nobody.email),
        )
        server.stop()
        assert "Traceback" not in (folder / "server.log").read_text()
        close(app)
