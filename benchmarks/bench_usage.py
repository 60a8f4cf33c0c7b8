"""What does counting a call cost, and do the batches keep up with the calls?"""

from __future__ import annotations

import threading
import time
import urllib.request
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from benchmarks import seed
from benchmarks.bench_authentication import caller
from benchmarks.figures import rounds, say
from benchmarks.floor import bare
from benchmarks.installation import Installation, each_database, installation
from benchmarks.load import Run, load, request_bytes
from forjinn.apikeys import service as apikeys
from forjinn.apikeys.models import ApiKey, ApiKeyUsage
from forjinn.apikeys.usage import Recorder
from forjinn.extensions import db
from tests.processes import Server

QUESTION = "usage"
LOAD_SECONDS, PROBES = 12.0, 4
VISIBLE_SECONDS = 5.0
# Of a bare route's CPU: what may be spent on the request's path, and off it.
RECORD, WRITE = 0.1, 1.0
# As many keys as may call within one batch.
DISTINCT = 5_000


def cost(made: Installation) -> None:
    """One `record`, against a bare route."""
    with made.app.app_context():
        recorder = Recorder(db.engine, 3600)
        key = db.session.scalars(select(ApiKey.id).limit(1)).one().hex
    flow, at = UUID(made.flow_id).hex, time.time()
    floor = caller(bare({"text": "You asked: How are you?"}), made)

    def record() -> None:
        recorder.record(key, flow, at, False, "127.0.0.1")

    found = rounds({"record": record, "bare": floor}, count=90, calls=100, clock=time.process_time)
    figure = f"counting a call: {found['record'] * 1e6:.1f} µs CPU, a bare route {found['bare'] * 1e6:.0f}"
    ratio = found["record"] / found["bare"]
    say(QUESTION, made.database, figure, ratio, f"≤ {RECORD} x", ratio <= RECORD)


def batch(made: Installation) -> None:
    """The worst batch: each call came with another key. Per call, against a bare route."""
    seed.keys(made.app, made.workspace.id, DISTINCT)
    with made.app.app_context():
        keys = list(db.session.scalars(select(ApiKey.id)))
        recorder = Recorder(db.engine, 3600)
    floor = caller(bare({"text": "You asked: How are you?"}), made)
    flow, at = UUID(made.flow_id).hex, time.time()

    def write() -> None:
        for key in keys:
            recorder.record(key.hex, flow, at, False, "127.0.0.1")
        recorder.flush()

    def routes() -> None:
        for _ in keys:
            floor()

    found = rounds({"write": write, "bare": routes}, count=5, calls=1, clock=time.process_time)
    recorder.stop()
    ratio = found["write"] / found["bare"]
    each = found["write"] / len(keys) * 1e6
    figure = f"writing one call each of {DISTINCT:,} keys: {each:.0f} µs CPU a call"
    say(QUESTION, made.database, figure, ratio, f"≤ {WRITE:.2f} x", ratio <= WRITE)


def keeping_up(made: Installation) -> None:
    """Calls of a second key, made under load, until the database shows them; and no call is lost."""
    with made.app.app_context():
        probe, secret = apikeys.issue(made.workspace, "Probe", by=None)
    server = Server(made.settings, made.folder / "server.log", workers=1)
    path = f"/api/v1/prediction/{made.flow_id}"
    runs: list[Run] = []
    request = request_bytes(path, made.secret)
    loading = threading.Thread(target=lambda: runs.append(load(server.port, request, seconds=LOAD_SECONDS)))
    try:
        loading.start()
        slowest = max(
            _seen_after(made.app, probe.id, f"{server.url}{path}", secret, n + 1) for n in range(PROBES)
        )
        loading.join()
    finally:
        server.stop()
    say(
        QUESTION,
        made.database,
        f"a call is visible after {slowest:.1f} s at most, under {runs[0].rate:.0f} calls/s",
        slowest / VISIBLE_SECONDS,
        f"≤ 1.00 x ({VISIBLE_SECONDS:g} s)",
        slowest <= VISIBLE_SECONDS,
    )
    answered, counted = runs[0].requests + PROBES, _counted(made.app)
    # The generator hangs up on the requests that are on their way when its time is over.
    complete = answered <= counted <= answered + 16
    say(QUESTION, made.database, f"{counted:,} counted of {answered:,} answered", None, "all", complete)


def _seen_after(app: Flask, key: UUID, url: str, secret: str, calls: int) -> float:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, b'{"question":"How are you?"}', headers)
    urllib.request.urlopen(request, timeout=30).close()
    start = time.perf_counter()
    while _counted(app, key) < calls and time.perf_counter() - start < 4 * VISIBLE_SECONDS:
        time.sleep(0.05)
    return time.perf_counter() - start


def _counted(app: Flask, key: UUID | None = None) -> int:
    statement = select(func.coalesce(func.sum(ApiKeyUsage.calls), 0))
    if key is not None:
        statement = statement.where(ApiKeyUsage.api_key_id == key)
    with app.app_context():
        return int(db.session.scalar(statement) or 0)


def main() -> None:
    for database in each_database():
        with installation(database) as made:
            keeping_up(made)
            batch(made)
            cost(made)


if __name__ == "__main__":
    main()
