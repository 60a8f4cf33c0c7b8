"""What does a call with a key cost, in CPU of the process, over a bare Flask route?

PostgreSQL's own CPU is spent in another process, so there the time that passes is given as well.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks.figures import rounds, say
from benchmarks.floor import bare
from benchmarks.installation import Installation, each_database, installation
from forjinn import shares
from forjinn.extensions import db
from forjinn.prediction import access
from tests.statements import counted

QUESTION = "authentication"
# The targets' microseconds were set where the bare route takes as many; elsewhere they scale with it.
FLOOR = 147
AUTHENTICATION, PREDICTION = 250, 600


def caller(app: Flask, made: Installation) -> Callable[[], bytes]:
    """Calls the application with one prediction, as a server would."""
    builder = EnvironBuilder(
        path=f"/api/v1/prediction/{made.flow_id}",
        method="POST",
        json={"question": "How are you?"},
        headers=[("Authorization", f"Bearer {made.secret}")],
    )
    environ: dict[str, Any] = builder.get_environ()
    body = environ["wsgi.input"].read()
    builder.close()

    def started(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        if not status.startswith("200"):
            raise RuntimeError(f"{app.name} answered {status}")
        return lambda _: None

    def call() -> bytes:
        answer = app.wsgi_app(environ | {"wsgi.input": io.BytesIO(body)}, started)
        try:
            return b"".join(answer)
        finally:
            answer.close()  # type: ignore[attr-defined]

    return call


def keyed(content: Any, made: Installation) -> Flask:
    """The bare route, behind the key."""
    app = bare(content)
    # Ours alone: with Flask's secret key the bare route would open a session, too.
    app.config.update({name: value for name, value in made.app.config.items() if name.startswith("FORJINN_")})
    # What the check holds of the process's threads is given back by these hooks.
    shares.init(app)
    app.extensions["forjinn.reader"] = made.app.extensions["forjinn.reader"]
    app.url_value_preprocessor(access.take_flow_id)
    app.before_request(access.check_key)
    return app


def measure(made: Installation) -> None:
    content = made.app.json.loads(caller(made.app, made)())
    floor = bare(content)
    subjects = {
        "bare": caller(floor, made),
        "keyed": caller(keyed(content, made), made),
        "prediction": caller(made.app, made),
    }
    for clock in (time.process_time, time.perf_counter)[: 1 if made.database == "SQLite" else 2]:
        kind = "CPU" if clock is time.process_time else "elapsed"
        found = rounds(subjects, count=72, calls=100, clock=clock)
        _say(made.database, kind, "authentication", found["keyed"], found["bare"], AUTHENTICATION)
        _say(made.database, kind, "whole prediction", found["prediction"], found["bare"], PREDICTION)


def _say(database: str, kind: str, what: str, taken: float, floor: float, most: int) -> None:
    added = f"{what}: +{(taken - floor) * 1e6:.0f} µs {kind} over a bare route's {floor * 1e6:.0f}"
    allowed = (FLOOR + most) / FLOOR
    ratio = taken / floor
    target = f"≤ {allowed:.2f} x (+{most} µs over {FLOOR})"
    if database == "SQLite":
        say(QUESTION, database, added, ratio, target, ratio <= allowed)
    else:
        say(QUESTION, database, added, ratio)


def count_statements(made: Installation) -> None:
    """How many statements a prediction runs, counted by the driver."""
    with made.app.app_context():
        engines = {"reader": made.app.extensions["forjinn.reader"].engine, "session": db.engine}
    for engine in engines.values():
        engine.dispose()
    counts = [counted(engine, made.folder / f"{name}.trace") for name, engine in engines.items()]
    call = caller(made.app, made)
    for _ in range(10):  # new connections, and the parsed flow
        call()
    for name in ("usage", "runs"):  # so that they write nothing in between
        made.app.extensions[f"forjinn.{name}"].flush()
    for count in counts:
        count()
    for _ in range(100):
        call()
    each = sum(count() for count in counts) / 100
    say(QUESTION, made.database, f"{each:g} statements a prediction", None, "1", each == 1)


def main() -> None:
    for database in each_database():
        # Counted calls are written once, at the end.
        with installation(database, FORJINN_USAGE_FLUSH_SECONDS="5") as made:
            measure(made)
            count_statements(made)


if __name__ == "__main__":
    main()
