from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.apikeys import listing
from forjinn.apikeys.models import ApiKeyImport
from forjinn.apikeys.transfer import exporting, reading, waiting
from forjinn.apikeys.transfer.applying import KeysChanged, PlanRefused
from forjinn.apikeys.transfer.planning import MODES, Plan, Row
from forjinn.apikeys.transfer_forms import Confirm, Upload
from forjinn.database import now
from forjinn.errors import Refused
from forjinn.guards import FILE_BYTES
from forjinn.rendering import partial_or_page, said, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("transfer", __name__, url_prefix="/w/<slug>/api-keys")

ROWS = 50


@bp.get("/import")
@requires("apikeys:import")
def upload_form(_workspace: Workspace) -> ResponseReturnValue:
    return _upload(Upload(formdata=None))


@bp.post("/import")
@requires("apikeys:import", form_bytes=FILE_BYTES)
def upload(workspace: Workspace) -> ResponseReturnValue:
    form = Upload()
    if not form.validate():
        return _upload(form, 422)
    try:
        file = reading.read(_taken(form))
        begun = waiting.begin(workspace, file, form.mode.data, by=current_user)
    except reading.FileRefused as refused:
        return _upload(form, 422, problems=refused.problems)
    except Refused as refused:
        return _upload(form, 422, problems=[str(refused)])
    if not wants_fragment():
        if file.repeated:
            more = len(file.repeated) - 3
            flash(" ".join(file.repeated[:3]) + (f" And {more:,} more." if more > 0 else ""))
        return redirect(url_for("transfer.plan", slug=workspace.slug, import_id=begun.id), 303)
    return _plan(workspace, begun, repeated=file.repeated)


def _taken(form: Upload) -> bytes:
    """The file's bytes, which the request lets go: a large one is held only once."""
    raw: bytes = form.file.data.read()
    form.file.data.close()
    return raw


def _upload(form: Upload, status: int = 200, problems: list[str] | None = None) -> Response:
    context = {
        "form": form,
        "modes": MODES,
        "problems": problems or [],
        "most_problems": reading.MOST_PROBLEMS,
        "most_entries": reading.MOST_ENTRIES,
    }
    return partial_or_page("apikeys/_import.html", "apikeys/import.html", status, **context)


@bp.get("/import/<uuid:import_id>")
@requires("apikeys:import")
def plan(workspace: Workspace, import_id: UUID) -> ResponseReturnValue:
    return _plan(workspace, waiting.get(workspace, import_id, by=current_user))


@bp.post("/import/<uuid:import_id>")
@requires("apikeys:import")
def apply(workspace: Workspace, import_id: UUID) -> ResponseReturnValue:
    begun, form = waiting.get(workspace, import_id, by=current_user), Confirm()
    if begun.mode == "replace-all" and (form.workspace.data or "").strip() != workspace.name:
        form.workspace.errors = [f"Enter the name of the workspace, {workspace.name}, to replace all keys."]
        return _plan(workspace, begun, 422, form=form)
    try:
        done = waiting.apply(workspace, begun, form.plan.data or "", by=current_user)
    except (KeysChanged, PlanRefused) as changed:
        return _plan(workspace, begun, 409, changed=str(changed))
    if not wants_fragment():
        flash(f"The import is done: {_in_words(done)}.")
        return redirect(url_for("apikeys.index", slug=workspace.slug), 303)
    answer = make_response(render_template("apikeys/_imported.html", plan=done, words=_in_words(done)))
    return said(answer, HX_Trigger="keys-changed")


@bp.post("/import/<uuid:import_id>/give-up")
@requires("apikeys:import")
def give_up(workspace: Workspace, import_id: UUID) -> ResponseReturnValue:
    waiting.give_up(workspace, waiting.get(workspace, import_id, by=current_user))
    if not wants_fragment():
        return redirect(url_for("apikeys.index", slug=workspace.slug), 303)
    return said(Response(), HX_Trigger="close-dialog")


@bp.get("/export")
@requires("apikeys:import")
def export(workspace: Workspace) -> ResponseReturnValue:
    # The pieces are read while they are sent, and need the database until then.
    pieces = stream_with_context(exporting.export(workspace))
    name = f"forjinn-apikeys-{workspace.slug}.json"
    return current_app.response_class(
        pieces,
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _plan(workspace: Workspace, begun: ApiKeyImport, status: int = 200, **said_with_it: Any) -> Response:
    """The plan on the keys as they are now, a page of it at a time; what stops working stands first."""
    made: Plan = waiting.plan(workspace, begun)
    # Those in use first: what their callers do next is what the import breaks.
    stopping = sorted(made.stopping, key=_last_used, reverse=True)
    ordered = [
        *made.refused,
        *stopping,
        *(r for r in made.rows if not r.stops and r.action != "refused"),
    ]
    pages = max(1, -(-len(ordered) // ROWS))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    rows = ordered[(number - 1) * ROWS : number * ROWS]
    calls = listing.calls([row.key.id for row in rows if row.key is not None and row.stops])
    context: dict[str, Any] = {
        "begun": begun,
        "mode": MODES[begun.mode][0],
        "plan": made,
        "rows": rows,
        "calls": calls,
        "stopping": len(stopping),
        "recent": sum(_last_used(row) >= now() - listing.RECENT for row in stopping),
        "number": number,
        "pages": pages,
        "form": Confirm(formdata=None),
        "repeated": [],
        "changed": None,
    } | said_with_it
    if context["form"].plan.data not in (None, made.fingerprint):
        # Whoever mistyped the name meanwhile must not agree to another plan unawares.
        context["changed"] = context["changed"] or "The keys have changed. Nothing was imported."
    return partial_or_page("apikeys/_plan.html", "apikeys/plan.html", status, **context)


def _last_used(row: Row) -> datetime:
    return (row.key and row.key.last_used_at) or datetime.min.replace(tzinfo=UTC)


def _in_words(plan: Plan) -> str:
    return ", ".join(f"{count:,} {action}" for action, count in plan.totals.items() if action != "refused")
