"""Random ids, drawn from the system's generator many at a time.

Each question to the system lets the interpreter's lock go, and so wakes a thread that waits for it:
with 16 clients, that costs a prediction more than the random bytes.
"""

from __future__ import annotations

import os
from collections import deque
from uuid import UUID

_MANY = 256
_drawn: deque[bytes] = deque()
# A forked process must not give the same ids as the one that it was forked from.
os.register_at_fork(after_in_child=_drawn.clear)


def new() -> UUID:
    """A UUID of version 4, as unpredictable as `uuid4`'s."""
    try:
        drawn = _drawn.popleft()
    except IndexError:
        block = os.urandom(16 * _MANY)
        drawn = block[:16]
        _drawn.extend(block[start : start + 16] for start in range(16, len(block), 16))
    return UUID(bytes=drawn, version=4)


def of(value: object) -> UUID:
    """An id as a driver gives it: PostgreSQL's a UUID, SQLite's its digits."""
    return value if isinstance(value, UUID) else UUID(str(value))
