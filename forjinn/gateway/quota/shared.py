"""Limits that several machines share through Redis, with the library `limits`."""

from __future__ import annotations

import time
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from forjinn.gateway.quota.window import Limits, Window

# A Redis that hangs must not hold up calls for longer, in seconds.
PATIENCE = 0.5

# Redis tells the rest of a window in whole seconds, rounded.
ROUNDING_SECONDS = 1.0
# Given back only to the window that it was taken from: the next one has longer to live.
GIVE_BACK = """
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[2]) then
    return redis.call('DECRBY', KEYS[1], ARGV[1])
end
return 0
"""


class SharedUnavailable(Exception):
    """Redis does not answer."""


class Shared:
    """A key's window begins with its first request, and is the same on all machines."""

    def __init__(self, url: str) -> None:
        self._storage = RedisStorage(
            url, wrap_exceptions=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._give_back = self._storage.storage.register_script(GIVE_BACK)

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
        return Window(admitted, *used, min(seconds, 60), None, by_tokens.reset_time)

    def add(self, key_id: UUID, limits: Limits, window: Window, tokens: int) -> None:
        """Count more tokens; below zero give back to the same window. Raises SharedUnavailable."""
        try:
            if tokens < 0:
                self._return(key_id, limits, window.until, -tokens)
                return
            self._limiter.hit(_items(limits)[1], str(key_id), "tokens", cost=tokens)
        except StorageError as error:
            raise SharedUnavailable(type(error.storage_error).__name__) from None
        except RedisError as error:
            raise SharedUnavailable(type(error).__name__) from None

    def _return(self, key_id: UUID, limits: Limits, until: float, tokens: int) -> None:
        left = until - time.time() + ROUNDING_SECONDS
        key = self._storage.prefixed_key(_items(limits)[1].key_for(str(key_id), "tokens"))
        self._give_back(keys=[key], args=[tokens, round(left * 1000)])


def _items(limits: Limits) -> tuple[RateLimitItemPerMinute, RateLimitItemPerMinute]:
    return (
        RateLimitItemPerMinute(limits.requests, namespace="forjinn"),
        RateLimitItemPerMinute(limits.tokens, namespace="forjinn"),
    )
