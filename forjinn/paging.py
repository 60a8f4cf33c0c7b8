"""Pages by keyset: each begins where its neighbour ended, so that the last one costs what the first does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from forjinn.extensions import db

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


def by_time(
    statement: Select[Any],
    moment: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[UUID],
    after: str,
    before: str,
    size: int,
) -> Page[Any]:
    """The page of the rows that the statement finds. An unreadable cursor gives the first page."""
    backwards = position(before)
    forwards = None if backwards else position(after)
    place = tuple_(moment, row_id)
    if backwards:
        statement = statement.where(place > backwards).order_by(moment, row_id)
    else:
        statement = statement.order_by(moment.desc(), row_id.desc())
    if forwards:
        statement = statement.where(place < forwards)
    return cut(
        db.session.scalars(statement.limit(size + 1)).all(),
        size,
        lambda row: cursor(getattr(row, moment.key), getattr(row, row_id.key)),
        forwards=forwards is not None,
        backwards=backwards is not None,
    )


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
