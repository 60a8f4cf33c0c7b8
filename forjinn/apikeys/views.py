from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forjinn.apikeys import listing, service
from forjinn.apikeys.forms import NewKey, Rename
from forjinn.apikeys.models import ApiKey
from forjinn.errors import AlreadyDone, Refused
from forjinn.rendering import base_url, partial_or_page, said, wants_fragment
from forjinn.workspaces.guard import requires
from forjinn.workspaces.models import Workspace

bp = Blueprint("apikeys", __name__, url_prefix="/w/<slug>/api-keys")


@bp.get("")
@requires("apikeys:view")
def index(workspace: Workspace) -> ResponseReturnValue:
    q, after, before = (request.args.get(name, "") for name in ("q", "after", "before"))
    context = _list(workspace, q=q, after=after, before=before)
    return partial_or_page("apikeys/_keys.html", "apikeys/index.html", **context)


@bp.get("/new")
@requires("apikeys:create")
def new(_workspace: Workspace) -> ResponseReturnValue:
    return _form(NewKey.fresh())


@bp.post("/new")
@requires("apikeys:create")
def create(workspace: Workspace) -> ResponseReturnValue:
    form = NewKey()
    try:
        if not form.validate():
            raise Refused("This form is incomplete. Close it and start again.", "name")
        key, secret = service.issue(
            workspace, form.name.data or "", by=current_user, form_token=form.once.data
        )
    except AlreadyDone as done:
        return _form(form, 409, already=str(done))
    except Refused as refused:
        form.name.errors = [str(refused)]
        return _form(form, 422)
    return _reveal(workspace, key, secret)


def _form(form: NewKey, status: int = 200, already: str | None = None) -> Response:
    return partial_or_page("apikeys/_new.html", "apikeys/new.html", status, form=form, already=already)


def _reveal(workspace: Workspace, key: ApiKey, secret: str) -> Response:
    context: dict[str, Any] = {"key": listing.row(key), "secret": secret, "base_url": base_url()}
    if wants_fragment():
        context |= _list(workspace, highlight=key.id)
    # Not redirected: this answer is the only time the key is shown, so no cache may keep it either.
    response = partial_or_page("apikeys/_created.html", "apikeys/reveal.html", **context)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/<uuid:key_id>")
@requires("apikeys:view")
def show(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    if not wants_fragment():
        return _back(workspace)
    return make_response(render_template("apikeys/_row.html", key=listing.row(key)))


@bp.get("/<uuid:key_id>/rename")
@requires("apikeys:create", "apikeys:update")
def rename_form(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    return _rename(key, Rename(formdata=None, name=key.name))


@bp.post("/<uuid:key_id>/rename")
@requires("apikeys:create", "apikeys:update")
def rename(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key, form = service.get(workspace, key_id), Rename()
    try:
        key = service.rename(workspace, key, form.name.data or "")
    except Refused as refused:
        form.name.errors = [str(refused)]
        return _rename(key, form, 422)
    if not wants_fragment():
        flash(f"The key is now named “{key.name}”. Its value did not change.")
        return _back(workspace)
    return make_response(render_template("apikeys/_renamed.html", key=listing.row(key), highlight=key.id))


def _rename(key: ApiKey, form: Rename, status: int = 200) -> Response:
    row = listing.row(key)
    return partial_or_page("apikeys/_rename.html", "apikeys/rename.html", status, key=row, form=form)


@bp.get("/<uuid:key_id>/delete")
@requires("apikeys:delete")
def confirm_delete(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    row = listing.row(service.get(workspace, key_id))
    return partial_or_page("apikeys/_delete.html", "apikeys/delete.html", key=row, failing=row.calls_7d)


@bp.post("/<uuid:key_id>/delete")
@requires("apikeys:delete")
def delete(workspace: Workspace, key_id: UUID) -> ResponseReturnValue:
    key = service.get(workspace, key_id)
    service.delete(workspace, key, by=current_user)
    if not wants_fragment():
        flash(f"The key “{key.name}” was deleted. Any request that uses it now receives 401 Unauthorized.")
        return _back(workspace)
    response = make_response(render_template("apikeys/_deleted.html", key=key))
    return said(response, HX_Trigger="close-dialog, keys-changed")


def _list(
    workspace: Workspace, *, q: str = "", after: str = "", before: str = "", highlight: UUID | None = None
) -> dict[str, Any]:
    page = listing.page(workspace, q=q, after=after, before=before)
    if not page.rows and (after or before):
        # Deleting the last row of the last page leaves its address empty: show the first one instead.
        after = before = ""
        page = listing.page(workspace, q=q)
    empty = not page.rows and not listing.has_any(workspace)
    return {
        "page": page,
        "q": q,
        "after": after,
        "before": before,
        "empty": empty,
        "highlight": highlight,
    }


def _back(workspace: Workspace) -> Response:
    return redirect(url_for("apikeys.index", slug=workspace.slug), 303)  # type: ignore[return-value]
