"""What does a call cost through the gateway, over one straight to its upstream?

Asked in turn, so that whatever else the machine does falls on both alike. The upstream is the demo's
model where it is installed; a small server that answers at once shows what the gateway itself takes.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import sample
from statistics import median
from urllib.parse import urlsplit

from benchmarks.figures import note, say
from benchmarks.installation import Installation, each_database, installation
from forjinn.gateway import embedded
from forjinn.gateway import service as models
from forjinn.gateway.keys import service as keys
from forjinn.gateway.keys.service import Terms
from tests.processes import Server
from tests.streaming import Script, StreamingProvider

QUESTION = "gateway"
CALLS, MANY, IN_ALL = 40, 64, 10_000
SYSTEM = {"role": "system", "content": "You are a friendly assistant. Answer in one short sentence."}
ASKED = "What is the capital of France?"
# A model that was asked the same before has it in its cache. This is new each time, as callers' texts are.
NEW = "What did people in the year {} know of the year {}?"
# Tokens: such a call took 15 ms straight where the aim was set.
SHORT = 2
WHOLE_TIMES, STREAM_TIMES, MEMORY_TIMES = 1.2, 1.15, 1.1


@dataclass(frozen=True)
class Target:
    """Somewhere that speaks OpenAI's protocol."""

    port: int
    path: str
    key: str
    model: str


def measure(made: Installation, model: embedded.EmbeddedModel | None, instant: StreamingProvider) -> None:
    with made.app.app_context():
        models.add(made.workspace, "instant", base_url=instant.url, upstream="up")
        if model is not None:
            models.add_embedded(made.workspace, "small")
        free = keys.issue(made.workspace, "Free", Terms(), by=None)[1]
        bounded = Terms(requests_per_minute=1_000_000, tokens_per_minute=1_000_000_000, budget_tokens=10**12)
        held = keys.issue(made.workspace, "Bounded", bounded, by=None)[1]
    with _served(made, model) as server:
        here = "/gateway/production/default/v1"
        gateway = Target(server.port, here, free, "instant")
        straight = Target(urlsplit(instant.url).port or 80, "/v1", "", "up")
        if model is not None:
            _compare(made, gateway, model)
        plain, through = _pair(straight, gateway, stream=False)
        _plain, limited = _pair(straight, Target(server.port, here, held, "instant"), stream=False)
        added = f"adds {through - plain:.2f} ms, with limits and a budget {limited - plain:.2f} ms"
        say(QUESTION, made.database, f"an upstream that answers at once: {added}")
        _many(made, gateway, instant)
        _memory(made, server, gateway)


def _compare(made: Installation, gateway: Target, model: embedded.EmbeddedModel) -> None:
    straight = Target(urlsplit(model.url).port or 80, "/v1", model.key, "small")
    through = Target(gateway.port, gateway.path, gateway.key, "small")
    for new, kind in ((True, "a new question"), (False, "the same question again")):
        for stream, times, what in (
            (False, WHOLE_TIMES, "a short answer"),
            (True, STREAM_TIMES, "a stream's first byte"),
        ):
            floor, ours = _pair(straight, through, stream=stream, new=new)
            figure = f"{kind}: {what} after {ours:.1f} ms, straight from the model {floor:.1f} ms"
            say(QUESTION, made.database, figure, ours / floor, f"≤ {times} x", ours <= times * floor)


def _pair(straight: Target, through: Target, *, stream: bool, new: bool = False) -> tuple[float, float]:
    """The median milliseconds of each, asked in turn; `new` questions, or always the same."""
    floor, ours = [], []
    for number in range(CALLS + 2):
        first, second = (
            _milliseconds(target, stream, NEW.format(*sample(range(1000, 2000), 2)) if new else ASKED)
            for target in (straight, through)
        )
        # The first calls load the model into the caches.
        if number > 1:
            floor.append(first)
            ours.append(second)
    return median(floor), median(ours)


def _milliseconds(target: Target, stream: bool, question: str = ASKED) -> float:
    """Until the whole answer has come, or the first bytes of a stream."""
    start = time.perf_counter()
    connection, answer = _asked(target, stream, question)
    answer.read1(65536) if stream else answer.read()
    taken = (time.perf_counter() - start) * 1000
    answer.read()
    connection.close()
    return taken


def _asked(
    target: Target, stream: bool, question: str
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    messages = [SYSTEM, {"role": "user", "content": question}]
    body = {
        "model": target.model,
        "messages": messages,
        "max_tokens": 4 if stream else SHORT,
        "stream": stream,
    }
    headers = {"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    connection.request("POST", f"{target.path}/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read().decode())
    return connection, answer


def _many(made: Installation, gateway: Target, instant: StreamingProvider) -> None:
    instant.script = Script(["Hel", 1.0, "lo"])
    start = time.perf_counter()
    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(lambda _number: _milliseconds(gateway, True), range(MANY)))
    taken = time.perf_counter() - start
    instant.script = Script()
    figure = f"{MANY} streams of 1 s at once end after {taken:.2f} s"
    say(QUESTION, made.database, figure, taken, "≤ 3 x", taken <= 3)


def _memory(made: Installation, server: Server, gateway: Target) -> None:
    """Resident memory of the server's processes over many calls."""
    _call(gateway, IN_ALL // 10)
    before = _resident(server)
    _call(gateway, IN_ALL)
    after = _resident(server)
    figure = f"{after:.0f} MB after {IN_ALL:,} more calls, {before:.0f} MB before"
    say(
        QUESTION, made.database, figure, after / before, f"≤ {MEMORY_TIMES} x", after <= MEMORY_TIMES * before
    )


def _call(target: Target, times: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: _milliseconds(target, False), range(times)))


def _resident(server: Server) -> float:
    """Megabytes of the server and its processes."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (parent, *children)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def _served(made: Installation, model: embedded.EmbeddedModel | None) -> Iterator[Server]:
    environment = {"FORJINN_EMBEDDED_URL": model.url, "FORJINN_EMBEDDED_KEY": model.key} if model else {}
    server = Server(made.settings | environment, made.folder / "server.log", workers=1)
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    with ExitStack() as until_the_end:
        model = None
        if embedded.available():
            model = until_the_end.enter_context(embedded.EmbeddedModel())
        else:
            note("Without the demo's model (make install-demo) only the gateway's own share is measured.")
        instant = until_the_end.enter_context(StreamingProvider())
        for database in each_database():
            with installation(database) as made:
                measure(made, model, instant)


if __name__ == "__main__":
    main()
