from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model

CHATFLOW = "CHATFLOW"
AGENTFLOW = "AGENTFLOW"
# What the session of a try begins with when it was one of unsaved changes.
DRAFT = "draft:"


class Flow(Model):
    __tablename__ = "flows"
    __table_args__ = (Index(None, "workspace_id", "name_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[str] = mapped_column(String(20))
    # The agentflow JSON as it came, so that members unknown to us survive.
    graph: Mapped[str] = mapped_column(Text)
    # Grows with every change of the graph; what a process parsed is kept under id and version.
    version: Mapped[int] = mapped_column(default=1)
    deployed: Mapped[bool] = mapped_column(default=False)
    # Answers without a key, too.
    is_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The web origins whose pages may call it, one a line; none means all.
    origins: Mapped[str] = mapped_column(Text, default="", server_default="")
    # The inputs that a call's `overrideConfig` may change, as a JSON list of "<node id>.<input>".
    overridable: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Who made its graph another one, and when; None until somebody did.
    saved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Variable(Model):
    """What `{{ $vars.<name> }}` stands for in the flows of a workspace."""

    __tablename__ = "variables"

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    # Empty for a secret variable, whose value is encrypted and never shown again.
    value: Mapped[str] = mapped_column(Text)
    encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def is_secret(self) -> bool:
        return self.encrypted is not None


class Exchange(Model):
    """A question of a conversation and its answer. The ids grow in the order of arrival."""

    __tablename__ = "exchanges"
    # None on the workspace alone: SQLite would read all of a workspace's exchanges for each question.
    __table_args__ = (Index(None, "flow_id", "session_id", "id"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    session_id: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(Text)
    # None while the answer is being made, and for good when it failed.
    answer: Mapped[str | None] = mapped_column(Text)
    # The flow's state after the answer, as JSON, where the flow persists it.
    state: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def _runs_where(name: str, condition: str) -> Index:
    """Of some runs only, so that the last of them is found without a look at the others."""
    where = text(condition)
    return Index(name, "flow_id", "started_at", "id", sqlite_where=where, postgresql_where=where)


class Run(Model):
    """One prediction: who asked, how it went, and its trace."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "flow_id", "started_at", "id"),
        _runs_where("ix_runs_called", "tried_by_id IS NULL"),
        _runs_where("ix_runs_tried", "tried_by_id IS NOT NULL"),
        Index(None, "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flows.id", ondelete="CASCADE"))
    # None for a call without a key. No foreign key: a run must not stand in a key's way.
    api_key_id: Mapped[UUID | None]
    # Who tried it in the browser; None for a call. A try stays one when its user is gone.
    tried_by_id: Mapped[UUID | None]
    session_id: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    milliseconds: Mapped[int]
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    # FINISHED, ERROR, or STOPPED when the client went away.
    outcome: Mapped[str] = mapped_column(String(20))
    error: Mapped[str] = mapped_column(Text, default="")
    # WIRE's `agentFlowExecutedData` as JSON, compressed with zlib.
    trace: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    @property
    def of_draft(self) -> bool:
        """Whether somebody tried what they had not saved."""
        return self.tried_by_id is not None and self.session_id.startswith(DRAFT)


class PublicCalls(Model):
    """How many calls without a key an address made in a minute, counted since 1970."""

    __tablename__ = "public_calls"

    address: Mapped[str] = mapped_column(String(45), primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    calls: Mapped[int]
