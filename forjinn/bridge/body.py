"""Collects request bodies, within limits, before a thread is taken."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass

from forjinn.bridge.environ import Environ
from forjinn.bridge.exchange import ClientGone, Receive

# How much of a refused body is still read and thrown away, in bytes, and for how long, in
# seconds. A client that reads only after it has written would see a reset, not the refusal.
DRAINED, DRAIN_SECONDS = 64 * 1024 * 1024, 10.0


class TooManyBodies(Exception):
    """The process already holds as much as it may."""


@dataclass(slots=True)
class Body:
    """What a request holds on to: `size` bytes; `complete` when nothing is left to read."""

    size: int
    complete: bool


class Bodies:
    """The bodies of a process: each of at most `limit_of` its request, in bytes; `most_held` together."""

    def __init__(self, limit_of: Callable[[Environ], int], most_held: int) -> None:
        self.limit_of, self.most_held = limit_of, most_held
        self.held = 0

    async def collect(self, environ: Environ, receive: Receive) -> Body:
        """Read the body into `wsgi.input`.

        Of a body over the limit only the size (so far) is passed on, as CONTENT_LENGTH: the
        application refuses it like any other. Raises ClientGone and TooManyBodies.
        """
        # The body is passed on in one piece: how it was cut must not be interpreted again.
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
        declared = _declared(environ)
        environ["wsgi.input"] = io.BytesIO()
        if declared is None and not chunked and environ["SERVER_PROTOCOL"].startswith("HTTP/1"):
            return Body(0, complete=True)
        limit = self.limit_of(environ)
        if declared is not None and declared > limit:
            environ["CONTENT_LENGTH"] = str(declared)
            return Body(0, complete=False)
        return await self._read(environ, receive, declared, limit)

    async def _read(self, environ: Environ, receive: Receive, declared: int | None, limit: int) -> Body:
        body = Body(0, complete=False)
        chunks: list[bytes] = []
        try:
            while not body.complete and body.size <= limit:
                chunk, more = await _next(receive)
                self._hold(body, len(chunk))
                chunks.append(chunk)
                # Asking once more for the end of a body of known size costs a turn of the loop.
                body.complete = not more or body.size == declared
            if body.complete and declared is not None and body.size != declared:
                raise ClientGone
        except BaseException:
            self.release(body)
            raise
        environ["CONTENT_LENGTH"] = str(body.size)
        if body.size <= limit:
            environ["wsgi.input"] = io.BytesIO(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        else:
            self.release(body)
        return body

    def _hold(self, body: Body, size: int) -> None:
        if self.held + size > self.most_held:
            raise TooManyBodies
        self.held += size
        body.size += size

    def release(self, body: Body) -> None:
        """Count the body as gone."""
        self.held -= body.size
        body.size = 0

    async def drain(self, receive: Receive) -> None:
        """Read what is left of a body that was refused, and throw it away."""
        left = DRAINED
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                more = True
                while more and left > 0:
                    chunk, more = await _next(receive)
                    left -= len(chunk)
        except (TimeoutError, ClientGone):
            pass


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def _declared(environ: Environ) -> int | None:
    text: str | None = environ.get("CONTENT_LENGTH")
    if text is None:
        return None
    # The server has checked it; repeated ones that agree arrive as "5,5".
    return int(text.partition(",")[0])
