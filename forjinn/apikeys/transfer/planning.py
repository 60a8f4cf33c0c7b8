"""What an import would do, entry by entry, before anything changes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, any_, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forjinn.apikeys.models import ApiKey
from forjinn.apikeys.transfer.entries import Entry
from forjinn.workspaces.models import Workspace

MODES = {
    "add-new": ("Add new only", "imports only keys that do not exist yet"),
    "overwrite": ("Overwrite if exists", "replaces existing keys with the imported values"),
    "replace-all": ("Replace all", "deletes all existing keys, then imports"),
    "error": ("Error if exists", "aborts the import if any key name already exists"),
}
ADDED, OVERWRITTEN, KEPT, DELETED, REFUSED = ACTIONS = ("added", "overwritten", "kept", "deleted", "refused")
T = TypeVar("T")
# Bound values of one look-up; SQLite allows 32,766.
LOOK_UP = 1_000


class Live(NamedTuple):
    """A live key as far as a plan needs it."""

    id: UUID
    name: str
    name_key: str
    digest: bytes
    hint: str
    last_used_at: datetime | None
    last_used_address: str | None


class Row(NamedTuple):
    """One line of a plan. `stops` tells that a value which works now will not work any more."""

    action: str
    name: str
    why: str
    entry: Entry | None
    key: Live | None
    stops: bool


@dataclass(frozen=True)
class Plan:
    mode: str
    rows: Sequence[Row]

    @property
    def totals(self) -> dict[str, int]:
        counted = Counter(row.action for row in self.rows)
        return {action: counted[action] for action in ACTIONS}

    @property
    def stopping(self) -> list[Row]:
        return [row for row in self.rows if row.stops]

    @property
    def refused(self) -> list[Row]:
        """An import with a refused entry does nothing at all."""
        return [row for row in self.rows if row.action == REFUSED]

    @property
    def fingerprint(self) -> str:
        """The same for two plans that would do the same to the same keys."""
        digest = hashlib.sha256(self.mode.encode())
        for row in self.rows:
            said = (
                row.action,
                row.name,
                row.entry and row.entry.digest,
                row.key and (row.key.id, row.key.digest),
            )
            digest.update(repr(said).encode())
        return digest.hexdigest()


def make(
    session: Session, workspace: Workspace, entries: Sequence[Entry], mode: str, *, lock: bool = False
) -> Plan:
    """The plan on the keys as they are now. `lock` holds the keys it touches until the transaction ends."""
    if mode == "replace-all":
        live = list(_live(session, _in(workspace), lock))
    else:
        live = _touched(session, workspace, entries, lock)
    foreign = _foreign(session, workspace, entries)
    by_name = {key.name_key: key for key in live}
    by_digest = {key.digest: key for key in live}
    rows = list(_rows(entries, mode, by_name, by_digest, foreign))
    if mode == "replace-all":
        staying = {row.key.id for row in rows if row.key}
        rows += [
            Row(DELETED, key.name, "not in the file", None, key, True)
            for key in live
            if key.id not in staying
        ]
    return Plan(mode, rows)


def _rows(
    entries: Sequence[Entry],
    mode: str,
    by_name: dict[str, Live],
    by_digest: dict[bytes, Live],
    foreign: set[bytes],
) -> Iterator[Row]:
    taken: dict[UUID, Entry] = {}
    by_value = {by_digest[entry.digest].id for entry in entries if entry.digest in by_digest}
    for entry in entries:
        named, valued = by_name.get(entry.name_key), by_digest.get(entry.digest)
        if mode == "replace-all" and named and valued is None and named.id in by_value:
            # Another entry has this key's value and takes it along: its name is free.
            named = None
        row = _row(entry, mode, named, valued, entry.digest in foreign)
        if row.key is not None and row.action in (OVERWRITTEN, KEPT):
            other = taken.setdefault(row.key.id, entry)
            if other is not entry and mode != "add-new":
                why = f"entry {other.position} changes the same key “{row.key.name}”"
                row = Row(REFUSED, entry.name, why, entry, None, False)
        yield row


def _row(entry: Entry, mode: str, named: Live | None, valued: Live | None, foreign: bool) -> Row:
    """What happens to one entry, whose name is the live key `named` and whose value is `valued`."""
    key = named or valued
    if foreign:
        return Row(REFUSED, entry.name, "this key is in use elsewhere on this server", entry, None, False)
    if key is None:
        return Row(ADDED, entry.name, "", entry, None, False)
    if mode in ("error", "add-new"):
        why = "the name exists" if named else f"the key exists under another name, “{key.name}”"
        action = KEPT if mode == "add-new" else REFUSED
        return Row(action, entry.name, why, entry, key, False)
    if valued is None:
        return Row(OVERWRITTEN, entry.name, "its value becomes the imported one", entry, key, True)
    if named is not None and named.id != valued.id and mode == "overwrite":
        why = f"the name is one live key and the value another, “{valued.name}”"
        return Row(REFUSED, entry.name, why, entry, None, False)
    if valued.name == entry.name:
        return Row(KEPT, entry.name, "unchanged", entry, valued, False)
    return Row(OVERWRITTEN, entry.name, f"renamed from “{valued.name}”", entry, valued, False)


def _touched(session: Session, workspace: Workspace, entries: Sequence[Entry], lock: bool) -> list[Live]:
    """The live keys whose name or value stands in the file, looked up in portions."""
    found: dict[UUID, Live] = {}
    for portion in _portions(entry.name_key for entry in entries):
        for key in _live(session, _in(workspace).where(_among(session, ApiKey.name_key, portion)), False):
            found[key.id] = key
    for digests in _portions(entry.digest for entry in entries):
        for key in _live(session, _in(workspace).where(_among(session, ApiKey.digest, digests)), False):
            found[key.id] = key
    return _locked(session, workspace, found) if lock else list(found.values())


def _locked(session: Session, workspace: Workspace, ids: Iterable[UUID]) -> list[Live]:
    """These keys as they are now, held: in the order of ids over all portions, which `_live` asks for."""
    found: list[Live] = []
    for portion in _portions(sorted(ids)):
        found += _live(session, _in(workspace).where(_among(session, ApiKey.id, portion)), True)
    return found


def _foreign(session: Session, workspace: Workspace, entries: Sequence[Entry]) -> set[bytes]:
    """Values of the file that are live in another workspace. Which one is nobody's business."""
    found: set[bytes] = set()
    for portion in _portions(entry.digest for entry in entries):
        statement = select(ApiKey.digest).where(
            ApiKey.workspace_id != workspace.id,
            ApiKey.deleted_at.is_(None),
            _among(session, ApiKey.digest, portion),
        )
        found.update(session.scalars(statement))
    return found


def _among(session: Session, column: InstrumentedAttribute[T], values: list[T]) -> ColumnElement[bool]:
    """Whether the column has one of the values. PostgreSQL plans one array much faster than 1,000 values."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(values, ARRAY(column.type)))
    return column.in_(values)


def _in(workspace: Workspace) -> Select[UUID, str, str, bytes, str, datetime | None, str | None]:
    return select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.name_key,
        ApiKey.digest,
        ApiKey.hint,
        ApiKey.last_used_at,
        ApiKey.last_used_address,
    ).where(ApiKey.workspace_id == workspace.id, ApiKey.deleted_at.is_(None))


def _live(
    session: Session, statement: Select[UUID, str, str, bytes, str, datetime | None, str | None], lock: bool
) -> Iterator[Live]:
    # In the order of ids, as the usage of keys is written: two writers never wait for each other.
    statement = statement.order_by(ApiKey.id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    for row in session.execute(statement):
        yield Live(*row)


def _portions(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while portion := list(islice(iterator, LOOK_UP)):
        yield portion
