"""What a file says of one key, checked. The secret itself is gone once its digest is made."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any, NamedTuple

from forjinn import names
from forjinn.apikeys import shapes, token
from forjinn.database import now
from forjinn.errors import Refused

LONGEST_HINT = 20
# The year 1 is the year 0 in another time zone, which cannot be read back.
EARLIEST_YEAR = 1970
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
VISIBLE_ASCII = re.compile(r"[!-~]+")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# How other installations write the day: 26-Jul-24.
DAY = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{2})")


class Entry(NamedTuple):
    """One key of a file. `position` counts from 1; `created_at` is None when the file does not say it.

    `shape` is that of the tokens which may be this key's (`apikeys/shapes.py`).
    """

    position: int
    name: str
    digest: bytes
    hint: str
    created_at: datetime | None
    shape: str

    @property
    def name_key(self) -> str:
        """Not kept: folding a name again is cheaper than holding 100,000 more strings."""
        return names.folded(self.name)


class Problem(Exception):
    """What is wrong with one entry, without its name and never with its key."""


def from_secret(position: int, raw: dict[str, Any], name_member: str, key_member: str) -> Entry:
    """An entry that holds a key in the clear. Raises Problem."""
    name = checked_name(raw, name_member)
    key = _text(raw, key_member)
    if len(key) < shapes.SHORTEST:
        raise Problem(f"the key is {len(key)} characters; at least {shapes.SHORTEST} are needed")
    if len(key) > shapes.LONGEST:
        raise Problem(f"the key is {len(key)} characters; at most {shapes.LONGEST} are possible")
    if not VISIBLE_ASCII.fullmatch(key):
        raise Problem("the key holds spaces, control characters or characters beyond ASCII")
    if "," in key:
        raise Problem("the key holds a comma, which an Authorization header cannot carry")
    if key.startswith(token.GATEWAY_PREFIX):
        raise Problem("this is a gateway key, not an API key")
    digest, hint = token.digest(key), token.hint(key)
    return Entry(position, name, digest, hint, _day(raw.get("createdAt")), shapes.shape_of(key))


def from_digest(position: int, raw: dict[str, Any]) -> Entry:
    """An entry of our own export. Raises Problem."""
    name = checked_name(raw, "name")
    digest, hint = _text(raw, "digest"), _text(raw, "hint")
    if not HEX_DIGEST.fullmatch(digest):
        raise Problem("digest is not 64 hexadecimal digits")
    if len(hint) > LONGEST_HINT or not hint.isprintable():
        raise Problem(f"hint is longer than {LONGEST_HINT} characters or not printable")
    moment = _moment(raw.get("created_at"))
    # Exports from before shapes were kept do not say it.
    shape = raw.get("shape", shapes.GENERATED)
    if not isinstance(shape, str) or shape not in shapes.SHAPES:
        raise Problem(f"shape is not one of {', '.join(shapes.SHAPES)}")
    return Entry(position, name, bytes.fromhex(digest), hint, moment, shape)


def checked_name(raw: dict[str, Any], member: str) -> str:
    try:
        return names.checked(_text(raw, member))
    except Refused as refused:
        raise Problem(str(refused).rstrip(".")) from refused


def _text(raw: dict[str, Any], member: str) -> str:
    if member not in raw:
        raise Problem(f"{member} is missing")
    value = raw[member]
    if not isinstance(value, str):
        raise Problem(f"{member} is not a string")
    if not value.strip():
        raise Problem(f"{member} is blank")
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        in_utc = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None or in_utc.year < EARLIEST_YEAR:
        raise Problem("created_at is not a moment such as 2026-01-31T12:00:00+00:00")
    # A key cannot come from the future; it would stand above all others in the list.
    return min(in_utc, now())


def _day(value: object) -> datetime | None:
    match = DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in MONTHS:
        return None
    try:
        day = date(2000 + int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]))
    except ValueError:
        return None
    return min(datetime.combine(day, time(), UTC), now())


def packed(entries: Sequence[Entry]) -> bytes:
    """The entries as they wait between the plan and its confirmation: digests, no secrets."""
    data = BytesIO()
    # A line at a time: as one text they would take more memory than the file itself.
    with gzip.open(data, "wt", compresslevel=1, encoding="utf-8") as lines:
        for e in entries:
            moment = e.created_at.isoformat() if e.created_at else None
            lines.write(f"{json.dumps((e.position, e.name, e.digest.hex(), e.hint, moment, e.shape))}\n")
    return data.getvalue()


def unpacked(data: bytes) -> list[Entry]:
    with gzip.open(BytesIO(data), "rt", encoding="utf-8") as lines:
        return [_unpacked(line) for line in lines]


def _unpacked(line: str) -> Entry:
    # What an older version left waiting says no shape.
    position, name, digest, hint, moment, *shape = json.loads(line)
    at = datetime.fromisoformat(moment) if moment else None
    return Entry(position, name, bytes.fromhex(digest), hint, at, *(shape or [shapes.GENERATED]))
