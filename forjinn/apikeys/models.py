from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.apikeys import shapes
from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model

LIVE = text("deleted_at IS NULL")


class ApiKey(Model):
    """A key of one workspace. The secret is not here, only its digest.

    Deleting sets `deleted_at`: the key is dead at once, and a later call can still be told so.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        Index(
            "uq_api_keys_live_name",
            "workspace_id",
            "name_key",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index(
            "uq_api_keys_live_digest",
            "digest",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        # For calls with a key: the live one first, else the tombstone that explains the refusal.
        Index("ix_api_keys_digest", "digest", "deleted_at"),
        # For the list and its search, which read only these columns until the page's rows are known.
        # `deleted_at` is always NULL here, but without it SQLite reads the row to see that.
        Index(
            "ix_api_keys_list",
            "workspace_id",
            "created_at",
            "id",
            "name_key",
            "deleted_at",
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        # A create form carries a token; sending it twice makes one key.
        UniqueConstraint("workspace_id", "form_token"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    hint: Mapped[str] = mapped_column(String(20))
    # What a token must look like to be this key's; see `shapes.py`.
    shape: Mapped[str] = mapped_column(String(10), server_default=shapes.PLAIN)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_address: Mapped[str | None] = mapped_column(String(45))
    form_token: Mapped[str | None] = mapped_column(String(64))

    @property
    def status(self) -> str:
        """live, disabled, expired or deleted."""
        if self.deleted_at:
            return "deleted"
        if self.disabled_at:
            return "disabled"
        return "expired" if self.expires_at and self.expires_at <= now() else "live"


class ApiKeyUsage(Model):
    """How often a key called a flow within one hour."""

    __tablename__ = "api_key_usage"

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    # Hours since 1970, UTC.
    hour: Mapped[int] = mapped_column(primary_key=True)
    # The nil UUID stands for a flow that does not exist. No foreign key: a flow's history outlives it.
    flow_id: Mapped[UUID] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)


class ApiKeyImport(Model):
    """An import of keys: one that waits for its confirmation, or the record of one that was applied."""

    __tablename__ = "api_key_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    mode: Mapped[str] = mapped_column(String(20))
    # Of the file as it came, in hexadecimal.
    sha256: Mapped[str] = mapped_column(String(64))
    # What the file says, without secrets; only while it waits.
    entries: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    added: Mapped[int] = mapped_column(default=0)
    overwritten: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
