"""A person's draft of a flow: opened, changed, undone, and thrown away. Saving it is in `saving`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forjinn.accounts import service as accounts
from forjinn.accounts.models import User
from forjinn.database import now, writing
from forjinn.errors import DomainError, Refused
from forjinn.extensions import db
from forjinn.flows import parsing
from forjinn.flows.canvas import editing, steps
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.models import DraftStep, FlowDraft
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace

Verb = Callable[[Editing], None]


class Stale(DomainError):
    """What the page shows was changed elsewhere: in another tab, or `by` somebody else."""

    def __init__(self, by: str = "") -> None:
        what = f"{by} saved a newer version of this flow" if by else "You changed this flow in another tab"
        super().__init__(f"{what}. Reload to go on from there.")


class Repeated(Stale):
    """The same change was made already: only the answer to it got lost."""


@dataclass(frozen=True)
class Opened:
    """What the canvas shows: the person's draft, or the flow itself where there is none.

    `token` names this state. Each change carries the token of the page that it was made on.
    `behind`: somebody saved another version since the draft began.
    """

    flow: Flow
    draft: FlowDraft | None
    text: str
    # Whether the draft says something else than the flow.
    own: bool = False

    @property
    def fresh(self) -> bool:
        """Whether the draft's steps are about this text."""
        return self.draft is not None and (self.own or self.draft.base == self.flow.version)

    @property
    def base(self) -> int:
        return self.draft.base if self.draft is not None and self.own else self.flow.version

    @property
    def behind(self) -> bool:
        return self.base != self.flow.version

    @property
    def token(self) -> str:
        return f"{self.base}.{self.draft.revision if self.draft else 0}"

    @property
    def step(self) -> int:
        return self.draft.step if self.draft is not None and self.fresh else 0

    @property
    def changes(self) -> int:
        """How many steps it is away from what is saved."""
        if self.draft is None or not self.own:
            return 0
        return max(1, abs(self.draft.step - (self.draft.saved_step or 0)))


@dataclass(frozen=True)
class Changed:
    before: Document
    after: Document
    opened: Opened
    said: str


def open_(workspace: Workspace, flow: Flow, user: User) -> Opened:
    """The draft of a flow that `service.get` gave."""
    row = db.session.execute(
        select(FlowDraft, FlowDraft.graph)
        .where(
            FlowDraft.workspace_id == workspace.id,
            FlowDraft.flow_id == flow.id,
            FlowDraft.user_id == user.id,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    draft, graph = row or (None, None)
    return Opened(flow, draft, flow.graph if graph is None else graph, own=graph is not None)


def apply(workspace: Workspace, flow: Flow, user: User, token: str, verb: Verb, *, sent: str = "") -> Changed:
    """Change the draft, which begins with its first change. Raises Stale, Repeated, Refused.

    `sent` is a digest of what asks for it, by which the same is known when it comes again.
    """
    opened = current(workspace, flow, user, token, sent)
    change = Editing(Document(opened.text))
    verb(change)
    if not change.rounds:
        return Changed(change.before, change.before, opened, "")
    text = change.document.text
    if len(text.encode("utf-8", "surrogatepass")) > parsing.MOST_BYTES:
        raise Refused("With this, the flow would be larger than 5 MB.")
    if len(change.document.nodes) > parsing.MOST_NODES >= len(change.before.nodes):
        raise Refused(f"A flow can have {parsing.MOST_NODES} nodes at most.")
    number = opened.step + 1
    with writing() as session:
        draft = _begun(session, workspace, opened, user)
        # Else undo leads to what is saved only over what was undone before.
        kept = draft.saved_step is not None and draft.saved_step <= opened.step
        advance(
            session,
            draft,
            base=opened.base,
            graph=text,
            step=number,
            sent=sent,
            saved_step=draft.saved_step if kept and opened.fresh else None if opened.own else opened.step,
        )
        steps.keep(session, draft.id, number, change)
    return Changed(change.before, change.document, Opened(flow, draft, text, own=True), change.said)


def current(workspace: Workspace, flow: Flow, user: User, token: str, sent: str) -> Opened:
    """The draft, if it is as the page that sent this shows it. Raises Stale, Repeated."""
    opened = open_(workspace, flow, user)
    if token == opened.token:
        return opened
    if opened.draft is not None and sent and opened.draft.sent == sent:
        raise Repeated
    if not opened.own and token.partition(".")[0] != str(flow.version):
        raise Stale(saved_by(flow))
    raise Stale


def saved_by(flow: Flow) -> str:
    """Who made its graph what it is; nobody is known where the command line did."""
    return accounts.name_of(flow.saved_by_id) or "Somebody"


def _begun(session: Session, workspace: Workspace, opened: Opened, user: User) -> FlowDraft:
    if opened.draft is not None:
        return opened.draft
    draft = FlowDraft(
        workspace_id=workspace.id, flow_id=opened.flow.id, user_id=user.id, base=opened.base, revision=0
    )
    draft.step, draft.saved_step = 0, 0
    session.add(draft)
    try:
        session.flush()
    except IntegrityError:
        # Another tab began it just now.
        raise Stale from None
    return draft


def advance(session: Session, draft: FlowDraft, **values: Any) -> None:
    """Raises Stale when somebody was faster."""
    changed = session.scalar(
        update(FlowDraft)
        .where(
            FlowDraft.workspace_id == draft.workspace_id,
            FlowDraft.id == draft.id,
            FlowDraft.revision == draft.revision,
        )
        .values(**values, revision=draft.revision + 1, changed_at=now())
        .returning(FlowDraft.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Stale
    session.refresh(draft)


def undo(workspace: Workspace, flow: Flow, user: User, token: str, *, sent: str = "") -> Changed:
    """Take the last step back. Raises Stale, Repeated, and Refused when there is none."""
    return _walk(workspace, flow, user, token, sent, back=True)


def redo(workspace: Workspace, flow: Flow, user: User, token: str, *, sent: str = "") -> Changed:
    """Do the step again that was taken back last. Raises as `undo` does."""
    return _walk(workspace, flow, user, token, sent, back=False)


def _walk(workspace: Workspace, flow: Flow, user: User, token: str, sent: str, *, back: bool) -> Changed:
    opened = current(workspace, flow, user, token, sent)
    draft, number = opened.draft, opened.step + (0 if back else 1)
    found = steps.get(draft.id, number) if draft is not None and opened.fresh else None
    if draft is None or found is None:
        raise Refused("There is nothing to undo." if back else "There is nothing to do again.")
    before = after = Document(opened.text)
    for splices in editing.way(editing.from_text(found.splices), back=back):
        after = after.spliced(splices)
    step = number - 1 if back else number
    saved = step == draft.saved_step and draft.base == flow.version
    with writing() as session:
        graph = None if saved else after.text
        advance(session, draft, step=step, base=opened.base, graph=graph, sent=sent)
    said = f"{'Undone' if back else 'Done again'}: {found.said}"
    return Changed(before, after, Opened(flow, draft, after.text, own=not saved), said)


def possible(opened: Opened) -> tuple[str | None, str | None]:
    """What undo and redo would do, in words."""
    if opened.draft is None or not opened.fresh:
        return None, None
    undo, redo = steps.said(opened.draft.id, opened.step, opened.step + 1)
    return undo, redo


def discard(workspace: Workspace, flow: Flow, user: User) -> Opened:
    """Throw the draft away, and show the flow. The revision goes on, so that an old page is known as old."""
    with writing() as session:
        mine = (
            FlowDraft.workspace_id == workspace.id,
            FlowDraft.flow_id == flow.id,
            FlowDraft.user_id == user.id,
        )
        drafts = select(FlowDraft.id).where(*mine).scalar_subquery()
        session.execute(
            delete(DraftStep)
            .where(DraftStep.draft_id.in_(drafts))
            .execution_options(synchronize_session=False)
        )
        current = select(Flow.version).where(Flow.workspace_id == workspace.id, Flow.id == flow.id)
        session.execute(
            update(FlowDraft)
            .where(*mine)
            .values(
                graph=None,
                base=current.scalar_subquery(),
                step=0,
                saved_step=0,
                saved_token=None,
                revision=FlowDraft.revision + 1,
                changed_at=now(),
            )
            .execution_options(synchronize_session=False)
        )
    return open_(workspace, flow, user)
