"""What a workspace's keys used, by day, key and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from forjinn.extensions import db
from forjinn.gateway.keys.listing import today
from forjinn.gateway.keys.models import GatewayKey, GatewayUsage
from forjinn.gateway.models import GatewayConfiguration
from forjinn.workspaces.models import Workspace

COLUMNS = ("key", "model", "day", "requests", "errors", "input_tokens", "output_tokens", "money")


@dataclass(frozen=True)
class Row:
    """`money` is in millionths of a dollar; `model` is empty for calls that named none that is there."""

    day: date
    key: str
    model: str
    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    money: int


def rows(workspace: Workspace, days: int, configuration: GatewayConfiguration | None = None) -> list[Row]:
    """Of the last days, today included; the newest first. Deleted keys are among them."""
    statement = (
        select(GatewayUsage, GatewayKey.label)
        .join(GatewayKey, GatewayKey.id == GatewayUsage.key_id)
        .where(GatewayKey.workspace_id == workspace.id, GatewayUsage.day > today() - days)
        .order_by(GatewayUsage.day.desc(), GatewayKey.label, GatewayUsage.model)
    )
    if configuration is not None:
        statement = statement.where(GatewayKey.configuration_id == configuration.id)
    return [_row(usage, label) for usage, label in db.session.execute(statement)]


def by_day(found: Sequence[Row], days: int) -> list[tuple[date, int]]:
    """The requests of each of the last days, also of those without any; the oldest first."""
    last = datetime.now(UTC).date()
    counted = {last - timedelta(days=ago): 0 for ago in range(days - 1, -1, -1)}
    for row in found:
        counted[row.day] = counted.get(row.day, 0) + row.requests
    return sorted(counted.items())


def total(found: Sequence[Row]) -> dict[str, int]:
    return {name: sum(getattr(row, name) for row in found) for name in COLUMNS[3:]}


def _row(usage: GatewayUsage, label: str) -> Row:
    day = datetime.fromtimestamp(usage.day * 86400, UTC).date()
    counted = [int(getattr(usage, name)) for name in COLUMNS[3:]]
    return Row(day, label, usage.model, *counted)
