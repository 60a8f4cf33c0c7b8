"""Applies a plan in one transaction: readers see the old set of keys or the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn.accounts.models import User
from forjinn.apikeys.models import ApiKey, ApiKeyImport
from forjinn.apikeys.transfer import planning
from forjinn.apikeys.transfer.entries import Entry
from forjinn.apikeys.transfer.live import Live
from forjinn.apikeys.transfer.planning import ADDED, DELETED, OVERWRITTEN, Plan, Row
from forjinn.database import insert_rows, now, writing
from forjinn.errors import DomainError, Refused
from forjinn.workspaces.models import Workspace

PORTION = 2_000
# No name that a person gives can look like this: it holds a control character.
PARKED = "\x01"
ADDED_COLUMNS = (
    "id", "workspace_id", "name", "name_key", "digest", "hint", "shape", "created_at", "created_by_id"
)  # fmt: skip
Progress = Callable[[int], None]


class KeysChanged(DomainError):
    """The keys are not those of the plan that was shown; nothing was imported."""


class PlanRefused(Refused):
    """Entries of the plan are refused, so nothing is imported."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(f"Nothing was imported: {len(plan.refused)} of the entries are refused.")


def apply(
    workspace: Workspace,
    entries: Sequence[Entry],
    mode: str,
    *,
    by: User | None,
    sha256: str,
    shown: str | None = None,
    progress: Progress = lambda _done: None,
) -> Plan:
    """Import the entries; return what was done. `progress` is told how many rows each step wrote.

    `shown` is the fingerprint of the plan that somebody agreed to. Raises KeysChanged when it is
    no longer the plan, PlanRefused, and Refused for an empty file with replace-all.
    """
    check(entries, mode)
    try:
        with writing() as session:
            # Two imports into one workspace go one after the other.
            session.execute(select(Workspace.id).where(Workspace.id == workspace.id).with_for_update())
            plan = planning.make(session, workspace, entries, mode, lock=True)
            if shown is not None and plan.fingerprint != shown:
                raise KeysChanged("The keys have changed since this plan was made. Nothing was imported.")
            if plan.refused:
                raise PlanRefused(plan)
            _write(session, workspace, plan, by, progress)
            session.add(record(workspace, mode, by=by, sha256=sha256, plan=plan))
    except IntegrityError as error:
        # Somebody made or renamed a key in the same moment.
        raise KeysChanged("The keys have changed in the same moment. Nothing was imported.") from error
    return plan


def check(entries: Sequence[Entry], mode: str) -> None:
    if mode == "replace-all" and not entries:
        raise Refused("The file holds no keys. Replace all would delete every key, so it is refused.", "file")


def record(workspace: Workspace, mode: str, *, by: User | None, sha256: str, plan: Plan) -> ApiKeyImport:
    counts = plan.totals
    return ApiKeyImport(
        workspace_id=workspace.id,
        by_id=by.id if by else None,
        mode=mode,
        sha256=sha256,
        added=counts["added"],
        overwritten=counts["overwritten"],
        kept=counts["kept"],
        deleted=counts["deleted"],
        applied_at=now(),
    )


def _write(session: Session, workspace: Workspace, plan: Plan, by: User | None, progress: Progress) -> None:
    at = now()
    deleted = [row for row in plan.rows if row.action == DELETED]
    changed = [row for row in plan.rows if row.action == OVERWRITTEN]
    added = [row for row in plan.rows if row.action == ADDED]
    deletion = {"deleted_at": at, "deleted_by_id": by.id if by else None}
    for portion in _portions(deleted, progress):
        _update(session, workspace, [{"key": _id(row)} | deletion for row in portion])
    # Names may be swapped among keys: all are taken off before any is given.
    renamed = [row for row in changed if row.key and row.entry and row.key.name_key != row.entry.name_key]
    for portion in _portions(renamed, progress):
        _update(
            session, workspace, [{"key": _id(row), "name_key": PARKED + str(_id(row))} for row in portion]
        )
    for portion in _portions(changed, progress):
        _update(session, workspace, [_overwritten(row) for row in portion])
    # In the order of the largest index: among a million keys each of its pages is visited once.
    added.sort(key=lambda row: _entry(row).digest)
    for portion in _portions(added, progress):
        rows = (_added(row, workspace, by, at) for row in portion)
        insert_rows(session.connection(), cast(Table, ApiKey.__table__), ADDED_COLUMNS, rows)


def _update(session: Session, workspace: Workspace, rows: list[dict[str, Any]]) -> None:
    """Set the other members of each row on the key of the workspace that `key` names, which the plan holds.

    The workspace is written so that PostgreSQL does not look for its keys: where it has not counted them yet,
    it takes them for a few and reads all for each row.
    """
    ours = ((ApiKey.workspace_id == workspace.id).is_(True), ApiKey.id == bindparam("key"))
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "key"}
    statement = update(ApiKey.__table__).where(*ours).values(**values)  # type: ignore[arg-type]
    session.connection().execute(statement, rows)


def _overwritten(row: Row) -> dict[str, Any]:
    entry = _entry(row)
    return {
        "key": _id(row),
        "name": entry.name,
        "name_key": entry.name_key,
        "digest": entry.digest,
        "hint": entry.hint,
        "shape": entry.shape,
    }


def _added(row: Row, workspace: Workspace, by: User | None, at: datetime) -> tuple[Any, ...]:
    """The values of ADDED_COLUMNS."""
    entry = _entry(row)
    who = by.id if by else None
    created_at = entry.created_at or at
    value = entry.digest, entry.hint, entry.shape
    return uuid4(), workspace.id, entry.name, entry.name_key, *value, created_at, who


def _id(row: Row) -> UUID:
    return cast(Live, row.key).id


def _entry(row: Row) -> Entry:
    return cast(Entry, row.entry)


def _portions(rows: list[Row], progress: Progress) -> Iterator[list[Row]]:
    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        yield portion
        progress(len(portion))
