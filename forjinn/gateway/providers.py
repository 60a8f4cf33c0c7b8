"""Calls to OpenAI-compatible endpoints."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from forjinn.gateway import wire
from forjinn.gateway.completions import (
    Completion,
    Pieces,
    ProviderError,
    Request,
    RequestRefused,
    body_of,
    completion_of,
)
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.refusals import CALLERS_FAULT, refusal, unreachable

PATH = "/chat/completions"
LONGEST_ANSWER_BYTES = 16 << 20
# One line of a stream: a chunk holds a few characters, and what surrounds them.
LONGEST_LINE = 1 << 20
MOST_LISTED = 1000
WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def complete(upstream: Upstream, request: Request) -> Completion:
    """One chat completion, answered in one piece. Raises ProviderError."""
    with _calling(upstream, body_of(upstream, request, stream=False)) as response:
        answer = _json(_read(upstream, response))
        if response.status != 200:
            raise _refused(upstream, response.status, answer)
    return completion_of(upstream, answer)


def stream(upstream: Upstream, request: Request) -> Generator[str, None, Completion]:
    """The same, giving the text as it comes; at the end the whole. Raises ProviderError.

    Closing the generator closes the connection, and so stops the provider's work.
    """
    body = body_of(upstream, request, stream=True)
    with _calling(upstream, body) as response:
        if response.status != 200:
            raise _refused(upstream, response.status, _json(_read(upstream, response)))
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            # It cannot stream, and has answered in one piece.
            completion = completion_of(upstream, _json(_read(upstream, response)))
            yield completion.text
            return completion
        pieces = Pieces(upstream)
        for data in _events(upstream, response):
            if data == "[DONE]":
                pieces.ended = True
                break
            if text := pieces.add(data):
                yield text
        if not pieces.ended:
            raise ProviderError(f"The model {upstream.name!r} broke off in the middle of its answer.")
    return pieces.completion()


def _events(upstream: Upstream, response: wire.Answer) -> Iterator[str]:
    """The data of the server-sent events."""
    size = 0
    for line in _lines(upstream, response):
        size += len(line)
        if size > LONGEST_ANSWER_BYTES:
            raise _too_long(upstream)
        if line.startswith(b"data:"):
            data = line[5:].strip().decode("utf-8", "replace")
            if data:
                yield data


def _lines(upstream: Upstream, response: wire.Answer) -> Iterator[bytes]:
    # Not `splitlines`, which splits at characters that JSON may hold, too.
    rest = b""
    for chunk in response.chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > LONGEST_LINE:
            raise _too_long(upstream)
    yield rest


def _read(upstream: Upstream, response: wire.Answer) -> bytes:
    content = bytearray()
    for chunk in response.chunks:
        content += chunk
        if len(content) > LONGEST_ANSWER_BYTES:
            raise _too_long(upstream)
    return bytes(content)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _refused(upstream: Upstream, status: int, answer: Any) -> ProviderError:
    kind = RequestRefused if status in CALLERS_FAULT else ProviderError
    return kind(refusal(upstream, status, answer))


def _too_long(upstream: Upstream) -> ProviderError:
    return ProviderError(f"The model {upstream.name!r} answered more than 16 MB.")


def listed(upstream: Upstream) -> list[str]:
    """The ids of the endpoint's models, of `GET /models`. Raises ProviderError."""
    with _calling(upstream, None, "/models") as response:
        answer = _json(_read(upstream, response))
        if response.status != 200:
            raise _refused(upstream, response.status, answer)
    models = answer.get("data") if isinstance(answer, dict) else None
    ids = [one.get("id") for one in models or [] if isinstance(one, dict)]
    return sorted({one for one in ids if isinstance(one, str)})[:MOST_LISTED]


@contextmanager
def _calling(upstream: Upstream, body: dict[str, Any] | None, path: str = PATH) -> Iterator[wire.Answer]:
    try:
        response = wire.connections().ask(
            upstream.base_url + path,
            upstream.credential,
            None if body is None else WRITE(body).encode(),
            accept="text/event-stream" if body and body.get("stream") else "application/json",
        )
        try:
            yield response
        finally:
            response.close()
    except wire.Failed as failed:
        if failed.slow:
            raise ProviderError(f"The model {upstream.name!r} did not answer in time.") from None
        raise ProviderError(unreachable(upstream, failed.reason)) from None
