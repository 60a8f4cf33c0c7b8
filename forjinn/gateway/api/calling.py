"""Calls the upstreams of a model in order, until one has begun to answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from flask import current_app

from forjinn import outgoing
from forjinn.errors import DomainError
from forjinn.gateway import providers
from forjinn.gateway.api import failures
from forjinn.gateway.api.answers import GatewayError
from forjinn.gateway.api.body import Body
from forjinn.gateway.api.failures import UpstreamFailed
from forjinn.gateway.lookup import Upstream, callable_of
from forjinn.gateway.rotation import Rotation

LONGEST_ANSWER_BYTES = 64 << 20
LONGEST_REFUSAL_BYTES = 1 << 20
# Only these can be asked to tell the usage at the end of a stream.
TELL_USAGE = frozenset({"chat/completions", "completions"})
Gone = Callable[[], bool] | None


@dataclass(slots=True)
class Begun:
    """What an upstream has begun to answer: all of it in `content`, or `first` and `chunks` of a stream."""

    upstream: Upstream
    response: httpx2.Response
    content: bytes = b""
    answer: Any = None
    first: bytes = b""
    chunks: Iterator[bytes] | None = None


def begin(endpoint: str, name: str, rows: tuple[tuple[Any, ...], ...], body: Body, gone: Gone) -> Begun:
    """Raises GatewayError with the last upstream's failure when none answers, and Abandoned."""
    rotation: Rotation = current_app.extensions["forjinn.rotation"]
    try:
        upstreams = callable_of(name, rows)
    except DomainError as reason:
        raise GatewayError(502, "upstream_unreachable", str(reason)) from reason
    try:
        with outgoing.patience(gone=gone):
            return rotation.first(
                upstreams, lambda upstream: _begin(endpoint, upstream, body), UpstreamFailed
            )
    except UpstreamFailed as failed:
        raise failed.error from None


def _begin(endpoint: str, upstream: Upstream, body: Body) -> Begun:
    response = _send(endpoint, upstream, body)
    try:
        begun = Begun(upstream, response)
        _take(begun, body.streams)
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        response.close()
        raise _named(upstream, error) from None
    except BaseException:
        response.close()
        raise
    return begun


def _send(endpoint: str, upstream: Upstream, body: Body) -> httpx2.Response:
    # Made anew: nothing of the client's head is passed on, least of all its key.
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if body.streams else "application/json",
        "Accept-Encoding": "identity",
    }
    if upstream.credential:
        headers["Authorization"] = f"Bearer {upstream.credential}"
    content = body.for_upstream(upstream.model, asks_usage=body.streams and endpoint in TELL_USAGE)
    client = providers.client()
    try:
        request = client.build_request(
            "POST", f"{upstream.base_url}/{endpoint}", content=content, headers=headers
        )
        return client.send(request, stream=True)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _named(upstream, error) from None


def _named(upstream: Upstream, error: Exception) -> UpstreamFailed:
    # Without its cause, whose request's headers hold the credential.
    slow = isinstance(error, httpx2.TimeoutException)
    return failures.too_slow(upstream) if slow else failures.unreachable(upstream, error)


def _take(begun: Begun, streams: bool) -> None:
    """Read an answer whole, or a stream's first bytes: until then another upstream may be tried."""
    response = begun.response
    if response.status_code != 200:
        content = _read(begun, LONGEST_REFUSAL_BYTES)
        retry_after = response.headers.get("retry-after")
        raise failures.refused(begun.upstream, response.status_code, content, retry_after)
    if streams and response.headers.get("content-type", "").startswith("text/event-stream"):
        begun.chunks = response.iter_bytes()
        begun.first = next(begun.chunks, b"")
        if not begun.first:
            raise failures.unreachable(begun.upstream, EOFError("a stream of nothing"))
        return
    begun.content = _read(begun, LONGEST_ANSWER_BYTES)
    begun.answer = _object(begun)


def _read(begun: Begun, most: int) -> bytes:
    content = bytearray()
    for chunk in begun.response.iter_bytes():
        content += chunk
        if len(content) > most:
            raise failures.too_long(begun.upstream)
    begun.response.close()
    return bytes(content)


def _object(begun: Begun) -> Any:
    try:
        answer = json.loads(begun.content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise failures.not_json(begun.upstream)
    return answer
