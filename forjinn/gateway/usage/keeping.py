"""Writes single requests, and deletes those that are too old or too many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select

from forjinn.database import now
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.models import GatewayRequest

# Of each configuration.
MOST_KEPT = 100_000


def write(connection: Connection, calls: Sequence[tuple[Called, bytes | None]]) -> None:
    """Each with its texts, as `texts.packed` made them."""
    keys = {UUID(str(called.key)) for called, _kept in calls}
    of_keys = {row.id: (row.workspace_id, row.configuration_id) for row in _live(connection, keys)}
    rows = [
        _row(called, kept, *of_keys[key])
        for called, kept in calls
        if (key := UUID(str(called.key))) in of_keys
    ]
    if rows:
        connection.execute(insert(GatewayRequest), rows)


def _live(connection: Connection, keys: set[UUID]) -> Sequence[Any]:
    # Of a configuration that was deleted nothing is kept, also not what comes in after that.
    return connection.execute(
        select(GatewayKey.id, GatewayKey.workspace_id, GatewayKey.configuration_id)
        .join(GatewayConfiguration, GatewayConfiguration.id == GatewayKey.configuration_id)
        .where(
            GatewayKey.id.in_(keys),
            GatewayConfiguration.deleted_at.is_(None),
        )
    ).all()


def _row(called: Called, kept: bytes | None, workspace_id: UUID, configuration_id: UUID) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "workspace_id": workspace_id,
        "configuration_id": configuration_id,
        "key_id": UUID(str(called.key)),
        "started_at": datetime.fromtimestamp(called.at, UTC),
        "endpoint": called.endpoint,
        "model": called.model,
        "status": called.status,
        "code": called.code,
        "input_tokens": called.input_tokens,
        "output_tokens": called.output_tokens,
        "milliseconds": called.milliseconds,
        "texts": kept,
    }


def tidy(connection: Connection, days: int) -> None:
    """Delete what is older than so many days (0: nothing is), and what is more than is kept."""
    if days:
        oldest = now() - timedelta(days=days)
        connection.execute(delete(GatewayRequest).where(GatewayRequest.started_at < oldest))
    for configuration_id in connection.scalars(select(GatewayConfiguration.id)).all():
        its_own = GatewayRequest.configuration_id == configuration_id
        too_many = (
            select(GatewayRequest.started_at)
            .where(its_own)
            .order_by(GatewayRequest.started_at.desc())
            .offset(MOST_KEPT)
            .limit(1)
        )
        if (last := connection.scalar(too_many)) is not None:
            connection.execute(delete(GatewayRequest).where(its_own, GatewayRequest.started_at <= last))
