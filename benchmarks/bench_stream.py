"""How much later than straight from the model does the first token of a streamed answer come?

The model is the demo's, on this machine. Its own pace varies, so both ways are asked in turn.
"""

from __future__ import annotations

import http.client
import json
import time
from contextlib import ExitStack
from statistics import median
from urllib.parse import urlsplit

from benchmarks.figures import note, say
from benchmarks.installation import Installation, each_database, installation
from forjinn.flows import service as flows
from forjinn.gateway import embedded
from forjinn.gateway import service as models
from tests.processes import Server

QUESTION = "stream"
CALLS = 30
SYSTEM = "You are a friendly assistant. Answer in one short sentence."
ASKED = "What is the capital of France?"
TIMES, PLUS_MS = 1.15, 10.0


def measure(made: Installation, model: embedded.EmbeddedModel) -> None:
    with made.app.app_context():
        models.add_embedded(made.workspace, "small")
        flow = flows.create_chatflow(made.workspace, "Assistant", model="small", system=SYSTEM)
    environment = {"FORJINN_EMBEDDED_URL": model.url, "FORJINN_EMBEDDED_KEY": model.key}
    server = Server(made.settings | environment, made.folder / "server.log", workers=1)
    try:
        straight, through = [], []
        for number in range(CALLS + 2):
            first = _straight(model)
            second = _through(server.port, str(flow.id), made.secret, number)
            # The first calls load the model into the caches.
            if number > 1:
                straight.append(first)
                through.append(second)
    finally:
        server.stop()
    floor, ours = median(straight), median(through)
    most = TIMES * floor + PLUS_MS
    figure = f"first token after {ours:.1f} ms, straight from the model {floor:.1f} ms"
    aim = f"≤ {TIMES} x + {PLUS_MS:g} ms = {most:.1f} ms"
    say(QUESTION, made.database, figure, ours / floor, aim, ours <= most)


def _straight(model: embedded.EmbeddedModel) -> float:
    body = {
        "model": "small",
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}],
        "stream": True,
        "max_tokens": 20,
    }
    return _first(urlsplit(model.url).port or 80, "/v1/chat/completions", model.key, body, b'"content":"')


def _through(port: int, flow_id: str, key: str, number: int) -> float:
    # A conversation of its own each time: what is asked of the model stays the same.
    body = {"question": ASKED, "streaming": True, "chatId": f"bench-{number}"}
    return _first(port, f"/api/v1/prediction/{flow_id}", key, body, b'"event": "token"')


def _first(port: int, path: str, key: str, body: dict[str, object], token: bytes) -> float:
    """The milliseconds until this part of the answer has come; then the connection is closed."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.perf_counter()
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    seen = b""
    while token not in seen:
        more = answer.read1(65536)
        if not more:
            raise RuntimeError(seen.decode())
        seen += more
    taken = (time.perf_counter() - start) * 1000
    answer.close()
    connection.close()
    # The model notices that its reader left; the next call should find it idle.
    time.sleep(0.3)
    return taken


def main() -> None:
    if not embedded.available():
        note("Without the demo's model (make install-demo) there is nothing to measure.")
        return
    with ExitStack() as until_the_end:
        model = until_the_end.enter_context(embedded.EmbeddedModel())
        for database in each_database():
            with installation(database) as made:
                measure(made, model)


if __name__ == "__main__":
    main()
