"""The verbs of flows. Every statement names its workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, select, update

from forjinn import names
from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.flows import mapping, needs, parsing
from forjinn.flows import origins as web_origins
from forjinn.flows import overridable as overridable_inputs
from forjinn.flows.models import AGENTFLOW, CHATFLOW, Flow
from forjinn.workspaces.models import Workspace

MOST_LISTED = 500


def create_chatflow(
    workspace: Workspace,
    name: str,
    *,
    model: str,
    system: str = "",
    by: User | None = None,
    deployed: bool = True,
) -> Flow:
    """A Start and an LLM that remembers. Raises Refused for a bad name or an unregistered model."""
    missing = needs.unregistered(workspace, [model])
    if missing:
        raise Refused(missing[0], "model")
    messages = [{"role": "system", "content": system}] if system else []
    memory = {"llmEnableMemory": True, "llmMemoryType": "windowSize", "llmMemoryWindowSize": 10}
    start = _node("startAgentflow", "Start", 0, {"startInputType": "chatInput"})
    llm = _node("llmAgentflow", "LLM", 260, {"llmModel": model, "llmMessages": messages, **memory})
    edge = {"id": "e0", "source": start["id"], "target": llm["id"], "type": "agentFlow"}
    text = json.dumps({"nodes": [start, llm], "edges": [edge]}, ensure_ascii=False)
    return _save(workspace, name, CHATFLOW, text, "", by, deployed)


def import_agentflow(
    workspace: Workspace,
    text: str,
    *,
    name: str,
    by: User | None = None,
    deployed: bool = True,
    models: Mapping[str, str] | None = None,
) -> Flow:
    """Keep an agentflow file, and deploy it if nothing that it needs is missing (`needs.of`).

    `models` maps names of models in the file to registered ones. Raises parsing.InvalidGraph with
    all that is wrong, Refused for a bad name.
    """
    if models:
        text = mapping.mapped(text, models)
    return _save(workspace, name, AGENTFLOW, text, _description(text), by, deployed)


def of(workspace: Workspace, q: str = "") -> Sequence[Flow]:
    """The workspace's flows by name, at most 500; `q` is a part of the name."""
    statement = _of(workspace).order_by(Flow.name_key, Flow.id).limit(MOST_LISTED)
    if q.strip():
        statement = statement.where(Flow.name_key.contains(names.searched(q), autoescape=True))
    return db.session.scalars(statement).all()


def get(workspace: Workspace, flow_id: UUID) -> Flow:
    flow = db.session.scalar(_of(workspace).where(Flow.id == flow_id))
    if flow is None:
        raise NotFound("There is no such flow in this workspace.")
    return flow


def set_deployed(workspace: Workspace, flow: Flow, deployed: bool) -> None:
    """A flow that is not deployed answers calls with 409. Raises what keeps it from running."""
    if deployed and (missing := needs.of(workspace, parsing.parse(flow.graph), flow.id)):
        raise Refused(" ".join(missing))
    with writing() as session:
        session.execute(
            update(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id)
            .values(deployed=deployed, updated_at=now())
        )


def configure(
    workspace: Workspace, flow: Flow, *, is_public: bool, origins: Iterable[str], overridable: Iterable[str]
) -> None:
    """Who may call a flow, from where, and what a call's `overrideConfig` may change in it.

    `overridable` lists values of `overridable.choices`. Raises Refused with the field at fault.
    """
    choices = overridable_inputs.choices(workspace, flow, parsing.parse(flow.graph))
    values = {
        "is_public": is_public,
        "origins": "\n".join(web_origins.checked(origins)),
        "overridable": json.dumps(overridable_inputs.checked(overridable, choices)),
    }
    with writing() as session:
        session.execute(
            update(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id)
            .values(**values, updated_at=now())
        )


def _of(workspace: Workspace) -> Select[Flow]:
    return select(Flow).where(Flow.workspace_id == workspace.id).execution_options(populate_existing=True)


def _save(
    workspace: Workspace,
    name: str,
    kind: str,
    text: str,
    description: str,
    by: User | None,
    deployed: bool,
) -> Flow:
    name = names.checked(name)
    complete = not needs.of(workspace, parsing.parse(text))
    flow = Flow(
        workspace_id=workspace.id,
        name=name,
        name_key=names.folded(name),
        description=description,
        type=kind,
        graph=text,
        deployed=deployed and complete,
        created_by_id=by.id if by else None,
    )
    with writing() as session:
        session.add(flow)
    return flow


def _description(text: str) -> str:
    try:
        found = json.loads(text).get("description")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found[:2000].replace("\x00", "") if isinstance(found, str) else ""


def _node(name: str, label: str, x: int, inputs: dict[str, object]) -> dict[str, object]:
    node_id = f"{name}_0"
    data = {"id": node_id, "label": label, "name": name, "type": label, "inputs": inputs}
    return {"id": node_id, "type": "agentFlow", "position": {"x": x, "y": 0}, "data": data}
