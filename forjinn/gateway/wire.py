"""HTTP to the upstreams of models: httpcore's connections, without httpx around them.

What httpx adds (cookies, redirects, models of URLs and headers) no upstream needs, and it took a third of
what a call costs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import httpcore2
import httpx2
from flask import current_app

from forjinn import outgoing
from forjinn.connections import Closed
from forjinn.gateway.reasons import FAILURES, reason

# Nothing reached the other side; of a request that could not be written whole, not enough.
NOT_SENT = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
    httpcore2.LocalProtocolError,
    httpcore2.WriteError,
    httpcore2.WriteTimeout,
)


class Failed(Exception):
    """There is no answer, or no end of it; why, in words that hold neither address nor credential.

    `sent`: the request may have been received, and so be answered and charged for.
    """

    def __init__(self, reason: str, *, slow: bool = False, sent: bool = False) -> None:
        self.reason, self.slow, self.sent = reason, slow, sent
        super().__init__(reason)


@dataclass(slots=True)
class Answer:
    """`headers` by their names in lower case. Reading `chunks` raises Failed."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    _response: httpcore2.Response

    def close(self) -> None:
        """Free its connection; when it was not read to its end, that is closed, and so the upstream told."""
        self._response.close()


class Connections:
    """Those of a process to all upstreams. An admin chose their addresses, private ones too."""

    def __init__(self, seconds: float, connect_seconds: float) -> None:
        self._kept = outgoing.pool(guarded=False)
        self._timeouts = {"connect": connect_seconds, "read": seconds, "write": seconds, "pool": seconds}

    @cached_property
    def _new(self) -> httpcore2.ConnectionPool:
        """Keeps none, so that each request gets a new one. Seldom needed."""
        return outgoing.pool(guarded=False, max_idle=0)

    def ask(
        self, address: str, credential: str | None, content: bytes | None, *, accept: str = "application/json"
    ) -> Answer:
        """POST the JSON, or GET without any. Raises Failed."""
        with _in_plain_words():
            url, host = _place(address)
            response = self._response(_request(url, host, credential, content, accept, self._timeouts))
        headers = {name.lower().decode("ascii"): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, headers, _chunks(response, headers), response)

    def _response(self, request: httpcore2.Request) -> httpcore2.Response:
        try:
            return self._kept.handle_request(request)
        except Closed:
            # Others that were kept may have been closed as well.
            return self._new.handle_request(request)

    def close(self) -> None:
        self._kept.close()


def connections() -> Connections:
    made: Connections | None = current_app.extensions.get("forjinn.providers")
    if made is None:
        config = current_app.config
        made = Connections(config["FORJINN_PROVIDER_SECONDS"], config["FORJINN_PROVIDER_CONNECT_SECONDS"])
        # Two threads may both make one; the pool that loses is empty.
        made = current_app.extensions.setdefault("forjinn.providers", made)
    return made


@lru_cache(maxsize=512)
def _place(address: str) -> tuple[httpcore2.URL, bytes]:
    """Where to connect and what to ask there, and the Host header."""
    parsed = httpx2.URL(address)
    where = httpcore2.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )
    return where, parsed.netloc


def _request(
    url: httpcore2.URL,
    host: bytes,
    credential: str | None,
    content: bytes | None,
    accept: str,
    timeouts: dict[str, float],
) -> httpcore2.Request:
    headers = [
        (b"Host", host),
        (b"User-Agent", b"forjinn"),
        (b"Accept", accept.encode()),
        (b"Accept-Encoding", b"identity"),
    ]
    if credential:
        headers.append((b"Authorization", b"Bearer " + credential.encode("ascii", "replace")))
    if content is not None:
        headers += [
            (b"Content-Type", b"application/json"),
            (b"Content-Length", b"%d" % len(content)),
        ]
    extensions: dict[str, Any] = {"timeout": timeouts}
    method = b"GET" if content is None else b"POST"
    return httpcore2.Request(method, url, headers=headers, content=content, extensions=extensions)


def _chunks(response: httpcore2.Response, headers: Mapping[str, str]) -> Iterator[bytes]:
    with _in_plain_words():
        yield from _unpacked(response, headers) if "content-encoding" in headers else response.iter_stream()


def _unpacked(response: httpcore2.Response, headers: Mapping[str, str]) -> Iterable[bytes]:
    """Packed although nobody asked for it; a megabyte at a time, since what is small may be gigabytes."""
    return httpx2.Response(
        response.status, headers=dict(headers), content=response.iter_stream()
    ).iter_bytes()


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except (httpx2.InvalidURL, UnicodeError):
        raise Failed("its address cannot be read") from None
    except FAILURES as error:
        # Without its cause, whose request's headers hold the credential.
        slow, sent = isinstance(error, httpcore2.TimeoutException), not isinstance(error, NOT_SENT)
        raise Failed(reason(error), slow=slow, sent=sent) from None
