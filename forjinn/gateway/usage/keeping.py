"""Writes single requests, and deletes those that are too old or too many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, and_, delete, insert, select

from forjinn import ids
from forjinn.database import now
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.models import GatewayRequest
from forjinn.workspaces.models import Workspace

# Of each configuration.
MOST_KEPT = 100_000


def write(connection: Connection, calls: Sequence[tuple[Called, bytes | None]]) -> None:
    """Each with its texts, as `texts.packed` made them."""
    keys = {ids.of(called.key) for called, _kept in calls}
    live = {row.id: row for row in _live(connection, keys)}
    rows = [_row(called, kept, live[key]) for called, kept in calls if (key := ids.of(called.key)) in live]
    if rows:
        connection.execute(insert(GatewayRequest), rows)


def _live(connection: Connection, keys: set[UUID]) -> Sequence[Any]:
    # Of a configuration that was deleted nothing is kept, also not what comes in after that; nor are the
    # texts of a call that began before they were no longer to be recorded.
    records_texts = and_(GatewayConfiguration.record_texts, Workspace.record_texts).label("records_texts")
    return connection.execute(
        select(GatewayKey.id, GatewayKey.workspace_id, GatewayKey.configuration_id, records_texts)
        .join(GatewayConfiguration, GatewayConfiguration.id == GatewayKey.configuration_id)
        .join(Workspace, Workspace.id == GatewayKey.workspace_id)
        .where(
            GatewayKey.id.in_(keys),
            GatewayConfiguration.deleted_at.is_(None),
        )
    ).all()


def _row(called: Called, kept: bytes | None, key: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "workspace_id": key.workspace_id,
        "configuration_id": key.configuration_id,
        "key_id": key.id,
        "started_at": datetime.fromtimestamp(called.at, UTC),
        "endpoint": called.endpoint,
        "model": called.model,
        "status": called.status,
        "code": called.code,
        "input_tokens": called.input_tokens,
        "output_tokens": called.output_tokens,
        "milliseconds": called.milliseconds,
        "texts": kept if key.records_texts else None,
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
