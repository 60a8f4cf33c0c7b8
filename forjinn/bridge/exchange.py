"""One request and its answer, while the application works on it in a thread."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from typing import Any

from forjinn.bridge.environ import Environ, is_gateway_path

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# An answer whose size is known and at most this, in bytes, is sent from the event loop in one
# piece, so that a client who reads slowly holds no thread.
ONE_PIECE = 1024 * 1024
# A client that has taken nothing of a stream for this long, in seconds, counts as gone.
SEND_SECONDS = 60.0
HEARTBEAT = b": heartbeat\n\n"
# Where the environ holds the function that says whether the client went away.
CLIENT_GONE = "forjinn.client_gone"
# How long a request waits for somebody else before it looks whether its client is still there, in seconds.
LOOK_SECONDS = 0.1

log = logging.getLogger(__name__)


class ClientGone(Exception):
    """The client went away."""


class Exchange:
    """Calls `app` with `environ`. `work` belongs into a thread, all else into the event loop.

    `on_wait` is called in that thread when the work begins to wait for others.
    """

    def __init__(
        self,
        app: WSGIApp,
        environ: Environ,
        receive: Receive,
        send: Send,
        *,
        heartbeat_seconds: float,
        on_wait: Callable[[], None],
    ) -> None:
        self.app, self.environ = app, environ
        self.heartbeat_seconds, self.on_wait = heartbeat_seconds, on_wait
        self.receive, self.send = receive, send
        self.loop = asyncio.get_running_loop()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.size: int | None = None
        self.body: bytes | None = None
        self.streaming = self.started = self.gone = False
        # When it began to wait, 0 before; and when something was last sent, in the seconds of the event loop.
        self.asked_at = 0.0
        self.told_at = self.loop.time()
        self.watching: Future[None] | None = None
        # Lets a call that waits for somebody else see that nobody waits for it any more.
        environ[CLIENT_GONE] = self._is_gone

    def work(self) -> None:
        """Call the application; keep a short answer, send a long one chunk by chunk."""
        try:
            chunks = self.app(self.environ, self._start_response)
            try:
                self._take(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except ClientGone:
            pass
        except Exception:
            # Neither query nor headers: they may hold a key.
            request = self.environ["REQUEST_METHOD"], self.environ["PATH_INFO"]
            log.exception("The application failed on %s %s", *request)
            self._keep_error(500, "Something went wrong on the server.", "internal")
        finally:
            if self.watching is not None:
                self.watching.cancel()

    def _is_gone(self) -> bool:
        """Whether the client went away. Looking begins with a question that comes a while after the first.

        Most calls have been answered by then, and it would take the interpreter's lock from them.
        """
        if not self.asked_at:
            self._waits()
        elif time.monotonic() - self.asked_at > LOOK_SECONDS:
            self._look()
        return self.gone

    def _waits(self) -> None:
        """From now on it waits for a model or for its client, mostly."""
        self.asked_at = time.monotonic()
        self.on_wait()

    def _look(self) -> None:
        if self.watching is None:
            self.watching = asyncio.run_coroutine_threadsafe(self._watch(), self.loop)

    def let_go(self) -> None:
        """Break the circle of environ and exchange, which would hold the connection until it is found."""
        self.environ.pop(CLIENT_GONE, None)

    async def refuse(self, status: int, sentence: str, code: str) -> None:
        """Answer with an error without calling the application."""
        self._keep_error(status, sentence, code)
        await self.finish()

    def _keep_error(self, status: int, sentence: str, code: str) -> None:
        self.status, self.body = status, json.dumps(self._problem(status, sentence, code)).encode()
        self.headers = [
            (b"content-type", b"application/json"),
            (b"access-control-allow-origin", b"*"),
        ]
        if status == 503:
            self.headers.append((b"retry-after", b"1"))
        if status == 408:
            # What is left of the body must not be taken for the next request.
            self.headers.append((b"connection", b"close"))

    def _problem(self, status: int, sentence: str, code: str) -> dict[str, object]:
        if is_gateway_path(self.environ["PATH_INFO"].encode("latin-1")):
            kind = "invalid_request_error" if status < 500 else "api_error"
            return {"error": {"message": sentence, "type": kind, "param": None, "code": code}}
        # The API's shape of an error; a page that gets here is beyond caring.
        problem = {"statusCode": status, "success": False, "error": sentence, "message": sentence}
        return {**problem, "code": code}

    async def finish(self) -> None:
        """Send what `work` has kept. A stream that broke off is left without its end."""
        if self.body is not None and not self.started:
            await self._emit(self.body, more=False)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers]
        self.size = next((int(v) for n, v in self.headers if n == b"content-length"), None)
        return _write

    def _take(self, chunks: Iterable[bytes]) -> None:
        if self.environ["REQUEST_METHOD"] == "HEAD" or self.status in (204, 304):
            self.body = b""
        elif isinstance(chunks, list | tuple) or (self.size is not None and self.size <= ONE_PIECE):
            self.body = b"".join(chunks)
        else:
            self._stream(chunks)

    def _stream(self, chunks: Iterable[bytes]) -> None:
        self.streaming = True
        self._waits()
        beating: Future[None] | None = None
        try:
            for chunk in filter(None, chunks):
                self._emit_and_wait(chunk, more=True)
                if beating is None:
                    # After the first chunk, which somebody waits for.
                    self._look()
                    beating = asyncio.run_coroutine_threadsafe(self._beat(), self.loop)
            self._emit_and_wait(b"", more=False)
        finally:
            if beating is not None:
                beating.cancel()

    async def _watch(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone = True

    async def _beat(self) -> None:
        """Keep proxies from closing a stream that is silent: comments, which readers of events skip."""
        is_events = dict(self.headers).get(b"content-type", b"").startswith(b"text/event-stream")
        while is_events:
            await asyncio.sleep(self.told_at + self.heartbeat_seconds - self.loop.time())
            if self.loop.time() >= self.told_at + self.heartbeat_seconds:
                await self._emit(HEARTBEAT, more=True)

    def _emit_and_wait(self, chunk: bytes, *, more: bool) -> None:
        # Waiting for each chunk is what makes the application no faster than its client.
        if self.gone:
            raise ClientGone
        sent = asyncio.run_coroutine_threadsafe(self._emit(chunk, more=more), self.loop)
        try:
            sent.result(SEND_SECONDS)
        except Exception as error:
            sent.cancel()
            raise ClientGone from error

    async def _emit(self, chunk: bytes, *, more: bool) -> None:
        # The head waits for the first chunk (PEP 3333): until then a failure can be a 500.
        if not self.started:
            self.started = True
            head = {"type": "http.response.start", "status": self.status, "headers": self.headers}
            await self.send(head)
        self.told_at = self.loop.time()
        await self.send({"type": "http.response.body", "body": chunk, "more_body": more})


def _write(_: bytes) -> None:
    raise NotImplementedError("PEP 3333's write() is for applications older than iterables")
