"""The guards that need no workspace. Each route carries one, and a test walks the routes to prove it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from flask_wtf.csrf import CSRFError

from forjinn.extensions import csrf
from forjinn.limits import MULTIPART, accept_body
from forjinn.shares import take_share

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# The settings of how large a form may be: usually, of a stranger, and at most when it is no file.
FORM_BYTES, PUBLIC_BYTES = "FORJINN_MAX_REQUEST_BYTES", "FORJINN_MAX_PUBLIC_BYTES"
TEXT_BYTES = "FORJINN_MAX_CANVAS_BYTES"
FILE_BYTES = "FORJINN_MAX_IMPORT_BYTES"


def signed_in(view: Callable[..., ResponseReturnValue]) -> Callable[..., Any]:
    """Let in anybody who is signed in."""

    @wraps(view)
    @login_required  # type: ignore[untyped-decorator]
    def guarded(**arguments: Any) -> ResponseReturnValue:
        return accept_form(FORM_BYTES) or view(**arguments)

    return mark(guarded, "signed in")


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let in anybody. Said aloud, so that a forgotten guard does not look like a decision."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        return accept_form(PUBLIC_BYTES) or view(**arguments)

    return mark(guarded, "public")


def mark(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view


def accept_form(setting: str) -> Response | None:
    """Allow a form of as many bytes as the setting says, if a page of ours sent it.

    Called by a guard that has let its sender in: until then nothing of the form was read. A response means
    that it is still to come, and is what the guard returns. Raises CSRFError, RequestEntityTooLarge.
    """
    if request.method in SAFE_METHODS:
        return None
    _check_origin()
    config = current_app.config
    # A file is kept as it is; a form's text is decoded, which takes more than its size.
    setting = setting if request.mimetype == MULTIPART else min(setting, TEXT_BYTES, key=config.__getitem__)
    payer = str(current_user.id) if current_user.is_authenticated else None
    waiting = accept_body(config[setting], payer)
    if waiting is None:
        if payer is not None:
            take_share("account", payer)
        csrf.protect()
    return waiting


def _check_origin() -> None:
    """Raises CSRFError for a form that another site's page sends. What is no browser says neither header."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        # A browser's own judgement, which no proxy in between has to be set up for.
        if site not in ("same-origin", "none"):
            raise CSRFError(f"sent from another site: {site}")
    elif origin is not None and _host(origin) not in _our_hosts():
        raise CSRFError("sent from another origin")


def _our_hosts() -> set[str]:
    # Not Werkzeug's, which knows none with an underscore. What cannot be a host was refused before.
    here = _host(f"//{request.environ.get('HTTP_HOST', '')}")
    return {here, _host(current_app.config["FORJINN_BASE_URL"])} - {""}


def _host(url: str) -> str:
    """Empty for what names none, such as `null`."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
