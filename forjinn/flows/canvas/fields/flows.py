"""A choice of one of the workspace's flows."""

from __future__ import annotations

from forjinn.flows.canvas.fields.base import Field, Place
from forjinn.flows.canvas.fields.values import Choice


def chosen(place: Place, member: str) -> Field:
    options = [(str(flow_id), name) for flow_id, name in place.around.flows]
    kind = Choice(options, "Choose a flow", "not in this workspace", read=str.strip)
    return place.field(member, "Flow", kind)
