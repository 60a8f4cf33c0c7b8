"""The list of a workspace's keys: pages by keyset, so that the last page costs what the first does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from forjinn.accounts.models import User
from forjinn.accounts.service import name_of
from forjinn.apikeys.models import ApiKey, ApiKeyUsage
from forjinn.apikeys.usage import hour_of
from forjinn.database import now
from forjinn.extensions import db
from forjinn.names import searched
from forjinn.paging import cursor, position
from forjinn.workspaces.models import Workspace

PAGE = 50
RECENT = timedelta(days=7)


@dataclass(frozen=True)
class KeyRow:
    """A key as the table shows it."""

    id: UUID
    name: str
    hint: str
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    last_used_address: str | None
    expires_at: datetime | None
    status: str
    calls_7d: int


@dataclass(frozen=True)
class Page:
    """`older` and `newer` are cursors for the neighbouring pages, or None."""

    rows: Sequence[KeyRow]
    older: str | None
    newer: str | None


def page(workspace: Workspace, *, q: str = "", after: str = "", before: str = "", size: int = PAGE) -> Page:
    """The newest keys first; `q` is a part of the name. An unreadable cursor gives the first page."""
    backwards = position(before)
    forwards = None if backwards else position(after)
    ids = _ids(workspace, q, forwards, backwards).limit(size + 1)
    found = list(db.session.execute(_rows(ids)).all())
    # One more than fits tells that there is a next page; going back, the surplus is at the newer end.
    surplus = len(found) > size
    found.sort(key=lambda row: (row.ApiKey.created_at, row.ApiKey.id.hex), reverse=True)
    found = found[-size:] if backwards else found[:size]
    counted = calls([row.ApiKey.id for row in found])
    rows = [_row(row.ApiKey, row.name, counted.get(row.ApiKey.id, 0)) for row in found]
    if not rows:
        return Page((), None, None)
    has_older = surplus if not backwards else True
    has_newer = surplus if backwards else forwards is not None
    return Page(rows, _cursor(rows[-1]) if has_older else None, _cursor(rows[0]) if has_newer else None)


def row(key: ApiKey) -> KeyRow:
    """One key as the table shows it."""
    return _row(key, name_of(key.created_by_id), calls([key.id]).get(key.id, 0))


def names_of(workspace: Workspace, key_ids: Collection[UUID]) -> dict[UUID, tuple[str, bool]]:
    """The names of these keys of the workspace, and whether each is deleted; unknown ids are left out."""
    rows = db.session.execute(
        select(ApiKey.id, ApiKey.name, ApiKey.deleted_at.is_not(None)).where(
            ApiKey.workspace_id == workspace.id, ApiKey.id.in_(key_ids)
        )
    )
    return {key_id: (name, deleted) for key_id, name, deleted in rows}


def has_any(workspace: Workspace) -> bool:
    """Whether the workspace has a live key at all."""
    return db.session.scalar(_ids(workspace, "", None, None).limit(1)) is not None


def _ids(
    workspace: Workspace,
    q: str,
    after: tuple[datetime, UUID] | None,
    before: tuple[datetime, UUID] | None,
) -> Select[UUID]:
    """The page's ids, read from the list's index alone."""
    place = tuple_(ApiKey.created_at, ApiKey.id)
    statement = select(ApiKey.id).where(ApiKey.workspace_id == workspace.id, ApiKey.deleted_at.is_(None))
    if q.strip():
        statement = statement.where(ApiKey.name_key.contains(searched(q), autoescape=True))
    if after:
        statement = statement.where(place < after)
    if before:
        return statement.where(place > before).order_by(ApiKey.created_at, ApiKey.id)
    return statement.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())


def _rows(ids: Select[UUID]) -> Select[ApiKey, str]:
    statement = select(ApiKey, User.name).join(User, User.id == ApiKey.created_by_id, isouter=True)
    return statement.where(ApiKey.id.in_(ids))


def calls(key_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often each key was used in the last 7 days; keys that were not are left out."""
    since = hour_of(now() - RECENT)
    rows = db.session.execute(
        select(ApiKeyUsage.api_key_id, func.sum(ApiKeyUsage.calls))
        .where(ApiKeyUsage.api_key_id.in_(key_ids), ApiKeyUsage.hour > since)
        .group_by(ApiKeyUsage.api_key_id)
    )
    return {key_id: int(calls) for key_id, calls in rows}


def _row(key: ApiKey, created_by: str | None, calls: int) -> KeyRow:
    return KeyRow(
        id=key.id,
        name=key.name,
        hint=key.hint,
        created_at=key.created_at,
        created_by=created_by,
        last_used_at=key.last_used_at,
        last_used_address=key.last_used_address,
        expires_at=key.expires_at,
        status=key.status,
        calls_7d=calls,
    )


def _cursor(row: KeyRow) -> str:
    return cursor(row.created_at, row.id)
