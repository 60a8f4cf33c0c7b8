"""Limits that several machines share through Redis, with the library `limits`."""

from __future__ import annotations

import time
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from forjinn.gateway.quota.window import Limits, Window

# A Redis that hangs must not hold up calls for longer, in seconds.
PATIENCE = 0.5


class SharedUnavailable(Exception):
    """Redis does not answer."""


class Shared:
    """A key's window begins with its first request, and is the same on all machines."""

    def __init__(self, url: str) -> None:
        self._storage = RedisStorage(
            url, wrap_exceptions=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._limiter = FixedWindowRateLimiter(self._storage)

    def take(self, key_id: UUID, limits: Limits, tokens: int) -> Window:
        """Raises SharedUnavailable."""
        requests, of_tokens = _items(limits)
        try:
            # A limit of tokens that is used up refuses before the request is counted.
            room = self._limiter.test(of_tokens, str(key_id), "tokens")
            admitted = room and self._limiter.hit(requests, str(key_id), "requests")
            if admitted and tokens:
                self._limiter.hit(of_tokens, str(key_id), "tokens", cost=tokens)
            by_requests = self._limiter.get_window_stats(requests, str(key_id), "requests")
            by_tokens = self._limiter.get_window_stats(of_tokens, str(key_id), "tokens")
        except StorageError as error:
            raise SharedUnavailable(type(error.storage_error).__name__) from None
        seconds = max(1, round((by_requests if room else by_tokens).reset_time - time.time()))
        used = limits.requests - by_requests.remaining, limits.tokens - by_tokens.remaining
        return Window(admitted, *used, min(seconds, 60), None)

    def add(self, key_id: UUID, limits: Limits, tokens: int) -> None:
        """Raises SharedUnavailable."""
        try:
            self._limiter.hit(_items(limits)[1], str(key_id), "tokens", cost=tokens)
        except StorageError as error:
            raise SharedUnavailable(type(error.storage_error).__name__) from None


def _items(limits: Limits) -> tuple[RateLimitItemPerMinute, RateLimitItemPerMinute]:
    return (
        RateLimitItemPerMinute(limits.requests, namespace="forjinn"),
        RateLimitItemPerMinute(limits.tokens, namespace="forjinn"),
    )
