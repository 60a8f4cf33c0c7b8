"""What is done to a flow as a whole. Every statement names its workspace."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete as delete_from
from sqlalchemy import update

from forjinn import names
from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import NotFound, Refused
from forjinn.flows import mapping, needs, parsing, service
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace

LONGEST_NAME = 100


def duplicate(workspace: Workspace, flow: Flow, *, by: User | None = None, graph: str | None = None) -> Flow:
    """A copy that nobody calls yet: neither deployed nor public. Without `graph`, its graph is the same."""
    name = f"Copy of {flow.name}"[:LONGEST_NAME].rstrip()
    copy = Flow(
        workspace_id=workspace.id,
        name=name,
        name_key=names.folded(name),
        description=flow.description,
        type=flow.type,
        graph=flow.graph if graph is None else graph,
        origins=flow.origins,
        overridable=flow.overridable,
        created_by_id=by.id if by else None,
    )
    with writing() as session:
        session.add(copy)
    return copy


def rename(workspace: Workspace, flow: Flow, name: str) -> Flow:
    """Give it another name; its id does not change. Raises Refused, NotFound."""
    name = names.checked(name)
    values = {"name": name, "name_key": names.folded(name), "updated_at": now()}
    with writing() as session:
        renamed = session.scalar(
            update(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id)
            .values(**values)
            .returning(Flow.id)
        )
        if renamed is None:
            raise _gone()
    return service.get(workspace, flow.id)


def map_models(
    workspace: Workspace, flow: Flow, models: Mapping[str, str], *, by: User | None = None
) -> Flow:
    """Have its nodes call registered models; `models` maps names that it calls to theirs.

    The rest of the graph stays byte for byte. Raises Refused with the field `models`, NotFound.
    """
    called = parsing.parse(flow.graph).models
    if absent := [name for name in models if name not in called]:
        raise Refused(f"This flow calls no model named “{absent[0][:100]}”.", "models")
    if missing := needs.unregistered_names(workspace, models.values()):
        raise Refused(f"There is no model named “{missing[0][:100]}” in this workspace.", "models")
    moment = now()
    values = {
        "graph": mapping.mapped(flow.graph, models),
        "version": flow.version + 1,
        "saved_by_id": by.id if by else None,
        "saved_at": moment,
        "updated_at": moment,
    }
    with writing() as session:
        mapped = session.scalar(
            update(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id, Flow.version == flow.version)
            .values(**values)
            .returning(Flow.id)
        )
    if mapped is None:
        # Else what somebody else saved in the same moment would be lost.
        service.get(workspace, flow.id)
        raise Refused("Somebody changed this flow in the same moment. Look at it, then try again.", "models")
    return service.get(workspace, flow.id)


def delete(workspace: Workspace, flow: Flow) -> None:
    """Delete it with its runs and conversations. Raises NotFound if it is gone."""
    with writing() as session:
        deleted = session.scalar(
            delete_from(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id)
            .returning(Flow.id)
            # The database deletes what hangs on it.
            .execution_options(synchronize_session=False)
        )
        if deleted is None:
            raise _gone()


def _gone() -> NotFound:
    return NotFound("This flow was deleted in the meantime.")
