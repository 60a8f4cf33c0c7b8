"""The cookie of a device that somebody signed in with. It is sent with sign-ins only."""

from __future__ import annotations

from flask import Response, current_app, request, url_for
from itsdangerous import BadSignature, Signer

from forjinn import callers
from forjinn.accounts import places
from forjinn.accounts.models import User

NAME = "forjinn_device"


def shown() -> str | None:
    """The token in this request's cookie, if we have made it: that is known before the database is asked."""
    try:
        return _signer().unsign(request.cookies.get(NAME, "")).decode()
    except (BadSignature, UnicodeError):
        return None


def remember(user: User, response: Response) -> Response:
    """Know this device and this address of the user from now on."""
    token = places.remember(user, shown(), callers.address())
    response.set_cookie(
        NAME,
        _signer().sign(token).decode(),
        max_age=places.KNOWN_FOR,
        path=url_for("accounts.login"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _signer() -> Signer:
    return Signer(current_app.secret_key or "", salt=NAME)
