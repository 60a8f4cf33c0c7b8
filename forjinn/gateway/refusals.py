"""What a provider says when it refuses, made fit to be shown: one line, short, and without credentials."""

from __future__ import annotations

import re

from forjinn.gateway.lookup import Upstream

# Statuses for what the caller did wrong, and would do wrong at any upstream.
CALLERS_FAULT = frozenset({400, 409, 413, 415, 422})
LONGEST_MESSAGE = 500
SECRET_LIKE = re.compile(r"(?i)\b(?:bearer\s+|sk-|key-|api[-_]?key[=:]\s*)[^\s\"',]{4,}")


def unreachable(upstream: Upstream, reason: str) -> str:
    """The sentence for an upstream that was not even asked, or whose connection broke."""
    return f"The model {upstream.name!r} cannot be reached: {reason}."


def refusal(upstream: Upstream, status: int | None, answer: object) -> str:
    """The sentence for an error of the provider. `status` is None when it came within a stream."""
    how = "broke off" if status is None else f"answered with status {status}"
    said = answer.get("error", answer) if isinstance(answer, dict) else None
    if isinstance(said, dict):
        said = said.get("message") or said.get("detail")
    if not isinstance(said, str) or not said.strip():
        return f"The model {upstream.name!r} {how}."
    # Halves of characters and NUL could not be kept.
    said = " ".join(said.encode("utf-8", "replace").decode().replace("\x00", "").split())
    if upstream.credential:
        said = said.replace(upstream.credential, "…")
    said = SECRET_LIKE.sub("…", said)[:LONGEST_MESSAGE]
    return f"The model {upstream.name!r} {how}: {said}"
