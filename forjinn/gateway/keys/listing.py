"""A workspace's gateway keys with what they used, as the table shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select

from forjinn.accounts.models import User
from forjinn.database import now
from forjinn.extensions import db
from forjinn.gateway.configurations import service as configurations
from forjinn.gateway.keys import service
from forjinn.gateway.keys.models import GatewayKey, GatewayUsage
from forjinn.gateway.models import GatewayConfiguration
from forjinn.workspaces.models import Workspace


@dataclass(frozen=True)
class KeyRow:
    """A key, and what it used in its life. Money is in millionths of a dollar."""

    id: UUID
    label: str
    configuration: str
    hint: str
    status: str
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None
    models: list[str]
    requests_per_minute: int | None
    tokens_per_minute: int | None
    budget_tokens: int | None
    budget_money: int | None
    tokens: int
    money: int
    requests_7d: int


def of(workspace: Workspace, configuration: GatewayConfiguration | None = None) -> list[KeyRow]:
    """The live keys of one configuration, or of all."""
    return _rows(workspace, service.of(workspace, configuration))


def row(workspace: Workspace, key: GatewayKey) -> KeyRow:
    return _rows(workspace, [key])[0]


def _rows(workspace: Workspace, keys: Sequence[GatewayKey]) -> list[KeyRow]:
    configurations_of = {one.id: one.name for one in configurations.of(workspace)}
    used = _used([key.id for key in keys])
    makers = db.session.execute(
        select(User.id, User.name).where(User.id.in_({key.created_by_id for key in keys}))
    )
    names: dict[UUID | None, str] = {row.id: row.name for row in makers}
    return [
        _row(
            key,
            configurations_of.get(key.configuration_id, ""),
            names.get(key.created_by_id),
            used.get(key.id, (0, 0, 0)),
        )
        for key in keys
    ]


def today() -> int:
    """Days since 1970, UTC."""
    return int(now().timestamp()) // 86400


def _used(key_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Tokens, money, and the requests of the last 7 days of each key that was used."""
    recent = case((GatewayUsage.day > today() - 7, GatewayUsage.requests), else_=0)
    rows = db.session.execute(
        select(
            GatewayUsage.key_id,
            func.sum(GatewayUsage.input_tokens + GatewayUsage.output_tokens),
            func.sum(GatewayUsage.money),
            func.sum(recent),
        )
        .where(GatewayUsage.key_id.in_(key_ids))
        .group_by(GatewayUsage.key_id)
    )
    return {key_id: (int(tokens), int(money), int(requests)) for key_id, tokens, money, requests in rows}


def _row(key: GatewayKey, configuration: str, created_by: str | None, used: tuple[int, int, int]) -> KeyRow:
    return KeyRow(
        id=key.id,
        label=key.label,
        configuration=configuration,
        hint=key.hint,
        status=key.status,
        created_at=key.created_at,
        created_by=created_by,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        last_used_address=key.last_used_address,
        models=key.allowed,
        requests_per_minute=key.requests_per_minute,
        tokens_per_minute=key.tokens_per_minute,
        budget_tokens=key.budget_tokens,
        budget_money=key.budget_money,
        tokens=used[0],
        money=used[1],
        requests_7d=used[2],
    )
