"""The verbs of flows. Every statement names its workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Select, select, update

from forjinn import names
from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import NotFound, Refused
from forjinn.extensions import db
from forjinn.flows import mapping, needs, parsing, starting_points
from forjinn.flows import origins as web_origins
from forjinn.flows import overridable as overridable_inputs
from forjinn.flows.models import AGENTFLOW, Flow
from forjinn.flows.starting_points import StartingPoint, Wanted
from forjinn.workspaces.models import Workspace


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
    wanted = Wanted(model, system)
    return begin(workspace, name, starting_points.POINTS["chat"], wanted, by=by, deployed=deployed)


def begin(
    workspace: Workspace,
    name: str,
    point: StartingPoint,
    wanted: Wanted,
    *,
    by: User | None = None,
    deployed: bool = True,
) -> Flow:
    """A flow from a starting point. Raises Refused with the field at fault, parsing.InvalidGraph."""
    missing = needs.unregistered(workspace, [wanted.model])
    if missing:
        raise Refused(missing[0], "model")
    return _save(workspace, name, point.type, point.draw(wanted), "", by, deployed)


def import_agentflow(
    workspace: Workspace,
    text: str,
    *,
    name: str,
    kind: str = AGENTFLOW,
    by: User | None = None,
    deployed: bool = True,
    models: Mapping[str, str] | None = None,
) -> Flow:
    """Keep an agentflow file, and deploy it if nothing that it needs is missing (`needs.of`).

    `kind` is CHATFLOW or AGENTFLOW, which differ in what their stream tells. `models` maps names of
    models in the file to registered ones. Raises parsing.InvalidGraph with all that is wrong, Refused
    for a bad name.
    """
    if models:
        text = mapping.mapped(text, models)
    return _save(workspace, name, kind, text, _description(text), by, deployed)


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
