"""The canvas of a flow. Every change is one small form; the answer holds what it changed on the page.

What the page's module can rely on:

- Each form carries `revision`, the token in `data-revision`. It is opaque. An old one is answered with
  409, as is a save that somebody else was faster than; both answers are the fragment `_conflict.html`.
- An edit that is sent again as it was, because its answer got lost, is not made twice: the answer draws
  all nodes and edges anew. A save that is sent again has succeeded.
- A refusal is answered with 422 and the fragment `_refused.html`; nothing was changed.
- With the header `X-Canvas: 1`, the end of a session is a 401 without a redirect, and a form token of an
  older session a 400 with `X-Problem: form-token`. GET `token` gives a new one, or 401 until somebody
  signed in again; then the same form can be sent again, and nothing is lost.
- The list view is part of an answer only where the form has the field `list`; it is fetched with `?list=1`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from forjinn.errors import DomainError
from forjinn.flows import service
from forjinn.flows.canvas import (
    adding,
    answers,
    arranging,
    drafts,
    operations,
    reading,
    run_views,
    saving,
    wiring,
)
from forjinn.flows.canvas.drafts import Changed
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.models import Flow
from forjinn.guards import TEXT_BYTES
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("canvas", __name__, url_prefix="/w/<slug>/flows/<uuid:flow_id>/canvas")
edits = requires("chatflows:update", form_bytes=TEXT_BYTES)


@bp.get("")
@requires("chatflows:view")
def page(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    if run_id := request.args.get("run"):
        return run_views.page(workspace, flow, run_id)
    return answers.page(workspace, flow)


@bp.get("/token")
@requires("chatflows:view")
def token(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    """A form token of the present session, after somebody signed in again in another tab."""
    service.get(workspace, flow_id)
    return jsonify(csrf_token=generate_csrf())


@bp.post("/move")
@edits
def move(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _changed(workspace, flow_id, lambda editing: operations.move(editing, reading.moves()))


@bp.post("/resize")
@edits
def resize(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    node = request.form.get("node", "")
    return _changed(workspace, flow_id, lambda editing: operations.resize(editing, node, *reading.size()))


@bp.post("/connect")
@edits
def connect(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    form = request.form

    def verb(editing: Editing) -> None:
        instead = form.get("edge") or None
        output = reading.output()
        wiring.connect(editing, form.get("source", ""), output, form.get("target", ""), instead=instead)

    return _changed(workspace, flow_id, verb)


@bp.post("/disconnect")
@edits
def disconnect(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    keys = reading.some("edge")
    return _changed(workspace, flow_id, lambda editing: wiring.disconnect(editing, keys))


@bp.post("/nodes")
@edits
def add(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    form = request.form
    made: list[str] = []

    def verb(editing: Editing) -> None:
        made.append(
            adding.add(
                editing,
                form.get("name", ""),
                reading.place(editing),
                parent=form.get("parent", ""),
                source=form.get("source", ""),
                output=reading.output(),
            )
        )

    return _changed(workspace, flow_id, verb, made)


@bp.post("/duplicate")
@edits
def duplicate(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    keys = reading.some("node")
    made: list[str] = []
    return _changed(workspace, flow_id, lambda editing: made.extend(adding.duplicate(editing, keys)), made)


@bp.post("/delete")
@edits
def delete(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    keys, edges = reading.some("node"), reading.some("edge")
    return _changed(workspace, flow_id, lambda editing: operations.delete(editing, keys, edges))


@bp.post("/arrange")
@edits
def arrange(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _changed(workspace, flow_id, arranging.arrange)


@bp.post("/undo")
@edits
def undo(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _done(workspace, flow_id, drafts.undo)


@bp.post("/redo")
@edits
def redo(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    return _done(workspace, flow_id, drafts.redo)


def _changed(
    workspace: Workspace, flow_id: UUID, verb: Callable[[Editing], None], made: list[str] | None = None
) -> ResponseReturnValue:
    def do(workspace: Workspace, flow: Flow, user: Any, token: str, *, sent: str) -> Changed:
        return drafts.apply(workspace, flow, user, token, verb, sent=sent)

    return _done(workspace, flow_id, do, made)


def _done(
    workspace: Workspace, flow_id: UUID, do: Callable[..., Changed], made: list[str] | None = None
) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    try:
        token = request.form.get("revision", "")
        changed = do(workspace, flow, current_user, token, sent=reading.digest())
    except DomainError as error:
        return answers.refused(workspace, flow, error)
    return answers.changes(workspace, changed, made or [])


@bp.post("/save")
@edits
def save(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow, form = service.get(workspace, flow_id), request.form
    undeploy = form.get("undeploy") == "1"
    try:
        opened = saving.save(workspace, flow, current_user, form.get("revision", ""), undeploy=undeploy)
    except DomainError as error:
        return answers.refused(workspace, flow, error)
    return answers.saved(workspace, opened)


@bp.post("/discard")
@edits
def discard(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    try:
        # What another tab added was not seen by who discards here.
        drafts.current(workspace, flow, current_user, request.form.get("revision", ""), "")
    except DomainError as error:
        return answers.refused(workspace, flow, error)
    drafts.discard(workspace, flow, current_user)
    return answers.reload(workspace, flow_id, "Your changes were thrown away.")


@bp.post("/copy")
# Both: it makes a flow, and ends the draft of this one.
@requires("chatflows:create", form_bytes=TEXT_BYTES)
def copy(workspace: Workspace, flow_id: UUID) -> ResponseReturnValue:
    flow = service.get(workspace, flow_id)
    try:
        made = saving.keep_as_copy(workspace, flow, current_user, request.form.get("revision", ""))
    except DomainError as error:
        return answers.refused(workspace, flow, error)
    return answers.reload(workspace, made.id, f"Your changes were kept as “{made.name}”.")
