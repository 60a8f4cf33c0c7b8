"""What a flow did: its runs, and the conversations that it remembers. Every statement names its workspace."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import undefer

from forjinn import paging
from forjinn.database import writing
from forjinn.errors import NotFound
from forjinn.extensions import db
from forjinn.flows.models import Exchange, Flow, Run
from forjinn.paging import Page
from forjinn.workspaces.models import Workspace

PAGE = 25
MESSAGES = 50
# What `which` in the address of the runs' page stands for; each has an index of its own.
WHICH = {"calls": Run.tried_by_id.is_(None), "tries": Run.tried_by_id.is_not(None)}
# What every id of an exchange fits into.
LARGEST_ID = (1 << 63) - 1


class Conversation(NamedTuple):
    """`last_id` is the id of its latest exchange."""

    session_id: str
    exchanges: int
    last_id: int
    last_at: datetime


def runs(
    workspace: Workspace,
    flow: Flow,
    after: str = "",
    before: str = "",
    *,
    which: str = "",
    size: int = PAGE,
) -> Page[Run]:
    """The latest runs first, without their traces; `which` one of WHICH.

    An unreadable cursor gives the first page.
    """
    statement = select(Run).where(Run.workspace_id == workspace.id, Run.flow_id == flow.id)
    statement = statement.where(WHICH[which]) if which in WHICH else statement
    return paging.by_time(statement, Run.started_at, Run.id, after, before, size)


def run(workspace: Workspace, flow: Flow, run_id: UUID) -> Run:
    """One run with its trace."""
    found = db.session.scalar(
        select(Run)
        .where(Run.workspace_id == workspace.id, Run.flow_id == flow.id, Run.id == run_id)
        .options(undefer(Run.trace))
    )
    if found is None:
        raise NotFound("There is no such run of this flow. Runs are kept for a limited time.")
    return found


def conversations(
    workspace: Workspace, flow: Flow, after: str = "", before: str = "", *, size: int = PAGE
) -> Page[Conversation]:
    """Where somebody asked last comes first."""
    backwards, forwards = _place(before), _place(after)
    last = func.max(Exchange.id)
    statement = _summed(workspace, flow)
    if backwards is not None:
        statement = statement.having(last > backwards).order_by(last)
    else:
        statement = statement.order_by(last.desc())
        statement = statement.having(last < forwards) if forwards is not None else statement
    return paging.cut(
        _dated(workspace, statement.limit(size + 1), newest_first=backwards is None),
        size,
        lambda found: str(found.last_id),
        forwards=forwards is not None,
        backwards=backwards is not None,
    )


def conversation(workspace: Workspace, flow: Flow, session_id: str) -> Conversation:
    """Raises NotFound."""
    statement = _summed(workspace, flow).where(Exchange.session_id == _text(session_id))
    found = _dated(workspace, statement, newest_first=True)
    if not found:
        raise NotFound("There is no such conversation with this flow.")
    return found[0]


def exchanges(
    workspace: Workspace, flow: Flow, session_id: str, after: str = "", before: str = ""
) -> Page[Exchange]:
    """A page of a conversation, the latest exchange first."""
    backwards, forwards = _place(before), _place(after)
    statement = select(Exchange).where(*_of(workspace, flow, session_id))
    if backwards is not None:
        statement = statement.where(Exchange.id > backwards).order_by(Exchange.id)
    else:
        statement = statement.order_by(Exchange.id.desc())
        statement = statement.where(Exchange.id < forwards) if forwards is not None else statement
    return paging.cut(
        db.session.scalars(statement.limit(MESSAGES + 1)).all(),
        MESSAGES,
        lambda found: str(found.id),
        forwards=forwards is not None,
        backwards=backwards is not None,
    )


def forget(workspace: Workspace, flow: Flow, session_id: str) -> None:
    """Delete a conversation, and what its runs tell of it; that they ran, and how long, is kept.

    Raises NotFound when nothing of it is there.
    """
    runs = (Run.workspace_id == workspace.id, Run.flow_id == flow.id, Run.session_id == _text(session_id))
    with writing() as session:
        exchange = session.scalar(select(Exchange.id).where(*_of(workspace, flow, session_id)).limit(1))
        if exchange is None and session.scalar(select(Run.id).where(*runs).limit(1)) is None:
            raise NotFound("There is no such conversation with this flow.")
        session.execute(delete(Exchange).where(*_of(workspace, flow, session_id)))
        session.execute(update(Run).where(*runs).values(trace=None, error=""))


def remembers(workspace: Workspace, flow: Flow, session_id: str) -> bool:
    """Whether there is a conversation of this session."""
    found = select(Exchange.id).where(*_of(workspace, flow, session_id)).limit(1)
    return db.session.scalar(found) is not None


def _summed(workspace: Workspace, flow: Flow) -> Select[str, int, int]:
    """Session, number of exchanges, and the id of the last one: all in one index, so no text is read."""
    return (
        select(Exchange.session_id, func.count(), func.max(Exchange.id).label("last_id"))
        .join(Flow, Flow.id == Exchange.flow_id)
        .where(Flow.workspace_id == workspace.id, Exchange.flow_id == flow.id)
        .group_by(Exchange.session_id)
    )


def _dated(
    workspace: Workspace, statement: Select[str, int, int], *, newest_first: bool
) -> list[Conversation]:
    found = db.session.execute(statement).all()
    dates = select(Exchange.id, Exchange.created_at).where(
        Exchange.workspace_id == workspace.id, Exchange.id.in_([row.last_id for row in found])
    )
    at = {row.id: row.created_at for row in db.session.execute(dates)}
    # One that was deleted in between has no date any more.
    dated = [Conversation(*row, at[row.last_id]) for row in found if row.last_id in at]
    return sorted(dated, key=lambda one: one.last_id, reverse=newest_first)


def _of(workspace: Workspace, flow: Flow, session_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Exchange.workspace_id == workspace.id,
        Exchange.flow_id == flow.id,
        Exchange.session_id == _text(session_id),
    )


def _text(session_id: str) -> str:
    """PostgreSQL cannot even look for a NUL character."""
    return session_id.replace("\x00", "")


def _place(cursor: str) -> int | None:
    number = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 20 else -1
    return number if 0 <= number <= LARGEST_ID else None
