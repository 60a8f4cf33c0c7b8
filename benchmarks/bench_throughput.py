"""How many predictions does one process answer over HTTP, against a bare Flask route under gunicorn?"""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack
from statistics import median

from benchmarks import floor
from benchmarks.figures import note, say
from benchmarks.installation import Installation, each_database, installation
from benchmarks.load import Run, load, request_bytes
from forjinn.apikeys import token
from tests.processes import Server

QUESTION = "throughput"
ROUNDS, SECONDS = 5, 2.0
# What is compared, and the least it may reach of the floor.
TARGETS = {"prediction": 0.6, "401 for an unknown key": 0.6, "bare route on our server": 1.0}


def measure(made: Installation) -> None:
    with ExitStack() as until_the_end:
        server = Server(made.settings, made.folder / "server.log", workers=1)
        until_the_end.callback(server.stop)
        path = f"/api/v1/prediction/{made.flow_id}"
        prediction = request_bytes(path, made.secret)
        content = _answer(f"{server.url}{path}", made.secret)
        log = made.folder / "floor.log"
        subjects = {
            "floor": (until_the_end.enter_context(floor.under_gunicorn(content, log)), prediction),
            "prediction": (server.port, prediction),
            "401 for an unknown key": (server.port, request_bytes(path, token.new())),
            "bare route on our server": (
                until_the_end.enter_context(floor.under_our_server(content, log)),
                prediction,
            ),
        }
        _say(made.database, _interleaved(subjects))


def _answer(url: str, secret: str) -> object:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, b'{"question":"How are you?"}', headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def _interleaved(subjects: dict[str, tuple[int, bytes]]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in subjects}
    for port, request in subjects.values():
        load(port, request, seconds=0.5)
    for _ in range(ROUNDS):
        for name, (port, request) in subjects.items():
            run = load(port, request, seconds=SECONDS)
            expected = "401" if name.startswith("401") else "200"
            if set(run.statuses) != {expected}:
                raise RuntimeError(f"{name} was answered with {run.statuses}")
            runs[name].append(run)
    return runs


def _say(database: str, runs: dict[str, list[Run]]) -> None:
    note(f"gunicorn: {_rates(runs['floor'])}")
    for name, least in TARGETS.items():
        ratio = _ratio(runs[name], runs["floor"])
        say(QUESTION, database, f"{name}: {_rates(runs[name])}", ratio, f"≥ {least:.2f} x", ratio >= least)
    # Else somebody with a wrong key could do more harm than a customer with a right one.
    ratio = _ratio(runs["401 for an unknown key"], runs["prediction"])
    say(QUESTION, database, "401 against a prediction", ratio, "≥ 1.00 x", ratio >= 1)


def _ratio(ours: list[Run], others: list[Run]) -> float:
    """The median of the rounds' ratios: what shares the machine slows both runs of a round."""
    return median(one.rate / other.rate for one, other in zip(ours, others, strict=True))


def _rates(runs: list[Run]) -> str:
    rate, late, busy = (median(getattr(run, name) for run in runs) for name in ("rate", "p99_ms", "busy"))
    return f"{rate:.0f}/s, p99 {late:.0f} ms (generator {busy:.0%} busy)"


def main() -> None:
    for database in each_database():
        with installation(database) as made:
            measure(made)


if __name__ == "__main__":
    main()
