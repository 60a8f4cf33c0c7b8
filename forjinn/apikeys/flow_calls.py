"""Which keys called which flow in the last 7 days: what the pages of flows ask, which know no keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from forjinn.apikeys.listing import RECENT
from forjinn.apikeys.models import ApiKey, ApiKeyUsage
from forjinn.apikeys.usage import hour_of
from forjinn.database import now
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace


class CallsOfKey(NamedTuple):
    name: str
    deleted: bool
    calls: int


def callers(workspace: Workspace, flow_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many keys of the workspace called each flow; flows that none called are left out."""
    rows = db.session.execute(
        select(ApiKeyUsage.flow_id, func.count(ApiKey.id.distinct()))
        .join(ApiKey, ApiKey.id == ApiKeyUsage.api_key_id)
        .where(
            ApiKey.workspace_id == workspace.id,
            ApiKeyUsage.hour > hour_of(now() - RECENT),
            ApiKeyUsage.flow_id.in_(flow_ids),
        )
        .group_by(ApiKeyUsage.flow_id)
    )
    return {flow_id: int(count) for flow_id, count in rows}


def by_key(workspace: Workspace, flow_id: UUID) -> list[CallsOfKey]:
    """The keys of the workspace that called the flow, the busiest first."""
    calls = func.sum(ApiKeyUsage.calls)
    rows = db.session.execute(
        select(ApiKey.name, ApiKey.deleted_at.is_not(None), calls)
        .join(ApiKeyUsage, ApiKeyUsage.api_key_id == ApiKey.id)
        .where(
            ApiKey.workspace_id == workspace.id,
            ApiKeyUsage.hour > hour_of(now() - RECENT),
            ApiKeyUsage.flow_id == flow_id,
        )
        .group_by(ApiKey.id, ApiKey.name, ApiKey.deleted_at)
        .order_by(calls.desc(), ApiKey.name, ApiKey.id)
    )
    return [CallsOfKey(name, deleted, int(count)) for name, deleted, count in rows]
