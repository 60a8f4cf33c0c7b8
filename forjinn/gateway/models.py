from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model

OPENAI = "openai"
EMBEDDED = "embedded"


class LanguageModel(Model):
    """A model that the workspace's flows may call by its name."""

    __tablename__ = "language_models"
    __table_args__ = (UniqueConstraint("workspace_id", "name_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    # "openai": any endpoint that speaks OpenAI's protocol; "embedded": the model inside this server.
    kind: Mapped[str] = mapped_column(String(20), default=OPENAI)
    base_url: Mapped[str | None] = mapped_column(String(500))
    upstream: Mapped[str] = mapped_column(String(200))
    # Encrypted with a key made from the secret key, and never rendered.
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
