"""Pages by keyset: each begins where its neighbour ended, so that the last one costs what the first does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

Row = TypeVar("Row")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The newest rows first. `older` and `newer` are cursors for the neighbouring pages, or None."""

    rows: Sequence[Row]
    older: str | None = None
    newer: str | None = None


def cut(
    found: Sequence[Row], size: int, cursor: Callable[[Row], str], *, forwards: bool, backwards: bool
) -> Page[Row]:
    """The page of what was found in the order of reading, one more than fits if there are more.

    `forwards` when it follows a page, `backwards` when it was read from an older one, the oldest first.
    """
    surplus = len(found) > size
    rows = list(found[:size])
    if backwards:
        rows.reverse()
    if not rows:
        return Page(())
    older = cursor(rows[-1]) if surplus or backwards else None
    newer = cursor(rows[0]) if (surplus if backwards else forwards) else None
    return Page(rows, older, newer)


def cursor(moment: datetime, row_id: UUID) -> str:
    """The place of a row in a list by time and id."""
    microseconds = (moment - EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(microseconds.to_bytes(8, "big") + row_id.bytes).decode()


def position(cursor: str) -> tuple[datetime, UUID] | None:
    """What `cursor` was made from; None when it is unreadable."""
    try:
        raw = base64.urlsafe_b64decode(cursor)
        moment = EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big"))
        return moment, UUID(bytes=raw[8:])
    except (ValueError, binascii.Error, OverflowError):
        return None
