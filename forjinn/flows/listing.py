"""The list of a workspace's flows: pages by keyset in the order of their names, without their graphs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import load_only

from forjinn import names, paging
from forjinn.extensions import db
from forjinn.flows.models import AGENTFLOW, CHATFLOW, Flow, Run
from forjinn.paging import Page
from forjinn.workspaces.models import Workspace

PAGE = 50
MOST_TO_CALL = 500
# What `type` in the page's address stands for, and the words for it.
TYPES = {"chatflow": (CHATFLOW, "Chatflows"), "agentflow": (AGENTFLOW, "Agentflows")}
COLUMNS = (Flow.id, Flow.name, Flow.name_key, Flow.type, Flow.deployed, Flow.is_public, Flow.updated_at)


@dataclass(frozen=True)
class FlowRow:
    """A flow as the table shows it. `last_called_at` does not count tries in the browser.

    `keys_7d` is how many keys called it in the last 7 days.
    """

    id: UUID
    name: str
    type: str
    deployed: bool
    is_public: bool
    updated_at: datetime
    last_called_at: datetime | None
    keys_7d: int


def page(
    workspace: Workspace, *, q: str = "", kind: str = "", after: str = "", before: str = "", size: int = PAGE
) -> Page[FlowRow]:
    """`q` is a part of the name, `kind` one of TYPES. An unreadable cursor gives the first page."""
    backwards = _position(before)
    forwards = None if backwards else _position(after)
    statement = _matching(workspace, q, kind)
    place = tuple_(Flow.name_key, Flow.id)
    if backwards:
        statement = statement.where(place < backwards).order_by(Flow.name_key.desc(), Flow.id.desc())
    else:
        statement = statement.order_by(Flow.name_key, Flow.id)
    if forwards:
        statement = statement.where(place > forwards)
    cut = paging.cut(
        db.session.scalars(statement.limit(size + 1)).all(),
        size,
        lambda flow: _cursor(flow.name_key, flow.id),
        forwards=forwards is not None,
        backwards=backwards is not None,
    )
    return Page(_rows(workspace, cut.rows), cut.older, cut.newer)


def row(workspace: Workspace, flow: Flow) -> FlowRow:
    """One flow as the table shows it."""
    return _rows(workspace, [flow])[0]


def _rows(workspace: Workspace, flows: Sequence[Flow]) -> list[FlowRow]:
    ids = [flow.id for flow in flows]
    calls, keys = _last_calls(workspace, ids), _callers(workspace, ids)
    return [
        FlowRow(
            id=flow.id,
            name=flow.name,
            type=flow.type,
            deployed=flow.deployed,
            is_public=flow.is_public,
            updated_at=flow.updated_at,
            last_called_at=calls.get(flow.id),
            keys_7d=keys.get(flow.id, 0),
        )
        for flow in flows
    ]


def has_any(workspace: Workspace, kind: str = "") -> bool:
    return db.session.scalar(_matching(workspace, "", kind).limit(1)) is not None


def every(workspace: Workspace) -> Sequence[Flow]:
    """All flows by name."""
    return db.session.scalars(_light(workspace).order_by(Flow.name_key, Flow.id)).all()


def to_call(workspace: Workspace) -> Sequence[Flow]:
    """The flows that answer calls, by name, at most 500."""
    statement = _light(workspace).where(Flow.deployed).order_by(Flow.name_key, Flow.id)
    return db.session.scalars(statement.limit(MOST_TO_CALL)).all()


def _light(workspace: Workspace) -> Select[Flow]:
    statement = select(Flow).where(Flow.workspace_id == workspace.id)
    # Graphs are large, and read only when somebody looks at them.
    return statement.options(load_only(*COLUMNS)).execution_options(populate_existing=True)


def _matching(workspace: Workspace, q: str, kind: str) -> Select[Flow]:
    statement = _light(workspace)
    if q.strip():
        statement = statement.where(Flow.name_key.contains(names.searched(q), autoescape=True))
    return statement.where(Flow.type == TYPES[kind][0]) if kind in TYPES else statement


def _last_calls(workspace: Workspace, flow_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each was called last. Each is one look at the end of an index, however many runs there are."""
    last = (
        select(Run.started_at)
        # Nothing beside the index: the workspace is that of the flow.
        .where(Run.flow_id == Flow.id, Run.tried_by_id.is_(None))
        # By all of the index: PostgreSQL would else walk all flows' runs by their time.
        .order_by(Run.started_at.desc(), Run.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    mine = (Flow.workspace_id == workspace.id, Flow.id.in_(flow_ids))
    rows = db.session.execute(select(Flow.id, last).where(*mine)).all()
    return {flow_id: at for flow_id, at in rows if at is not None}  # type: ignore[redundant-expr]


def _callers(workspace: Workspace, flow_ids: Sequence[UUID]) -> dict[UUID, int]:
    found: dict[UUID, int] = current_app.extensions["forjinn.flow_callers"](workspace, flow_ids)
    return found


def _cursor(name_key: str, flow_id: UUID) -> str:
    return base64.urlsafe_b64encode(flow_id.bytes + name_key.encode()).decode()


def _position(cursor: str) -> tuple[str, UUID] | None:
    try:
        raw = base64.urlsafe_b64decode(cursor)
        # PostgreSQL cannot even look for a NUL character.
        return raw[16:].decode().replace("\x00", ""), UUID(bytes=raw[:16])
    except (ValueError, binascii.Error):
        return None
