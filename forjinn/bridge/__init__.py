"""Serves a WSGI application from an ASGI server, so that slow clients hold no thread.

The event loop reads requests and writes answers; a thread is taken only while the application
works. ASGI, because its scope keeps the path as it was sent and every byte of a header.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable
from types import FrameType

from forjinn.bridge.body import Account, Bodies, Body, Stalled, TooMany
from forjinn.bridge.environ import Environ, environ_of, is_api_path, is_gateway_path
from forjinn.bridge.exchange import ClientGone, Exchange, Message, Receive, Send, WSGIApp
from forjinn.bridge.head import HEAD, Head
from forjinn.bridge.pool import AT_ONCE, Pool

__all__ = ["HEAD", "Bridge", "Head", "is_api_path", "is_gateway_path"]

# How long streams may go on after the server was asked to stop, in seconds.
LAST_REQUESTS = 5.0


log = logging.getLogger(__name__)


def _peer(environ: Environ) -> str:
    address: str = environ["REMOTE_ADDR"]
    return address


class Bridge:
    """The ASGI application around `app`, whose work is done by up to `threads`, `at_once` of them at a time.

    A body of up to `stranger_body` bytes is collected before `app` is called. For a larger one, and for
    one of a `sender` who has sent too much already, `app` is called with the head alone first, and says
    through its `Head` how much may come. What is larger is not collected: `app` sees its size without its
    content, and is expected to refuse it. `largest_body` is the most that `app` ever lets come, and
    `most_held` bounds the bytes of all bodies that a process holds at a time; a request beyond it gets a 503.
    A body that makes no progress for `stall_seconds` gets a 408. Each path of `apart` has a thread of its
    own, so that it is answered whatever the others wait for. A stream of server-sent events that is silent
    for `heartbeat_seconds` sends a comment. `on_shutdown` gives
    the callables that run at the end; when a request outlasts it they run twice, before and after.
    """

    def __init__(
        self,
        app: WSGIApp,
        *,
        threads: int,
        at_once: int = AT_ONCE,
        sender: Callable[[Environ], str] = _peer,
        stranger_body: int = 64 * 1024,
        largest_body: int = 1024 * 1024,
        most_held: int = 64 * 1024 * 1024,
        stall_seconds: float = 10.0,
        apart: Iterable[str] = (),
        heartbeat_seconds: float = 15.0,
        on_shutdown: Callable[[], list[Callable[[], object]]] = list,
    ) -> None:
        self.app = app
        self.on_shutdown = on_shutdown
        self.heartbeat_seconds = heartbeat_seconds
        self.sender, self.stranger_body = sender, stranger_body
        self.bodies = Bodies(
            most_held=most_held,
            largest=largest_body,
            largest_of_stranger=stranger_body,
            stall_seconds=stall_seconds,
        )
        self.pool = Pool(threads, at_once)
        self.apart = {path: Pool(1) for path in apart}
        self.running: set[Exchange] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        body = self.bodies.begin(environ)
        exchange = self._exchange(environ, receive, send)
        try:
            if body.complete or await self._collect(body, environ, receive, send):
                self.bodies.hand_over(body, environ)
                await self._work(exchange)
                await exchange.finish()
        except ClientGone:
            # It may have closed only its own direction, and still read.
            await exchange.refuse(400, "The body ends too early.", "body_incomplete")
        except Stalled:
            await exchange.refuse(408, "The body made no progress, and was given up.", "body_stalled")
            return
        except TooMany:
            await exchange.refuse(503, "The server is busy; try again.", "unavailable")
        finally:
            self.bodies.release(body)
            exchange.let_go()
        if not body.complete:
            await self.bodies.drain(receive)

    def _exchange(self, environ: Environ, receive: Receive, send: Send) -> Exchange:
        return Exchange(
            self.app,
            environ,
            receive,
            send,
            heartbeat_seconds=self.heartbeat_seconds,
            on_wait=self._pool_of(environ).step_aside,
        )

    async def _collect(self, body: Body, environ: Environ, receive: Receive, send: Send) -> bool:
        """Whether the body is to be given to the application, which else has answered the head.

        Raises ClientGone, Stalled, TooMany.
        """
        body.account = Account(self.sender(environ), is_known=False)
        too_many = False
        try:
            await self.bodies.collect(body, receive, self.stranger_body)
            if body.complete:
                return True
        except TooMany:
            # Of its address, or of all strangers; perhaps this is none.
            too_many = True
        head = environ[HEAD] = Head()
        question = self._exchange(environ.copy(), _never, send)
        await self._work(question)
        question.let_go()
        if not head.accepted:
            await question.finish()
            return False
        if head.payer is not None:
            self.bodies.charge(body, head.payer)
        elif too_many:
            raise TooMany
        await self.bodies.collect(body, receive, head.largest)
        return True

    async def _work(self, exchange: Exchange) -> None:
        self.running.add(exchange)
        try:
            await self._pool_of(exchange.environ).run(exchange.work)
        finally:
            self.running.discard(exchange)

    def _pool_of(self, environ: Environ) -> Pool:
        return self.apart.get(environ["PATH_INFO"], self.pool)

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


async def _never() -> Message:
    """What an application that has only a head receives: its body is not for it."""
    await asyncio.Event().wait()
    return {}
