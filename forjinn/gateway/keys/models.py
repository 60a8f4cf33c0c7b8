from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model

LIVE = text("deleted_at IS NULL")


class GatewayKey(Model):
    """A key of one gateway configuration. The secret is not here, only its digest.

    Deleting sets `deleted_at`, as it does for an API key. Money is in millionths of a dollar.
    """

    __tablename__ = "gateway_keys"
    __table_args__ = (
        Index(
            "uq_gateway_keys_live_label",
            "workspace_id",
            "label_key",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("uq_gateway_keys_live_digest", "digest", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_gateway_keys_digest", "digest", "deleted_at"),
        UniqueConstraint("workspace_id", "form_token"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    configuration_id: Mapped[UUID] = mapped_column(
        ForeignKey("gateway_configurations.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str] = mapped_column(String(100))
    label_key: Mapped[str] = mapped_column(String(300))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    hint: Mapped[str] = mapped_column(String(20))
    # The names of the models that it may call, as a JSON list; an empty one means all.
    models: Mapped[str] = mapped_column(Text, default="[]")
    requests_per_minute: Mapped[int | None]
    tokens_per_minute: Mapped[int | None]
    budget_tokens: Mapped[int | None] = mapped_column(BigInteger)
    budget_money: Mapped[int | None] = mapped_column(BigInteger)
    # What was charged so far to a key that has a budget.
    spent_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_money: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_address: Mapped[str | None] = mapped_column(String(45))
    form_token: Mapped[str | None] = mapped_column(String(64))

    @property
    def status(self) -> str:
        """live, paused, expired or deleted."""
        if self.deleted_at:
            return "deleted"
        if self.paused_at:
            return "paused"
        return "expired" if self.expires_at and self.expires_at <= now() else "live"

    @property
    def allowed(self) -> list[str]:
        """The names of the models that it may call; none means all."""
        names: list[str] = json.loads(self.models)
        return names


class GatewayUsage(Model):
    """What a key asked of a model on one day. Money is in millionths of a dollar."""

    __tablename__ = "gateway_usage"

    key_id: Mapped[UUID] = mapped_column(ForeignKey("gateway_keys.id", ondelete="CASCADE"), primary_key=True)
    # Days since 1970, UTC.
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # No foreign key: what was spent on a model outlives it. Empty where no model was found.
    model: Mapped[str] = mapped_column(String(100), primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger, default=0)
    errors: Mapped[int] = mapped_column(BigInteger, default=0)
    input_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    money: Mapped[int] = mapped_column(BigInteger, default=0)


class GatewayReservation(Model):
    """The most that a running request may cost; it counts until the request ends, or until `until`."""

    __tablename__ = "gateway_reservations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("gateway_keys.id", ondelete="CASCADE"), index=True)
    tokens: Mapped[int] = mapped_column(BigInteger)
    money: Mapped[int] = mapped_column(BigInteger)
    # Unix time. A process that was killed takes nothing back.
    until: Mapped[int] = mapped_column(BigInteger)


class GatewayMinute(Model):
    """What a key with limits used within one minute, over all processes of this database."""

    __tablename__ = "gateway_minutes"

    key_id: Mapped[UUID] = mapped_column(ForeignKey("gateway_keys.id", ondelete="CASCADE"), primary_key=True)
    # Minutes since 1970, UTC.
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    requests: Mapped[int] = mapped_column(default=0)
    tokens: Mapped[int] = mapped_column(BigInteger, default=0)
