"""Makes a draft the flow, unless somebody else was faster."""

from __future__ import annotations

from sqlalchemy import update

from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import DomainError
from forjinn.flows import managing, needs, parsing, service
from forjinn.flows.canvas import drafts, steps
from forjinn.flows.canvas.drafts import Opened
from forjinn.flows.canvas.models import FlowDraft
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace


class Newer(DomainError):
    """Somebody saved another version since the draft began. `flow` is as it is now."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.by = drafts.saved_by(flow)
        super().__init__(f"{self.by} saved a newer version of this flow.")


class Lacking(DomainError):
    """The flow is deployed, and something that the draft needs is missing: one sentence for each."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(" ".join(missing))


def save(workspace: Workspace, flow: Flow, user: User, token: str, *, undeploy: bool = False) -> Opened:
    """Raises Stale, Newer, Lacking, and parsing.InvalidGraph with all that is wrong.

    Sent a second time, because the answer to the first got lost, it does nothing.
    """
    opened = drafts.open_(workspace, flow, user)
    draft = opened.draft
    if draft is not None and not opened.own and token == draft.saved_token:
        return opened
    drafts.current(workspace, flow, user, token, "")
    if draft is None or not opened.own:
        return opened
    if opened.behind:
        raise Newer(flow)
    graph = parsing.parse(opened.text)
    missing = needs.of(workspace, graph, flow.id) if flow.deployed else []
    if missing and not undeploy:
        raise Lacking(missing)
    _write(workspace, opened, draft, user, deployed=flow.deployed and not missing)
    return drafts.open_(workspace, service.get(workspace, flow.id), user)


def _write(workspace: Workspace, opened: Opened, draft: FlowDraft, user: User, *, deployed: bool) -> None:
    flow, version = opened.flow, opened.base + 1
    moment = now()
    values = {
        "graph": opened.text,
        "version": version,
        "saved_by_id": user.id,
        "saved_at": moment,
        "updated_at": moment,
    }
    with writing() as session:
        saved = session.scalar(
            update(Flow)
            .where(Flow.workspace_id == workspace.id, Flow.id == flow.id, Flow.version == opened.base)
            # Whoever deployed it in between meant what was there then.
            .values(**values, **({} if deployed else {"deployed": False}))
            .returning(Flow.id)
            .execution_options(synchronize_session=False)
        )
        if saved is not None:
            drafts.advance(
                session,
                draft,
                base=version,
                graph=None,
                saved_step=draft.step,
                saved_token=opened.token,
            )
            steps.forget(session, workspace)
    if saved is None:
        raise Newer(service.get(workspace, flow.id))


def keep_as_copy(workspace: Workspace, flow: Flow, user: User, token: str) -> Flow:
    """A new flow of the draft, not deployed; the draft itself is gone. Raises Stale, InvalidGraph."""
    opened = drafts.current(workspace, flow, user, token, "")
    parsing.parse(opened.text)
    copy = managing.duplicate(workspace, flow, by=user, graph=opened.text)
    drafts.discard(workspace, flow, user)
    return copy
