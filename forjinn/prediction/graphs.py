"""Parsed graphs, kept under the flow's id and version: the version comes with every call's statement."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from flask import current_app
from sqlalchemy import bindparam, select

from forjinn.fast import Reader
from forjinn.flows import graph
from forjinn.flows.models import Flow
from forjinn.prediction.access import Caller
from forjinn.prediction.answers import ApiError

MOST_KEPT = 256
STATEMENT = select(Flow.graph).where(
    Flow.id == bindparam("flow_id", type_=Flow.id.type),
    Flow.workspace_id == bindparam("workspace_id", type_=Flow.workspace_id.type),
)


class Graphs:
    """One for each application; the least used is forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], graph.Graph] = OrderedDict()
        self._lock = Lock()

    def of(self, caller: Caller) -> graph.Graph:
        place = (str(caller.flow_id), caller.version)
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
                return found
        parsed = self._load(caller)
        with self._lock:
            self._kept[place] = parsed
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return parsed

    def _load(self, caller: Caller) -> graph.Graph:
        reader: Reader = current_app.extensions["forjinn.reader"]
        ids = {"flow_id": _hex(caller.flow_id), "workspace_id": _hex(caller.workspace_id)}
        row = reader.first(reader.compiled(STATEMENT), ids)
        if row is None:
            raise ApiError(404, "flow_not_found", "This flow was deleted just now.")
        return graph.parse(row[0])


def _hex(value: object) -> str:
    return str(value).replace("-", "")
