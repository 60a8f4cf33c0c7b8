"""A load generator: many connections that each send one request as soon as the last is answered.

It runs in a process of its own (`python -m benchmarks.load`), the same for everything that is
compared, and says how busy it was: near 1 it would have measured itself.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# Whatever happens to the server, a run ends this many seconds after it should have.
PATIENCE = 60.0


@dataclass(frozen=True)
class Run:
    """`statuses` counts answers by status; `busy` is the generator's share of one core."""

    requests: int
    seconds: float
    statuses: dict[str, int]
    busy: float
    median_ms: float
    p99_ms: float
    reconnects: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


def request_bytes(path: str, secret: str, body: bytes = b'{"question":"How are you?"}') -> bytes:
    """A prediction call as a client would send it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load(
    port: int, request: bytes, *, connections: int = 16, seconds: float = 600, requests: int = 1 << 30
) -> Run:
    """Send `request` over and over to 127.0.0.1, for so long or so often, whichever ends first."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        str(port),
        str(connections),
        str(seconds),
        str(requests),
    ]
    done = subprocess.run(
        command, input=request, capture_output=True, timeout=seconds + PATIENCE, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return Run(**json.loads(done.stdout))


class Generator:
    def __init__(self, port: int, request: bytes, requests: int) -> None:
        self.port, self.request, self.left = port, request, requests
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.reconnects = 0
        self.loop = asyncio.get_running_loop()
        self.stopped = self.loop.create_future()
        self.tasks: set[asyncio.Task[Any]] = set()

    def connect(self) -> None:
        task = self.loop.create_task(
            self.loop.create_connection(lambda: Connection(self), "127.0.0.1", self.port)
        )
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def answered(self, status: str, seconds: float) -> bool:
        """Count an answer; whether another request is wanted."""
        if self.stopped.done():
            return False
        self.statuses[status] += 1
        self.latencies.append(seconds)
        self.left -= 1
        if self.left <= 0:
            self.stopped.set_result(None)
        return self.left > 0


class Connection(asyncio.Protocol):
    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.buffer = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.write(self.generator.request)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = LENGTH.search(self.buffer, 0, head)
        if length is None:
            raise ValueError(f"an answer without Content-Length: {self.buffer[:head]!r}")
        if len(self.buffer) >= head + 4 + int(length[1]):
            status, self.buffer = self.buffer[9:12].decode(), b""
            if self.generator.answered(status, time.perf_counter() - self.sent_at):
                self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.generator.stopped.done():
            self.generator.reconnects += 1
            self.generator.connect()


async def _generate(port: int, request: bytes, connections: int, seconds: float, requests: int) -> Run:
    generator = Generator(port, request, requests)
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(connections):
        generator.connect()
    await asyncio.wait([generator.stopped], timeout=seconds)
    if not generator.stopped.done():
        generator.stopped.set_result(None)
    taken, used = time.perf_counter() - start, time.process_time() - cpu
    latencies = sorted(generator.latencies) or [0.0]
    return Run(
        requests=len(generator.latencies),
        seconds=taken,
        statuses=dict(generator.statuses),
        busy=used / taken,
        median_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1000,
        reconnects=generator.reconnects,
    )


def main() -> None:
    port, connections, seconds, requests = sys.argv[1:]
    try:
        loops = importlib.import_module("uvloop").new_event_loop
    except ImportError:  # there is none for Windows
        loops = asyncio.new_event_loop
    work = _generate(int(port), sys.stdin.buffer.read(), int(connections), float(seconds), int(requests))
    with asyncio.Runner(loop_factory=loops) as runner:
        print(json.dumps(vars(runner.run(work))))


if __name__ == "__main__":
    main()
