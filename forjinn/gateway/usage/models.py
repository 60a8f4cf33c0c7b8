from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime
from forjinn.extensions import Model


class GatewayRequest(Model):
    """One call with a gateway key: what came of it, and its texts where the configuration records them."""

    __tablename__ = "gateway_requests"
    __table_args__ = (Index(None, "configuration_id", "started_at", "id"), Index(None, "started_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    configuration_id: Mapped[UUID] = mapped_column(
        ForeignKey("gateway_configurations.id", ondelete="CASCADE")
    )
    key_id: Mapped[UUID] = mapped_column(ForeignKey("gateway_keys.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # What follows `/v1/` in the address.
    endpoint: Mapped[str] = mapped_column(String(40))
    # Empty where no model was found.
    model: Mapped[str] = mapped_column(String(100))
    # 499 when the client left before the end; 502 with a code also for a stream that broke off.
    status: Mapped[int]
    # Of the error, or empty.
    code: Mapped[str] = mapped_column(String(100), default="")
    input_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    milliseconds: Mapped[int]
    # As `texts.packed` made it.
    texts: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
