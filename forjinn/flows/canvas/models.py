from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model


class FlowDraft(Model):
    """What one person changed in a flow and did not save yet."""

    __tablename__ = "flow_drafts"
    __table_args__ = (UniqueConstraint("flow_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # The version of the flow that it began from, or was saved as.
    base: Mapped[int]
    # Grows with everything that is done to it, and never falls.
    revision: Mapped[int] = mapped_column(default=0)
    # None while it is the flow's own, of the version `base`.
    graph: Mapped[str | None] = mapped_column(Text, deferred=True)
    # The step that was done last, 0 for none; those after it can be done again.
    step: Mapped[int] = mapped_column(default=0)
    # The step at which it was as the flow is; None when undo no longer leads there.
    saved_step: Mapped[int | None] = mapped_column(default=0)
    # What was saved last: a save that is sent again, because its answer was lost, has succeeded.
    saved_token: Mapped[str | None] = mapped_column(String(40))
    # A digest of the form that changed it last, for the same reason.
    sent: Mapped[str | None] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class DraftStep(Model):
    """One change of a draft, as splices that can be taken back."""

    __tablename__ = "flow_draft_steps"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("flow_drafts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # What was done, in words: "Moved LLM".
    said: Mapped[str] = mapped_column(String(200))
    # JSON: lists of [at, removed, inserted], done one after the other.
    splices: Mapped[str] = mapped_column(Text)
    characters: Mapped[int]
