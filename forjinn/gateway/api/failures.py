"""What is said when an upstream fails: the right status, the provider's words without credentials."""

from __future__ import annotations

import json
from typing import Any

from forjinn.gateway import refusals
from forjinn.gateway.api.answers import GatewayError
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.refusals import CALLERS_FAULT, refusal

LONGEST_WORD = 100


class UpstreamFailed(Exception):
    """One upstream failed before its first byte; another may be tried, else `error` is the answer."""

    def __init__(self, error: GatewayError) -> None:
        self.error = error
        super().__init__(error.sentence)


def unreachable(upstream: Upstream, reason: str) -> UpstreamFailed:
    return UpstreamFailed(GatewayError(502, "upstream_unreachable", refusals.unreachable(upstream, reason)))


def too_slow(upstream: Upstream) -> UpstreamFailed:
    sentence = f"The model {upstream.name!r} did not answer in time."
    return UpstreamFailed(GatewayError(504, "upstream_timeout", sentence))


def not_json(upstream: Upstream) -> UpstreamFailed:
    sentence = f"The model {upstream.name!r} did not answer in OpenAI's format."
    return UpstreamFailed(GatewayError(502, "upstream_invalid", sentence))


def too_long(upstream: Upstream) -> UpstreamFailed:
    sentence = f"The model {upstream.name!r} answered more than the gateway passes on."
    return UpstreamFailed(GatewayError(502, "upstream_too_long", sentence))


def refused(upstream: Upstream, status: int, content: bytes, retry_after: str | None) -> Exception:
    """GatewayError when the client is at fault, UpstreamFailed when another upstream may do better."""
    said = _parsed(content)
    sentence = refusal(upstream, status, said)
    if status in CALLERS_FAULT:
        return GatewayError(status, _code(said) or "invalid_request", sentence)
    if status == 429:
        headers = {"Retry-After": retry_after} if retry_after and retry_after.isdigit() else {}
        return UpstreamFailed(GatewayError(429, "upstream_rate_limited", sentence, headers))
    # A 401 of the upstream is about its credential, not about the client's key.
    return UpstreamFailed(GatewayError(502, "upstream_error", sentence))


def broke_off(upstream: Upstream, said: object = None) -> bytes:
    """The event that tells a client of a failure in the middle of a stream."""
    error = GatewayError(502, "upstream_broke_off", refusal(upstream, None, said))
    return f"data: {json.dumps(error.content())}\n\n".encode()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _code(said: Any) -> str | None:
    error = said.get("error") if isinstance(said, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code[:LONGEST_WORD] if isinstance(code, str) and code.isascii() and code.isprintable() else None
