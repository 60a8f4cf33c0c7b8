from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    false,
    insert,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from forjinn.database import UtcDateTime, now
from forjinn.extensions import Model
from forjinn.names import folded
from forjinn.workspaces.models import Workspace

OPENAI = "openai"
LITELLM = "litellm"
EMBEDDED = "embedded"
DEFAULT = "default"
LIVE = text("deleted_at IS NULL")


class LanguageModel(Model):
    """One upstream of a model, which flows and the gateway call by its name.

    A name may have several: they are tried in the order of their positions, the first has 0.
    """

    __tablename__ = "language_models"
    __table_args__ = (UniqueConstraint("workspace_id", "name_key", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    # "openai" and "litellm": an endpoint that speaks OpenAI's protocol; "embedded": inside this server.
    kind: Mapped[str] = mapped_column(String(20), default=OPENAI)
    base_url: Mapped[str | None] = mapped_column(String(500))
    upstream: Mapped[str] = mapped_column(String(200))
    # Encrypted with a key made from the secret key, and never rendered.
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Millionths of a dollar for a million tokens.
    input_price: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    output_price: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # The names of members that callers may send beyond OpenAI's, as a JSON list.
    allowed_members: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def allowed(self) -> list[str]:
        names: list[str] = json.loads(self.allowed_members)
        return names


class GatewayConfiguration(Model):
    """What a gateway key is scoped to. Each workspace has `default` from the start, and always one.

    Deleting sets `deleted_at`: what its keys used is kept, and a call with one is told why it fails.
    """

    __tablename__ = "gateway_configurations"
    __table_args__ = (
        Index(
            "uq_gateway_configurations_live_name",
            "workspace_id",
            "name",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    # Stands in the endpoint's address.
    name: Mapped[str] = mapped_column(String(60))
    # The names of the models that it offers, as a JSON list; an empty one means all. By name, as callers
    # and keys have it: a model that is removed is not offered, and is again when it comes back.
    models: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    # Whether what is asked and answered is kept with each request.
    record_texts: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def offered(self) -> list[str]:
        """The names of the models that it offers; none means all."""
        names: list[str] = json.loads(self.models)
        return names

    def offers(self, name: str) -> bool:
        return not self.offered or folded(name) in map(folded, self.offered)


@event.listens_for(Workspace, "after_insert")
def _with_default(_mapper: Any, connection: Connection, workspace: Workspace) -> None:
    # Here, because workspaces know nothing of the gateway, and must never be without one.
    values = {"id": uuid4(), "workspace_id": workspace.id, "name": DEFAULT, "created_at": now()}
    connection.execute(insert(GatewayConfiguration).values(values))
