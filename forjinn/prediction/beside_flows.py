"""What anybody may ask of a public flow, without a key: whether it streams, and how its widget looks."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, select

from forjinn import ids
from forjinn.fast import Reader
from forjinn.flows import masking
from forjinn.flows.graph import Graph
from forjinn.flows.library import Library
from forjinn.flows.models import Flow
from forjinn.flows.nodes import Start
from forjinn.prediction.access import uuid_hex
from forjinn.prediction.answers import ApiError

STATEMENT = select(Flow.workspace_id, Flow.id, Flow.version, Flow.is_public, Flow.deployed).where(
    Flow.id == bindparam("flow_id", type_=Flow.id.type)
)
# Members of the Start node that its form is drawn from.
FORM = ("startInputType", "formTitle", "formDescription", "formInputTypes")


def streams(flow_id: str | None) -> bool:
    """False also for a flow that is not there."""
    row = _found(flow_id)
    return row is not None and _graph(row).streams


def widget(flow_id: str | None, *, has_key: bool = False) -> dict[str, Any]:
    """What the published widget asks for first. `has_key`: one that may call the flow came along.

    Raises ApiError 401, the same for every flow that is not public.
    """
    row = _found(flow_id)
    if row is None or not (row[3] or has_key) or not row[4]:
        raise ApiError(401, "not_public", "This flow is not public.")
    return {
        "uploads": {
            "isSpeechToTextEnabled": False,
            "isImageUploadAllowed": False,
            "isRAGFileUploadAllowed": False,
            "imgUploadSizeAndTypes": [],
            "fileUploadSizeAndTypes": [],
        },
        "flowData": json.dumps({"nodes": [_start(_graph(row).start)], "edges": []}),
    }


def _start(start: Start) -> dict[str, Any]:
    """The Start node without what happens inside the flow."""
    inputs = {name: masking.value(start.inputs[name]) for name in FORM if name in start.inputs}
    return {"id": start.id, "data": {"id": start.id, "name": start.name, "inputs": inputs}}


def _found(flow_id: str | None) -> tuple[Any, ...] | None:
    reader: Reader = current_app.extensions["forjinn.reader"]
    return reader.first(STATEMENT, {"flow_id": uuid_hex(flow_id)})


def _graph(row: tuple[Any, ...]) -> Graph:
    library: Library = current_app.extensions["forjinn.library"]
    return library.graph(ids.of(row[0]), ids.of(row[1]), row[2])
