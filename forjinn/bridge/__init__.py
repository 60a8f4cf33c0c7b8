"""Serves a WSGI application from an ASGI server, so that slow clients hold no thread.

The event loop reads requests and writes answers; a thread is taken only while the application
works. ASGI, because its scope keeps the path as it was sent and every byte of a header.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from types import FrameType

from forjinn.bridge.body import Bodies, Body, TooManyBodies
from forjinn.bridge.environ import Environ, environ_of, is_api_path, is_gateway_path
from forjinn.bridge.exchange import ClientGone, Exchange, Message, Receive, Send, WSGIApp
from forjinn.bridge.pool import AT_ONCE, Pool

__all__ = ["Bridge", "is_api_path", "is_gateway_path"]

# How long streams may go on after the server was asked to stop, in seconds.
LAST_REQUESTS = 5.0

log = logging.getLogger(__name__)


class Bridge:
    """The ASGI application around `app`, whose work is done by up to `threads`, `at_once` of them at a time.

    `max_body` gives the largest body of a request, in bytes, that is collected; `app` sees a larger
    one as its size without its content, and is expected to refuse it. `max_held` bounds the bytes of all
    bodies that a process holds at a time; a request beyond it gets a 503. A stream of server-sent
    events that is silent for `heartbeat_seconds` sends a comment. `on_shutdown` gives
    the callables that run at the end; when a request outlasts it they run twice, before and after.
    """

    def __init__(
        self,
        app: WSGIApp,
        *,
        threads: int,
        at_once: int = AT_ONCE,
        max_body: Callable[[Environ], int],
        max_held: int = 64 * 1024 * 1024,
        heartbeat_seconds: float = 15.0,
        on_shutdown: Callable[[], list[Callable[[], object]]] = list,
    ) -> None:
        self.app = app
        self.on_shutdown = on_shutdown
        self.heartbeat_seconds = heartbeat_seconds
        self.bodies = Bodies(max_body, max_held)
        self.pool = Pool(threads, at_once)
        self.running: set[Exchange] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        exchange = Exchange(
            self.app,
            environ,
            receive,
            send,
            heartbeat_seconds=self.heartbeat_seconds,
            on_wait=self.pool.step_aside,
        )
        try:
            body = await self.bodies.collect(environ, receive)
        except ClientGone:
            # It may have closed only its own direction, and still read.
            await exchange.refuse(400, "The body ends too early.", "body_incomplete")
        except TooManyBodies:
            await exchange.refuse(503, "The server is busy; try again.", "unavailable")
        else:
            await self._answer(exchange, body)
            if not body.complete:
                await self.bodies.drain(receive)

    async def _answer(self, exchange: Exchange, body: Body) -> None:
        self.running.add(exchange)
        try:
            await self.pool.run(exchange.work)
            await exchange.finish()
        finally:
            self.running.discard(exchange)
            self.bodies.release(body)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._notice_signals()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._wrap_up()
        await send({"type": "lifespan.shutdown.complete"})

    def _notice_signals(self) -> None:
        """Know of the end before `lifespan.shutdown`: the server waits for all streams first."""
        loop = asyncio.get_running_loop()

        def on_signal(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(loop.call_later, LAST_REQUESTS, self._end_streams)
            before = handlers[number]
            if callable(before):
                before(number, frame)

        # The loop learns of signals from its wakeup descriptor, whoever else handles them.
        handlers = {int(n): signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        for number in handlers:
            signal.signal(number, on_signal)

    def _end_streams(self) -> None:
        for exchange in self.running:
            exchange.gone = True
        # Now, too: whatever still runs may be killed before it ends.
        self._wrap_up()

    def _wrap_up(self) -> None:
        for last in self.on_shutdown():
            try:
                last()
            except Exception:
                log.exception("Something went wrong while the server stopped")
