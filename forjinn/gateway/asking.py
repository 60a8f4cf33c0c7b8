"""What a flow asks a model: its upstreams are tried in order, with the same pauses as in the gateway."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from uuid import UUID

from flask import current_app

from forjinn.gateway import lookup, providers
from forjinn.gateway.completions import Completion, ProviderError, Request, RequestRefused
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.rotation import Rotation

FINAL = (RequestRefused,)
Pieces = Generator[str, None, Completion]


def complete(workspace_id: UUID, model: str, request: Request) -> Completion:
    """The answer in one piece. Raises ModelUnknown, ModelStopped, CredentialUnreadable, ProviderError."""
    upstreams = lookup.upstreams(workspace_id, model)
    return _rotation().first(
        upstreams, lambda upstream: providers.complete(upstream, request), ProviderError, final=FINAL
    )


def stream(workspace_id: UUID, model: str, request: Request) -> Pieces:
    """The same, giving the text as it comes; at the end the whole.

    Another upstream is tried until the first text: what was told cannot be taken back.
    """

    def begin(upstream: Upstream) -> tuple[Pieces, str | Completion]:
        pieces = providers.stream(upstream, request)
        try:
            return pieces, next(pieces)
        except StopIteration as end:
            # A model that only calls tools says nothing.
            return pieces, end.value

    upstreams = lookup.upstreams(workspace_id, model)
    pieces, first = _rotation().first(upstreams, begin, ProviderError, final=FINAL)
    with closing(pieces):
        if isinstance(first, Completion):
            return first
        yield first
        return (yield from pieces)


def _rotation() -> Rotation:
    rotation: Rotation = current_app.extensions["forjinn.rotation"]
    return rotation
