"""How much memory does a server process hold, idle and after a hundred thousand predictions?"""

from __future__ import annotations

import subprocess
import time

from benchmarks.figures import note, say
from benchmarks.installation import Installation, each_database, installation
from benchmarks.load import load, request_bytes
from tests.processes import Server

QUESTION = "memory"
IDLE_MB, FLAT = 120.0, 1.05
# Every thread has worked and every cache is filled after so many.
WARM, PREDICTIONS, STEPS = 2_000, 100_000, 5


def resident(parent: int) -> float:
    """The MB of the largest process below this one: the worker."""
    lines = subprocess.run(
        ["ps", "-A", "-o", "ppid=,rss="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pairs = [tuple(map(int, line.split())) for line in lines]
    return max(kilobytes for ppid, kilobytes in pairs if ppid == parent) / 1024


def measure(made: Installation) -> None:
    server = Server(made.settings, made.folder / "server.log", workers=1)
    request = request_bytes(f"/api/v1/prediction/{made.flow_id}", made.secret)
    try:
        time.sleep(1)
        idle = resident(server.process.pid)
        load(server.port, request, requests=WARM)
        held = [resident(server.process.pid)]
        for _ in range(STEPS):
            load(server.port, request, connections=4, requests=PREDICTIONS // STEPS)
            held.append(resident(server.process.pid))
    finally:
        server.stop()
    note(f"{made.database}: idle {idle:.1f}, then {', '.join(f'{megabytes:.1f}' for megabytes in held)} MB")
    say(QUESTION, made.database, f"idle: {idle:.0f} MB", None, f"< {IDLE_MB:.0f} MB", idle < IDLE_MB)
    grown = held[-1] / held[0]
    figure = f"after {PREDICTIONS:,} predictions: {held[-1]:.1f} MB against {held[0]:.1f} after {WARM:,}"
    say(QUESTION, made.database, figure, grown, f"≤ {FLAT:.2f} x", grown <= FLAT)


def main() -> None:
    for database in each_database():
        with installation(database) as made:
            measure(made)


if __name__ == "__main__":
    main()
