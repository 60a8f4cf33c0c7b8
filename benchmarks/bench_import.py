"""What does an import of keys cost over a plain insert of the same rows, and what do others notice of it?"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
from uuid import UUID, uuid4

from sqlalchemy import text

from benchmarks import seed
from benchmarks.figures import note, say
from benchmarks.installation import Installation, each_database, installation
from forjinn.accounts import service as accounts
from forjinn.apikeys.transfer import applying, planning, reading
from forjinn.database import now
from forjinn.extensions import db
from forjinn.workspaces import service as workspaces
from tests.apikeys.visitor import Visitor
from tests.people import PASSWORD, field
from tests.processes import Server

QUESTION = "import"
KEYS, EXISTING, ROUNDS = 100_000, 1_000_000, 3
OVER_EXECUTEMANY, OVER_EMPTY, OVER_FILE, P99 = 2.5, 1.5, 10.0, 50.0
COLUMNS = "id, workspace_id, name, name_key, digest, hint, created_at"
SLUG = "/w/production/api-keys"


def file_of(count: int, what: str = "New") -> bytes:
    """The shortest that a file of so many keys can be: names and 43 characters each."""
    keys = [
        {"name": f"{what} {n}", "key": hashlib.sha256(f"{what}{n}".encode()).hexdigest()[:43]}
        for n in range(count)
    ]
    return json.dumps(keys).encode()


def imported(made: Installation, raw: bytes, *, parts: bool = False) -> float:
    """Read, plan and apply as `flask apikeys import` does; return the seconds."""
    with made.app.app_context():
        moments = [time.perf_counter()]
        file = reading.read(raw)
        moments.append(time.perf_counter())
        plan = planning.make(db.session(), made.workspace, file.entries, "add-new")
        moments.append(time.perf_counter())
        done = applying.apply(made.workspace, file.entries, "add-new", by=None, sha256=file.sha256)
        moments.append(time.perf_counter())
        if not plan.totals == done.totals or done.totals["added"] != len(file.entries):
            raise RuntimeError(f"{done.totals}")
    if parts:
        reads, plans, applies = (later - earlier for earlier, later in pairwise(moments))
        note(f"{made.database}: reading {reads:.2f}, planning {plans:.2f}, applying {applies:.2f} s")
    return moments[-1] - moments[0]


def inserted(made: Installation, raw: bytes) -> float:
    """A plain executemany of the same rows, on the driver's own connection; return the seconds."""
    on_sqlite = made.database == "SQLite"
    mark, moment = ("?", f"{now():%Y-%m-%d %H:%M:%S.%f}") if on_sqlite else ("%s", now())
    rows = [
        (
            _id(uuid4(), on_sqlite),
            _id(made.workspace.id, on_sqlite),
            e.name,
            e.name_key,
            e.digest,
            e.hint,
            moment,
        )
        for e in reading.read(raw).entries
    ]
    statement = f"INSERT INTO api_keys ({COLUMNS}) VALUES ({', '.join([mark] * 7)})"
    with made.app.app_context():
        connection = db.engine.raw_connection()
    cursor = connection.cursor()
    start = time.perf_counter()
    # On SQLite the driver opens no transaction of its own.
    cursor.execute("BEGIN")
    cursor.executemany(statement, rows)
    cursor.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def _id(value: UUID, on_sqlite: bool) -> UUID | str:
    return value.hex if on_sqlite else value


def emptied(made: Installation) -> None:
    """Take the keys away again, but not the one that predictions use."""
    with made.app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(text("DELETE FROM api_keys WHERE name <> 'Production web app'"))
        db.engine.dispose()
    seed.settle(made.app)


def speed(made: Installation) -> None:
    raw = file_of(KEYS)
    floor, taken = [], []
    for number in range(ROUNDS):
        emptied(made)
        floor.append(inserted(made, raw))
        emptied(made)
        taken.append(imported(made, raw, parts=number == 0))
    plain, empty = median(floor), median(taken)
    figure = f"{KEYS:,} keys into an empty workspace: {empty:.2f} s, executemany {plain:.2f}"
    _say(made, figure, empty / plain, OVER_EXECUTEMANY)
    emptied(made)
    seed.keys(made.app, made.workspace.id, EXISTING)
    seed.settle(made.app)
    full = imported(made, raw, parts=True)
    figure = f"{KEYS:,} keys into {EXISTING:,}: {full:.2f} s, into none {empty:.2f}"
    _say(made, figure, full / empty, OVER_EMPTY)


def memory(made: Installation) -> None:
    """In a process of its own, whose peak is this import's."""
    raw = file_of(KEYS)
    (made.folder / "keys.json").write_bytes(raw)
    for way in ("command line", "browser"):
        emptied(made)
        command = [sys.executable, "-m", "benchmarks.import_memory", way, str(made.folder / "keys.json")]
        done = subprocess.run(
            command, input=json.dumps(made.settings), capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        grown = int(done.stdout)
        figure = f"{way}: +{grown / 1e6:.0f} MB for a file of {len(raw) / 1e6:.1f} MB"
        _say(made, figure, grown / len(raw), OVER_FILE)


def predictions(made: Installation) -> None:
    """Predictions on a server that works on an import all the while."""
    emptied(made)
    with made.app.app_context():
        workspaces.grant(accounts.create_user("admin@example.com", PASSWORD), made.workspace, "Admin")
    server = Server(made.settings, made.folder / "server.log")
    try:
        with asking(made, server) as alone:
            time.sleep(3)
        with asking(made, server) as during:
            start = time.perf_counter()
            _in_the_browser(Visitor(server, "admin@example.com"))
            seconds = time.perf_counter() - start
    finally:
        server.stop()
    found, quiet = p99(during), p99(alone)
    note(
        f"{made.database}: p99 {quiet:.1f} ms without an import; the worst during it {max(during) * 1000:.0f}"
    )
    figure = f"p99 of {len(during):,} predictions during {seconds:.1f} s of import: {found:.1f} ms"
    if made.database == "SQLite":
        say(QUESTION, made.database, figure, found / P99)
    else:
        say(QUESTION, made.database, figure, found / P99, f"≤ 1.00 x ({P99:g} ms)", found <= P99)


def _in_the_browser(visitor: Visitor) -> None:
    form = visitor.get(f"{SLUG}/import").text
    data = {"mode": "add-new", "csrf_token": field(form, "csrf_token")}
    files = {"file": ("keys.json", io.BytesIO(file_of(KEYS)), "application/json")}
    shown = visitor.session.post(f"{visitor.url}{SLUG}/import", data, files=files, timeout=600)
    data = {name: field(shown.text, name) for name in ("plan", "csrf_token")}
    done = visitor.session.post(shown.url, data, timeout=600)
    if f"{KEYS:,} added" not in done.text:
        raise RuntimeError(done.text)


@contextmanager
def asking(made: Installation, server: Server) -> Iterator[list[float]]:
    """Make one prediction after the other until the block ends; the list has the seconds of each."""
    taken: list[float] = []
    stop = threading.Event()
    headers = {"Authorization": f"Bearer {made.secret}", "Content-Type": "application/json"}

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while not stop.is_set():
            start = time.perf_counter()
            connection.request("POST", f"/api/v1/prediction/{made.flow_id}", b'{"question":"?"}', headers)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            assert answer.status == 200
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield taken
    stop.set()
    for thread in threads:
        thread.join()


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100] * 1000


def _say(made: Installation, figure: str, ratio: float, most: float) -> None:
    say(QUESTION, made.database, figure, ratio, f"≤ {most:.1f} x", ratio <= most)


def main() -> None:
    for database in each_database():
        with installation(database) as made:
            memory(made)
            predictions(made)
            speed(made)


if __name__ == "__main__":
    main()
