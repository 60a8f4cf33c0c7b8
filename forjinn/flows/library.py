"""Parsed graphs, kept under the flow's id and version: the version comes with every call's statement."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from sqlalchemy import bindparam, select

from forjinn.errors import DomainError, NotFound
from forjinn.fast import Reader
from forjinn.flows import parsing
from forjinn.flows.call import OtherFlow
from forjinn.flows.graph import Graph
from forjinn.flows.models import Flow, Variable
from forjinn.gateway import credentials

MOST_KEPT = 256
IN_WORKSPACE = Flow.workspace_id == bindparam("workspace_id", type_=Flow.workspace_id.type)
THIS = Flow.id == bindparam("flow_id", type_=Flow.id.type)
GRAPH = select(Flow.graph).where(THIS, IN_WORKSPACE)
OTHER = select(Flow.version, Flow.deployed).where(THIS, IN_WORKSPACE)
VARIABLES = select(Variable.name, Variable.value, Variable.encrypted).where(
    Variable.workspace_id == bindparam("workspace_id", type_=Variable.workspace_id.type)
)


@dataclass(frozen=True, slots=True)
class Variables:
    """By name. A secret one is None when it was encrypted with another secret key."""

    plain: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str | None] = field(default_factory=dict)


class Library:
    """One for each application; the least used graph is forgotten first."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept: OrderedDict[tuple[UUID, int], Graph] = OrderedDict()
        self._lock = Lock()

    def graph(self, workspace_id: UUID, flow_id: UUID, version: int) -> Graph:
        """Raises NotFound, parsing.InvalidGraph, DatabaseUnavailable."""
        place = (flow_id, version)
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
                return found
        parsed = self._load(workspace_id, flow_id)
        with self._lock:
            self._kept[place] = parsed
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return parsed

    def _load(self, workspace_id: UUID, flow_id: UUID) -> Graph:
        ids = {"flow_id": flow_id.hex, "workspace_id": workspace_id.hex}
        row = self._reader.first(GRAPH, ids)
        if row is None:
            raise NotFound("This flow was deleted just now.")
        return parsing.parse(row[0])

    def other(self, workspace_id: UUID, flow_id: str) -> OtherFlow:
        """A flow that another one calls. Raises DomainError when it is not there, or not deployed."""
        try:
            asked = UUID(flow_id)
        except ValueError:
            raise DomainError(f"the flow {flow_id[:60]!r} is not in this workspace.") from None
        ids = {"flow_id": asked.hex, "workspace_id": workspace_id.hex}
        row = self._reader.first(OTHER, ids)
        if row is None:
            raise DomainError(f"the flow {asked} is not in this workspace.")
        version, deployed = row
        if not deployed:
            raise DomainError(f"the flow {asked} is not deployed.")
        return OtherFlow(asked, self.graph(workspace_id, asked, version))

    def variables(self, workspace_id: UUID) -> Variables:
        """What `$vars` stands for in the workspace's flows. Raises DatabaseUnavailable."""
        rows = self._reader.all(VARIABLES, {"workspace_id": workspace_id.hex})
        found = Variables()
        for name, value, encrypted in rows:
            if encrypted is None:
                found.plain[str(name)] = str(value)
            else:
                found.secret[str(name)] = _decrypted(bytes(encrypted))
        return found


def _decrypted(encrypted: bytes) -> str | None:
    try:
        return credentials.decrypt(encrypted)
    except credentials.CredentialUnreadable:
        # Told by the node that uses it; flows that do not need it run on.
        return None
