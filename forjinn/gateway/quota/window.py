"""A key's limits of a minute, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass

from forjinn.gateway.api.answers import GatewayError

# Fits PostgreSQL's INTEGER; no limit can be as high.
UNLIMITED = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Limits:
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a key used within a window that ends in `seconds`; `minute` when the database counted."""

    admitted: bool
    requests: int
    tokens: int
    seconds: int
    minute: int | None
    # When it ends, in Unix time, when Redis counted.
    until: float = 0.0

    def headers(self, limits: Limits) -> dict[str, str]:
        """OpenAI's `x-ratelimit-*`, for the limits that there are."""
        said = {}
        used = (("requests", limits.requests, self.requests), ("tokens", limits.tokens, self.tokens))
        for name, limit, count in used:
            if limit < UNLIMITED:
                said[f"x-ratelimit-limit-{name}"] = str(limit)
                said[f"x-ratelimit-remaining-{name}"] = str(max(0, limit - count))
                said[f"x-ratelimit-reset-{name}"] = f"{self.seconds}s"
        return said

    def refusal(self, limits: Limits) -> GatewayError:
        what = "requests" if self.requests >= limits.requests else "tokens"
        sentence = f"This gateway key may use {getattr(limits, what):,} {what} per minute, and has used them."
        headers = {"Retry-After": str(self.seconds)} | self.headers(limits)
        return GatewayError(429, "rate_limit_exceeded", sentence, headers)
