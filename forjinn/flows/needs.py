"""What a flow needs and does not find: such a flow is kept, and cannot be deployed until it is there."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from forjinn import names
from forjinn.extensions import db
from forjinn.flows import stored_variables
from forjinn.flows.graph import Graph
from forjinn.flows.models import Flow
from forjinn.flows.nodes import Node
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace


def of(workspace: Workspace, graph: Graph, flow_id: UUID | None = None) -> list[str]:
    """One sentence for each thing that is missing. `flow_id` is the flow's own, which it cannot call."""
    return [
        *graph.missing,
        *revealing(workspace, graph.walk()),
        *unregistered(workspace, graph.models),
        *absent_flows(workspace, graph.flows, flow_id),
    ]


def beside_models(workspace: Workspace, graph: Graph) -> list[str]:
    """What another model's name cannot mend."""
    return [*graph.missing, *revealing(workspace, graph.walk()), *absent_flows(workspace, graph.flows, None)]


def revealing(workspace: Workspace, nodes: Iterable[Node]) -> list[str]:
    """One sentence for each secret variable that a node would tell rather than send."""
    secret = set(stored_variables.secret_names_of(workspace))
    return [
        f"{node.label}: the secret variable “{name}” can be used in HTTP nodes only."
        for node in (nodes if secret else ())
        for name in sorted(node.told_variables() & secret)
    ]


def unregistered_names(workspace: Workspace, wanted: Iterable[str]) -> list[str]:
    registered = models.folded_names(workspace)
    return [name for name in wanted if names.folded(name) not in registered]


def unregistered(workspace: Workspace, wanted: Iterable[str]) -> list[str]:
    missing = unregistered_names(workspace, wanted)
    if not missing:
        return []
    sentence = (
        f"Not registered in {workspace.slug}: the model {', '.join(map(repr, missing))}. "
        "Register it with: flask models add NAME --workspace SLUG --base-url URL --upstream ID"
    )
    return [sentence]


def absent_flows(workspace: Workspace, wanted: Iterable[str], own: UUID | None) -> list[str]:
    """One sentence for each flow of these that is not there. `own` is the id of the flow that calls them."""
    missing = []
    for text in wanted:
        flow_id = _uuid(text)
        here = (
            flow_id is not None
            and flow_id != own
            and db.session.scalar(
                select(Flow.id).where(Flow.workspace_id == workspace.id, Flow.id == flow_id)
            )
        )
        if flow_id is not None and flow_id == own:
            missing.append("A flow cannot call itself.")
        elif not here:
            missing.append(f"Not in {workspace.slug}: the flow {text[:60]!r}, which this one calls.")
    return missing


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
