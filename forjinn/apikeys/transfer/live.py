"""The live keys that an import may touch, as far as a plan needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Select,
    any_,
    bindparam,
    column,
    select,
    table,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from forjinn.apikeys.models import ApiKey
from forjinn.apikeys.transfer.entries import Entry
from forjinn.workspaces.models import Workspace

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


# The other kind of key, of which this one only needs to know that a value is taken, dead or alive.
GATEWAY_DIGEST = column("digest", LargeBinary(32))
GATEWAY_DIGESTS = select(GATEWAY_DIGEST).select_from(table("gateway_keys", GATEWAY_DIGEST))

COLUMNS = tuple(getattr(ApiKey, name) for name in Live._fields)


def all_of(session: Session, workspace: Workspace, lock: bool) -> list[Live]:
    return list(_live(session, _in(workspace), lock))


def of_value(
    session: Session, workspace: Workspace, entries: Sequence[Entry]
) -> tuple[list[Live], set[bytes]]:
    """The live keys that have a value of the file: the workspace's, and the values of all others'.

    In which other workspace one is live is nobody's business.
    """
    ours: list[Live] = []
    foreign: set[bytes] = set()
    statement = select(*COLUMNS, ApiKey.workspace_id == workspace.id).where(
        ApiKey.deleted_at.is_(None), _among(session, ApiKey.digest)
    )
    for portion in _portions(entry.digest for entry in entries):
        for *row, is_ours in session.execute(statement, {"values": portion}):
            key = Live(*row)
            if is_ours:
                ours.append(key)
            else:
                foreign.add(key.digest)
    return ours, foreign


def of_gateway_keys(session: Session, entries: Sequence[Entry]) -> set[bytes]:
    """The values of the file that are those of gateway keys, deleted ones included, in any workspace."""
    statement = GATEWAY_DIGESTS.where(_among(session, GATEWAY_DIGEST))
    found: set[bytes] = set()
    for portion in _portions(entry.digest for entry in entries):
        found.update(session.scalars(statement, {"values": portion}))
    return found


def touched(
    session: Session, workspace: Workspace, entries: Sequence[Entry], valued: list[Live], lock: bool
) -> list[Live]:
    """The live keys whose name or value stands in the file, looked up in portions."""
    found = {key.id: key for key in valued}
    statement = _in(workspace).where(_among(session, ApiKey.name_key))
    for portion in _portions(entry.name_key for entry in entries):
        for key in _live(session, statement, False, portion):
            found[key.id] = key
    return _locked(session, workspace, found) if lock else list(found.values())


def _locked(session: Session, workspace: Workspace, ids: Iterable[UUID]) -> list[Live]:
    """These keys as they are now, held: in the order of ids over all portions, which `_live` asks for."""
    found: list[Live] = []
    statement = _in(workspace).where(_among(session, ApiKey.id))
    for portion in _portions(sorted(ids)):
        found += _live(session, statement, True, portion)
    return found


def _among(session: Session, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether the column has one of `values`. PostgreSQL plans one array much faster than 1,000 values."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(bindparam("values", type_=ARRAY(column.type)))
    return column.in_(bindparam("values", type_=column.type, expanding=True))


def _in(workspace: Workspace) -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).where(ApiKey.workspace_id == workspace.id, ApiKey.deleted_at.is_(None))


def _live(
    session: Session, statement: Select[*tuple[Any, ...]], lock: bool, values: Sequence[Any] | None = None
) -> Iterator[Live]:
    # In the order of ids, as the usage of keys is written: two writers never wait for each other.
    statement = statement.order_by(ApiKey.id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    for row in session.execute(statement, {} if values is None else {"values": values}):
        yield Live(*row)


def _portions(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while portion := list(islice(iterator, LOOK_UP)):
        yield portion
