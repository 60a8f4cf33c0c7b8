"""How errors are shown: JSON under `/api/`, a page to a browser, a fragment to htmx. Never a traceback."""

from __future__ import annotations

from flask import Flask, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from forjinn.errors import AlreadyDone, DatabaseUnavailable, MissingPermission, NotFound, Refused
from forjinn.extensions import db
from forjinn.gateway.api import answers as gateway
from forjinn.hosts import REFUSED
from forjinn.limits import LONGEST_TARGET
from forjinn.prediction.answers import ApiError, is_api_request, is_gateway_request, problem
from forjinn.prediction.views import unavailable
from forjinn.rendering import wants_fragment
from forjinn.shares import RETRY_SECONDS, ShareUsedUp

API_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    414: "too_large",
    415: "unsupported_media_type",
}
TITLES = {
    400: "This request cannot be answered",
    403: "You may not do this",
    404: "Not found",
    405: "Not possible here",
    409: "Already done",
    413: "Too large",
    414: "Too long",
    422: "Not possible",
    429: "Slow down",
    500: "Something broke on our side",
    503: "The database cannot answer now",
}


def page(status: int, message: str, *, title: str | None = None) -> Response:
    """The error as a page, or as a fragment that leaves the rest of the page alone."""
    title = title or TITLES.get(status, "This did not work")
    if status >= 500 or REFUSED in request.environ:
        _ask_nothing()
    if not wants_fragment():
        return make_response(
            render_template("errors/page.html", status=status, title=title, message=message), status
        )
    response = make_response(
        render_template("errors/_problem.html", status=status, title=title, message=message), status
    )
    if not request.headers.get("HX-Target", "").startswith("dialog"):
        response.headers["HX-Retarget"] = "#problem"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _ask_nothing() -> None:
    """Make the template ask the database nothing, neither who reads nor where: it may be what failed."""
    g._login_user = AnonymousUserMixin()
    g.pop("workspace", None)


def sign_in_first() -> ResponseReturnValue:
    """Flask-Login's answer to somebody who is not signed in."""
    if "X-Canvas" in request.headers:
        # The canvas keeps what was typed, says so, and sends it again after the sign-in.
        return Response(status=401)
    if request.method == "GET" and not wants_fragment():
        return redirect(_sign_in_for(request.full_path.rstrip("?")), 303)
    if request.method == "POST":
        # Usually a page from before a sign-out in another tab; who sent its form asks what became of it.
        flash("You are signed out, so nothing was changed. Sign in, then try again.")
    if wants_fragment():
        # A redirect would be followed by htmx, and the sign-in page would land in a table row.
        return Response(status=401, headers={"HX-Redirect": url_for("accounts.login")})
    return redirect(url_for("accounts.login"), 303)


def _sign_in_for(target: str) -> str:
    """The sign-in, from where somebody goes on to `target`, unless that makes an address too long."""
    address = url_for("accounts.login", next=target)
    return address if len(address) <= LONGEST_TARGET else url_for("accounts.login")


def init(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(NotFound, lambda error: page(404, str(error)))
    app.register_error_handler(Refused, lambda error: page(422, str(error)))
    app.register_error_handler(AlreadyDone, lambda error: page(409, str(error)))
    app.register_error_handler(MissingPermission, _forbidden)
    app.register_error_handler(ApiError, problem)
    app.register_error_handler(ShareUsedUp, _share_used_up)
    app.register_error_handler(
        DataError,
        lambda _error: page(400, "Something in this request cannot be stored, such as a NUL character."),
    )
    for error in (OperationalError, InterfaceError, PoolTimeout, DatabaseUnavailable):
        app.register_error_handler(error, _database)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if not 400 <= status < 600:
        return error
    if is_api_request():
        return _api(error, status)
    said = {
        404: "There is no page at this address.",
        413: "What was sent is larger than this server accepts.",
        414: "This address is longer than this server accepts.",
        500: "The error is in the server's log. Nothing that you see is lost; you can try again.",
    }.get(status, error.description or "")
    return page(status, said)


def _api(error: HTTPException, status: int) -> Response:
    code = API_CODES.get(status, "internal" if status >= 500 else "invalid_request")
    sentence = {
        404: f"There is no such path under /{'gateway' if is_gateway_request() else 'api'}/.",
        405: f"The method {request.method} is not possible here.",
        413: "The request is larger than this server accepts.",
        500: "Something broke on our side; the error is in the server's log.",
    }.get(status, str(error.description or error.name))
    methods = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    headers = {"Allow": ", ".join(sorted(methods))} if methods else {}
    if is_gateway_request():
        return gateway.problem(gateway.GatewayError(status, code, sentence, headers))
    return problem(ApiError(status, code, sentence, headers))


def _csrf(_error: CSRFError) -> Response:
    response = page(
        400,
        "This form is no longer valid, usually because you signed in or out in another tab. "
        "Nothing was changed. Reload the page and try again.",
        title="Reload the page",
    )
    # For the canvas, which gets a token of the present session and sends the form again.
    response.headers["X-Problem"] = "form-token"
    return response


def _share_used_up(error: ShareUsedUp) -> Response:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    sentence = f"{error} Wait for some of them, then try again."
    if is_gateway_request():
        # The call is kept with its reason.
        g.refusal = "rate_limited"
        return gateway.problem(gateway.GatewayError(429, "rate_limited", sentence, headers))
    if is_api_request():
        return problem(ApiError(429, "rate_limited", sentence, headers))
    response = page(429, sentence)
    response.headers.extend(headers)
    return response


def _forbidden(error: MissingPermission) -> Response:
    where = f" in {g.workspace.name}" if "workspace" in g else ""
    return page(403, f"{error} An Admin{where}, or whoever runs this server, can give it to you.")


def _database(_error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if is_gateway_request():
        return gateway.unavailable()
    if is_api_request():
        return unavailable()
    response = page(503, "Nothing was changed. Try again in a few seconds.")
    response.headers["Retry-After"] = "5"
    return response
