"""What the canvas answers: its page, what a change changed on it, and why something cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.errors import DomainError
from forjinn.flows import service
from forjinn.flows.canvas import checking, drafts, drawing, looks, palette
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.drafts import Changed, Opened, Repeated, Stale
from forjinn.flows.canvas.drawing import Drawing, Problem
from forjinn.flows.canvas.saving import Lacking, Newer
from forjinn.flows.models import Flow
from forjinn.flows.parsing import InvalidGraph
from forjinn.gateway import service as models
from forjinn.rendering import wants_fragment
from forjinn.workspaces.guard import can
from forjinn.workspaces.models import Workspace


def page(workspace: Workspace, flow: Flow, status: int = 200, **said: Any) -> ResponseReturnValue:
    """The whole page, or the list view alone where htmx asks for it."""
    return shown(context(workspace, opened_by(workspace, flow)) | said, status)


def shown(told: dict[str, Any], status: int = 200) -> ResponseReturnValue:
    """The page with this context; see `page`."""
    part = wants_fragment() and "list" in request.args
    template = "flows/canvas/_list.html" if part else "flows/canvas/index.html"
    response = make_response(render_template(template, **told), status)
    response.vary.add("HX-Request")
    return response


def opened_by(workspace: Workspace, flow: Flow) -> Opened:
    """The person's draft. Who may only look sees what is saved."""
    if can("chatflows:update"):
        return drafts.open_(workspace, flow, current_user)
    return Opened(flow, None, flow.graph)


def context(workspace: Workspace, opened: Opened) -> dict[str, Any]:
    document = Document(opened.text)
    drawn = drawing.draw(document, models.folded_names(workspace))
    listed = "list" in request.values
    return _state(opened) | {"drawing": drawn, "kinds": palette.KINDS.values(), "listed": listed}


def _state(opened: Opened) -> dict[str, Any]:
    undo, redo = drafts.possible(opened)
    flow = opened.flow
    base = url_for("canvas.page", slug=request.view_args["slug"], flow_id=flow.id)  # type: ignore[index]
    return {
        "flow": flow,
        "opened": opened,
        "revision": opened.token,
        "undo": undo,
        "redo": redo,
        "editable": can("chatflows:update"),
        "newer_by": drafts.saved_by(flow) if opened.behind else None,
        "base": base,
        # Where a node's key leads to what the panel shows of it.
        "opens": f"{base}/node?node=",
    }


def changes(workspace: Workspace, changed: Changed, made: Sequence[str] = ()) -> ResponseReturnValue:
    """What a change changed. `made` are the keys of new nodes: the page marks them, and opens the first."""
    opened = changed.opened
    if not wants_fragment():
        return _back(opened.flow.id)
    registered = models.folded_names(workspace)
    seen = looks.Faces()
    before = drawing.draw(changed.before, registered, seen)
    after = drawing.draw(changed.after, registered, seen)
    context = _state(opened) | differences(before, after)
    context |= {
        "drawing": after,
        "said": changed.said,
        "listed": "list" in request.form,
        "made": [after.by_id[key] for key in made if key in after.by_id],
    }
    return make_response(render_template("flows/canvas/_changes.html", **context))


def differences(before: Drawing, after: Drawing) -> dict[str, Any]:
    """The cards and curves that are new, other than before, or gone; all of them by their DOM id."""
    cards = {card.dom: card for card in before.cards}
    curves = {curve.dom: curve for curve in before.curves}
    kept = {card.dom for card in after.cards} | {curve.dom for curve in after.curves}
    return {
        "new_cards": [card for card in after.cards if card.dom not in cards],
        "changed_cards": [card for card in after.cards if card.dom in cards and cards[card.dom] != card],
        "new_curves": [curve for curve in after.curves if curve.dom not in curves],
        "changed_curves": [
            curve for curve in after.curves if curve.dom in curves and curves[curve.dom] != curve
        ],
        "gone": [dom for dom in (*cards, *curves) if dom not in kept],
    }


def saved(workspace: Workspace, opened: Opened) -> ResponseReturnValue:
    if not wants_fragment():
        flash("The flow was saved.")
        return _back(opened.flow.id)
    if not opened.fresh:
        # A save that is sent again, after somebody else's: the page shows what is no longer the flow.
        return anew(workspace, opened)
    drawn = drawing.draw(Document(opened.text), models.folded_names(workspace))
    context = _state(opened) | differences(drawn, drawn)
    context |= {"drawing": drawn, "said": "Saved", "listed": "list" in request.form, "made": []}
    return make_response(render_template("flows/canvas/_changes.html", **context))


def anew(workspace: Workspace, opened: Opened) -> ResponseReturnValue:
    """All that is drawn, for a page that missed an answer."""
    if not wants_fragment():
        return _back(opened.flow.id)
    drawn = context(workspace, opened) | {"made": []}
    return make_response(render_template("flows/canvas/_anew.html", **drawn))


def refused(workspace: Workspace, flow: Flow, error: DomainError) -> ResponseReturnValue:
    """Why nothing was changed: for htmx a fragment, else the page with it."""
    if isinstance(error, Repeated):
        return anew(workspace, opened_by(workspace, flow))
    stale, newer = isinstance(error, Stale), isinstance(error, Newer)
    status = 409 if stale or newer else 422
    if newer:
        flow = service.get(workspace, flow.id)
    said = {
        "error": error,
        "problems": problems(workspace, flow, error),
        "stale": stale,
        "newer": newer,
        "lacking": isinstance(error, Lacking),
    }
    if not wants_fragment():
        return page(workspace, flow, status, **said)
    context = _state(opened_by(workspace, flow)) | said
    name = "_conflict.html" if status == 409 else "_refused.html"
    response = make_response(render_template(f"flows/canvas/{name}", **context), status)
    response.headers["HX-Retarget"] = "#canvas-problem"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def problems(workspace: Workspace, flow: Flow, error: DomainError) -> list[Problem]:
    """All sentences of an error, each with the node that it is about, if it is about one."""
    if isinstance(error, InvalidGraph):
        sentences = error.problems
    elif isinstance(error, Lacking):
        sentences = error.missing
    else:
        return []
    document = Document(opened_by(workspace, flow).text)
    return checking.problems(sentences, document, drawing.draw(document))


def reload(_workspace: Workspace, flow_id: UUID, done: str) -> ResponseReturnValue:
    """On to the canvas of a flow, anew."""
    flash(done)
    if not wants_fragment():
        return _back(flow_id)
    slug = request.view_args["slug"]  # type: ignore[index]
    return Response(headers={"HX-Redirect": url_for("canvas.page", slug=slug, flow_id=flow_id)})


def _back(flow_id: UUID) -> ResponseReturnValue:
    """To the list view, where a browser without JavaScript came from."""
    slug = request.view_args["slug"]  # type: ignore[index]
    return redirect(url_for("canvas.page", slug=slug, flow_id=flow_id, list=1), 303)
