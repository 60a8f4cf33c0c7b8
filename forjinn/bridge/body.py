"""Collects request bodies, within limits, before a thread is taken."""

from __future__ import annotations

import asyncio
import io
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from forjinn.bounds import bound
from forjinn.bridge.environ import Environ
from forjinn.bridge.exchange import ClientGone, Receive

# How much of a refused body is still read and thrown away, in bytes, and for how long, in
# seconds. A client that reads only after it has written would see a reset, not the refusal.
DRAINED = bound("What is read and thrown away of a body that was refused", 64 * 1024 * 1024, "bytes")
DRAIN_SECONDS = bound("For how long it is read", 10, "seconds")
# A body that makes little progress may take so long, and one second more for each of so many bytes.
LONGEST_SECONDS = bound("For how long a body may come with less than a kilobyte a second", 60, "seconds")
SLOWEST_BYTES = 1024
# Of the bytes that a process holds: all that come from strangers, one stranger's, and one key's or account's.
STRANGERS_SHARE, STRANGER_SHARE, PAYER_SHARE = 1 / 4, 1 / 16, 1 / 2


class TooMany(Exception):
    """The process has as much as it may hold, of all or of this sender."""


class Stalled(Exception):
    """The body makes no progress."""


class Account(NamedTuple):
    """Against what the bytes of a body count: somebody whose key or session is known, or an address."""

    name: str
    is_known: bool


NOBODY = Account("", is_known=False)


@dataclass(slots=True)
class Body:
    """What came of a body so far. `complete` when nothing is left to read.

    `declared` is the size that its head says, in bytes, or None.
    """

    declared: int | None = None
    chunked: bool = False
    complete: bool = False
    account: Account = NOBODY
    size: int = 0
    began_at: float = 0.0
    chunks: deque[bytes] = field(default_factory=deque)

    @property
    def least(self) -> int:
        """What is known of the size, in bytes."""
        return self.size if self.declared is None else self.declared


class Bodies:
    """The bodies of a process: of at most `most_held` bytes together; each of at most `largest`, and of a
    stranger `largest_of_stranger`.

    A body that makes no progress for `stall_seconds` is given up.
    """

    def __init__(
        self, *, most_held: int, largest: int, largest_of_stranger: int, stall_seconds: float
    ) -> None:
        # A single body must fit, whatever the shares are.
        self.most_held = max(most_held, largest)
        self.most_of_strangers = max(int(most_held * STRANGERS_SHARE), largest_of_stranger)
        self.most_of_stranger = max(int(most_held * STRANGER_SHARE), largest_of_stranger)
        self.most_of_payer = max(int(most_held * PAYER_SHARE), largest)
        self.stall_seconds = stall_seconds
        self.held = self.held_of_strangers = 0
        self._held_by: dict[Account, int] = {}

    def begin(self, environ: Environ) -> Body:
        """The body of a request, of which nothing was read yet."""
        # The body is passed on in one piece: how it was cut must not be interpreted again.
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
        declared = _declared(environ)
        environ["wsgi.input"] = io.BytesIO()
        body = Body(declared, chunked)
        if declared is None and not chunked and environ["SERVER_PROTOCOL"].startswith("HTTP/1"):
            body.complete = True
        return body

    async def collect(self, body: Body, receive: Receive, limit: int) -> None:
        """Read until the body is complete, or larger than `limit` bytes.

        Raises ClientGone, Stalled, and TooMany; after the last one it can go on for another `account`.
        """
        if body.complete or body.least > limit:
            return
        loop = asyncio.get_running_loop()
        body.began_at = body.began_at or loop.time()
        while not body.complete and body.size <= limit:
            patience = min(self.stall_seconds, _latest(body) - loop.time())
            chunk, more = await _next(receive, patience)
            body.chunks.append(chunk)
            # Asking once more for the end of a body of known size costs a turn of the loop.
            body.complete = not more or body.size + len(chunk) == body.declared
            self._hold(body, len(chunk))
        if body.complete and body.declared is not None and body.size != body.declared:
            raise ClientGone

    def charge(self, body: Body, payer: str) -> None:
        """From now on it counts against somebody who is known. Raises TooMany."""
        size = body.size
        self.release(body)
        body.account = Account(payer, is_known=True)
        self._hold(body, size)

    def hand_over(self, body: Body, environ: Environ) -> None:
        """Give the body to the application: whole, or its size alone where it was not collected."""
        if body.complete and body.declared is None and not body.chunked:
            return
        environ["CONTENT_LENGTH"] = str(body.least)
        if not body.complete:
            body.chunks.clear()
        elif len(body.chunks) == 1:
            environ["wsgi.input"] = io.BytesIO(body.chunks.popleft())
        else:
            environ["wsgi.input"] = Pieces(body.chunks)

    def _hold(self, body: Body, size: int) -> None:
        account, before = body.account, self._held_by.get(body.account, 0)
        # Counted in any case: it has come, and is released with the rest.
        body.size += size
        self.held += size
        self._held_by[account] = of_account = before + size
        if not account.is_known:
            self.held_of_strangers += size
        if self.held > self.most_held or of_account > self._most_of(account):
            raise TooMany
        if not account.is_known and self.held_of_strangers > self.most_of_strangers:
            raise TooMany

    def _most_of(self, account: Account) -> int:
        return self.most_of_payer if account.is_known else self.most_of_stranger

    def release(self, body: Body) -> None:
        """Count the body as gone."""
        account, size = body.account, body.size
        body.size = 0
        self.held -= size
        if not account.is_known:
            self.held_of_strangers -= size
        left = self._held_by.get(account, 0) - size
        if left > 0:
            self._held_by[account] = left
        else:
            self._held_by.pop(account, None)

    async def drain(self, receive: Receive) -> None:
        """Read what is left of a body that was refused, and throw it away."""
        left = DRAINED
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                more = True
                while more and left > 0:
                    chunk, more = await _next(receive, self.stall_seconds)
                    left -= len(chunk)
        except (TimeoutError, ClientGone, Stalled):
            pass


class Pieces(io.RawIOBase):
    """A body as it came, piece by piece; each is let go when it was read, so that it is held only once."""

    def __init__(self, chunks: deque[bytes]) -> None:
        self._chunks = chunks
        # How much of the first one was read.
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._next(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def read(self, size: int | None = -1, /) -> bytes:
        # Written to memory that grows in place: a join would hold everything twice.
        whole, left = io.BytesIO(), sys.maxsize if size is None or size < 0 else size
        while left > 0 and (piece := self._next(left)):
            left -= whole.write(piece)
        return whole.getvalue()

    def _next(self, size: int) -> bytes:
        """At most `size` bytes of the first piece; none at the end."""
        while self._chunks:
            chunk, start = self._chunks[0], self._place
            self._place = start + size
            if self._place >= len(chunk):
                self._chunks.popleft()
                self._place = 0
            if start < len(chunk):
                return chunk[start : start + size]
        return b""


def _latest(body: Body) -> float:
    """Until when it must have come, in the seconds of the event loop."""
    return body.began_at + LONGEST_SECONDS + body.size / SLOWEST_BYTES


async def _next(receive: Receive, seconds: float) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        raise Stalled from None
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def _declared(environ: Environ) -> int | None:
    text: str | None = environ.get("CONTENT_LENGTH")
    if text is None:
        return None
    # The server has checked it; repeated ones that agree arrive as "5,5".
    return int(text.partition(",")[0])
