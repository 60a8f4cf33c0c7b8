"""What a click of these pages is answered with: a closed dialog and a new list, or a page."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from markupsafe import escape

from forjinn.errors import Refused
from forjinn.forms import Form
from forjinn.rendering import said, wants_fragment
from forjinn.workspaces.models import Workspace


def done(workspace: Workspace, page: str, sentence: str) -> Response:
    """Close the dialog and draw the list anew; without JavaScript, go back to the page and say it there."""
    if not wants_fragment():
        flash(sentence)
        return redirect(url_for(page, slug=workspace.slug), 303)  # type: ignore[return-value]
    told = Response(f'<hx-partial hx-target="#announce" hx-swap="innerHTML">{escape(sentence)}</hx-partial>')
    return said(told, HX_Trigger="close-dialog, gateway-changed")


def blame(form: Form, refused: Refused, otherwise: str) -> None:
    """Show a refusal beside the field that it is about."""
    name = refused.field if refused.field in form._fields else otherwise
    form[name].errors = [str(refused)]
