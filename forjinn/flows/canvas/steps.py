"""The steps of a draft, which undo goes back and redo goes on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forjinn.database import now
from forjinn.extensions import db
from forjinn.flows.canvas import editing
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.models import DraftStep, FlowDraft
from forjinn.workspaces.models import Workspace

MOST_STEPS = 200
# Of one draft's steps together; the last one is always kept.
MOST_CHARACTERS = 16 << 20
LONGEST_SAID = 200
# After all was saved.
KEPT = timedelta(days=7)


def keep(session: Session, draft_id: UUID, number: int, change: Editing) -> None:
    """Keep a change as this step. Those that were undone before it are gone, and those of long ago."""
    mine = DraftStep.draft_id == draft_id
    session.execute(delete(DraftStep).where(mine, DraftStep.number >= number))
    splices = editing.as_text(change.rounds)
    session.add(
        DraftStep(
            draft_id=draft_id,
            number=number,
            said=change.said[:LONGEST_SAID],
            splices=splices,
            characters=len(splices),
        )
    )
    session.flush()
    session.execute(delete(DraftStep).where(mine, DraftStep.number <= number - MOST_STEPS))
    oldest = _oldest_that_fits(session, draft_id)
    session.execute(delete(DraftStep).where(mine, DraftStep.number < oldest))


def _oldest_that_fits(session: Session, draft_id: UUID) -> int:
    sizes = (
        select(DraftStep.number, DraftStep.characters)
        .where(DraftStep.draft_id == draft_id)
        .order_by(DraftStep.number.desc())
    )
    total = oldest = 0
    for number, characters in session.execute(sizes).all():
        total += characters
        if total > MOST_CHARACTERS and oldest:
            break
        oldest = number
    return oldest


def forget(session: Session, workspace: Workspace) -> None:
    """Steps that nobody went back by for days: those of drafts in which all is saved."""
    over = select(FlowDraft.id).where(
        FlowDraft.workspace_id == workspace.id,
        FlowDraft.graph.is_(None),
        FlowDraft.changed_at < now() - KEPT,
    )
    statement = delete(DraftStep).where(DraftStep.draft_id.in_(over))
    session.execute(statement.execution_options(synchronize_session=False))


def get(draft_id: UUID, number: int) -> DraftStep | None:
    return db.session.scalar(
        select(DraftStep)
        .where(DraftStep.draft_id == draft_id, DraftStep.number == number)
        .execution_options(populate_existing=True)
    )


def said(draft_id: UUID, *numbers: int) -> list[str | None]:
    """What these steps did, in words; None for those that are not there."""
    rows = db.session.execute(
        select(DraftStep.number, DraftStep.said).where(
            DraftStep.draft_id == draft_id, DraftStep.number.in_(numbers)
        )
    ).all()
    found: dict[int, str] = {row.number: row.said for row in rows}
    return [found.get(number) for number in numbers]
