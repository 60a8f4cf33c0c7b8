"""A workspace's flows, as WIRE describes them: no credentials, and the graph only when one is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, select

from forjinn import ids
from forjinn.fast import Reader, Statement
from forjinn.flows.canvas.masked_flow import masked_flow
from forjinn.flows.models import Flow
from forjinn.prediction.answers import ApiError

MEMBERS = (
    Flow.id,
    Flow.name,
    Flow.description,
    Flow.type,
    Flow.deployed,
    Flow.workspace_id,
    Flow.created_at,
    Flow.updated_at,
    Flow.is_public,
)
IN_WORKSPACE = Flow.workspace_id == bindparam("workspace_id", type_=Flow.workspace_id.type)
ALL = select(*MEMBERS).where(IN_WORKSPACE).order_by(Flow.name_key, Flow.id)
ONE = select(*MEMBERS, Flow.graph).where(IN_WORKSPACE, Flow.id == bindparam("flow_id", type_=Flow.id.type))


def flows_of(workspace_id: UUID) -> list[dict[str, Any]]:
    return [_described(row) for row in _all(ALL, {"workspace_id": workspace_id.hex})]


def flow(workspace_id: UUID, flow_id: UUID) -> dict[str, Any]:
    for row in _all(ONE, {"workspace_id": workspace_id.hex, "flow_id": flow_id.hex}):
        return _described(row) | {"flowData": masked_flow(row[-1])}
    raise ApiError(404, "flow_not_found", "This flow was deleted just now.")


def _all(statement: Statement, parameters: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    reader: Reader = current_app.extensions["forjinn.reader"]
    return reader.all(statement, parameters)


def _described(row: tuple[Any, ...]) -> dict[str, Any]:
    flow_id, name, description, kind, deployed, workspace_id, created_at, updated_at, is_public, *_graph = row
    return {
        "id": str(ids.of(flow_id)),
        "name": name,
        "description": description,
        "type": kind,
        "category": None,
        "deployed": bool(deployed),
        "isPublic": bool(is_public),
        "workspaceId": str(ids.of(workspace_id)),
        "createdDate": _iso(created_at),
        "updatedDate": _iso(updated_at),
    }


def _iso(moment: Any) -> str:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return str(moment.astimezone(UTC).isoformat(timespec="milliseconds")).replace("+00:00", "Z")
