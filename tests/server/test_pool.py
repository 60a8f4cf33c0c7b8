"""The threads of a server after whatever its requests did: all come to rest, and the next is answered."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable

import pytest

from forjinn.bridge.pool import AT_ONCE, Pool


@pytest.mark.parametrize("threads", [1, 3, 16])
def test_after_a_mixed_load_all_threads_come_to_rest(threads: int) -> None:
    pool = Pool(threads)

    def waits() -> None:
        pool.step_aside()
        pool.step_aside()
        time.sleep(random.random() / 20)

    def fails_while_it_waits() -> None:
        pool.step_aside()
        raise SystemExit

    def fails() -> None:
        raise ValueError

    def is_stuck() -> None:
        time.sleep(random.random() / 20)

    kinds: list[Callable[[], None]] = [waits, fails_while_it_waits, fails, is_stuck, *[lambda: None] * 8]

    async def load() -> None:
        work = random.choices(kinds, k=300)
        for number, done in enumerate([pool.run(one) for one in work]):
            # Some clients leave.
            done.cancel() if number % 20 == 0 else await done
        while pool._open or pool._aside or pool._active != min(AT_ONCE, threads):
            await asyncio.sleep(0.01)
        assert pool._jobs.empty()
        await pool.run(lambda: None)

    asyncio.run(load())


def test_a_system_without_further_threads_costs_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(4)
    start = threading.Thread.start

    def is_refused(thread: threading.Thread) -> None:
        if thread.name.startswith("wsgi-") and thread.name != "wsgi-1":
            raise RuntimeError("can't start new thread")
        start(thread)

    async def load() -> None:
        monkeypatch.setattr(threading.Thread, "start", is_refused)
        slow = [pool.run(lambda: time.sleep(0.05)) for _ in range(4)]
        await asyncio.gather(*slow)
        monkeypatch.setattr(threading.Thread, "start", start)
        together = threading.Barrier(2)
        await asyncio.gather(*(pool.run(lambda: together.wait(30)) for _ in range(2)))

    asyncio.run(load())
