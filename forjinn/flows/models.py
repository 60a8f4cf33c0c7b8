from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model

CHATFLOW = "CHATFLOW"
AGENTFLOW = "AGENTFLOW"


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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
