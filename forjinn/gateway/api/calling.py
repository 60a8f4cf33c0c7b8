"""Calls the upstreams of a model in order, until one has begun to answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app

from forjinn import outgoing
from forjinn.errors import DomainError
from forjinn.gateway import wire
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
# What every answer has, that of a failed response as well.
RESULTS = frozenset({"choices", "data", "output"})
Gone = Callable[[], bool] | None
# Told of an upstream that was asked and whose answer is lost, and how many bytes of it had come.
Lost = Callable[[Upstream, int], None]


@dataclass(slots=True)
class Begun:
    """What an upstream has begun to answer: all of it in `content`, or `first` and `chunks` of a stream."""

    upstream: Upstream
    response: wire.Answer
    content: bytes = b""
    answer: Any = None
    first: bytes = b""
    chunks: Iterator[bytes] | None = None
    # How much of it has come.
    received: int = 0


def begin(
    endpoint: str, name: str, rows: tuple[tuple[Any, ...], ...], body: Body, gone: Gone, lost: Lost
) -> Begun:
    """Raises GatewayError with the last upstream's failure when none answers, and Abandoned."""
    rotation: Rotation = current_app.extensions["forjinn.rotation"]
    try:
        upstreams = callable_of(name, rows)
    except DomainError as reason:
        raise GatewayError(502, "upstream_unreachable", str(reason)) from reason
    try:
        with outgoing.patience(gone=gone):
            return rotation.first(
                upstreams, lambda upstream: _begin(endpoint, upstream, body, lost), UpstreamFailed
            )
    except UpstreamFailed as failed:
        raise failed.error from None


def _begin(endpoint: str, upstream: Upstream, body: Body, lost: Lost) -> Begun:
    begun: Begun | None = None
    try:
        begun = Begun(upstream, _send(endpoint, upstream, body))
        _take(begun, body.streams)
    except BaseException as error:
        if begun is not None:
            begun.response.close()
        if _was_answered(begun, error):
            lost(upstream, begun.received if begun else 0)
        if not isinstance(error, wire.Failed):
            raise
        raise _failure(upstream, error) from None
    return begun


def _failure(upstream: Upstream, failed: wire.Failed) -> UpstreamFailed:
    return failures.too_slow(upstream) if failed.slow else failures.unreachable(upstream, failed.reason)


def _was_answered(begun: Begun | None, error: BaseException) -> bool:
    """Whether the upstream may have worked on it: all but one that refused, or that nothing was sent to."""
    if begun is not None:
        return begun.response.status == 200
    return isinstance(error, outgoing.Abandoned) or (isinstance(error, wire.Failed) and error.sent)


def _send(endpoint: str, upstream: Upstream, body: Body) -> wire.Answer:
    # Its head is made anew: nothing of the client's is passed on, least of all its key.
    return wire.connections().ask(
        f"{upstream.base_url}/{endpoint}",
        upstream.credential,
        body.for_upstream(upstream.model, asks_usage=body.streams and endpoint in TELL_USAGE),
        accept="text/event-stream" if body.streams else "application/json",
    )


def _take(begun: Begun, streams: bool) -> None:
    """Read an answer whole, or a stream's first bytes: until then another upstream may be tried."""
    response = begun.response
    if response.status != 200:
        content = _read(begun, LONGEST_REFUSAL_BYTES)
        retry_after = response.headers.get("retry-after")
        raise failures.refused(begun.upstream, response.status, content, retry_after)
    if streams and response.headers.get("content-type", "").startswith("text/event-stream"):
        begun.chunks = response.chunks
        begun.first = next(begun.chunks, b"")
        if not begun.first:
            raise wire.Failed("its stream is empty")
        begun.received = len(begun.first)
        return
    begun.content = _read(begun, LONGEST_ANSWER_BYTES)
    begun.answer = _object(begun)
    if begun.answer.get("error") and not RESULTS & begun.answer.keys():
        # Some say with a 200 that they failed.
        raise failures.refused(begun.upstream, 200, begun.content, None)


def _read(begun: Begun, most: int) -> bytes:
    content = bytearray()
    for chunk in begun.response.chunks:
        content += chunk
        begun.received = len(content)
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
