"""Single requests of a gateway configuration. Every statement names the workspace."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import undefer

from forjinn import paging
from forjinn.database import writing
from forjinn.errors import NotFound
from forjinn.extensions import db
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration
from forjinn.gateway.usage.models import GatewayRequest
from forjinn.paging import Page
from forjinn.workspaces.models import Workspace

PAGE = 25


def page(
    workspace: Workspace, configuration: GatewayConfiguration, after: str = "", before: str = ""
) -> Page[GatewayRequest]:
    """The latest first, without their texts."""
    statement = select(GatewayRequest).where(*_of(workspace, configuration))
    return paging.by_time(statement, GatewayRequest.started_at, GatewayRequest.id, after, before, PAGE)


def get(workspace: Workspace, request_id: UUID) -> GatewayRequest:
    """One with its texts. Raises NotFound."""
    found = db.session.scalar(
        select(GatewayRequest)
        .where(GatewayRequest.workspace_id == workspace.id, GatewayRequest.id == request_id)
        .options(undefer(GatewayRequest.texts))
    )
    if found is None:
        raise NotFound("There is no such request. Requests are kept for a limited time.")
    return found


def delete_one(workspace: Workspace, found: GatewayRequest) -> None:
    """What it used stays in the counts of its day."""
    _delete(GatewayRequest.workspace_id == workspace.id, GatewayRequest.id == found.id)


def delete_all(workspace: Workspace, configuration: GatewayConfiguration) -> None:
    _delete(*_of(workspace, configuration))


def labels(workspace: Workspace, key_ids: set[UUID]) -> dict[UUID, str]:
    """The labels of these keys, also of deleted ones."""
    rows = db.session.execute(
        select(GatewayKey.id, GatewayKey.label).where(
            GatewayKey.workspace_id == workspace.id, GatewayKey.id.in_(key_ids)
        )
    )
    return {row.id: row.label for row in rows}


def _of(workspace: Workspace, configuration: GatewayConfiguration) -> tuple[ColumnElement[bool], ...]:
    return (
        GatewayRequest.workspace_id == workspace.id,
        GatewayRequest.configuration_id == configuration.id,
    )


def _delete(*which: ColumnElement[bool]) -> None:
    with writing() as session:
        session.execute(delete(GatewayRequest).where(*which))
