"""Security headers of every answer, and how long it may be kept."""

from __future__ import annotations

from flask import Flask, Response, request

from forjinn.extensions import compress
from forjinn.prediction.answers import is_api_request

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Tabler's form controls draw their marks from data: images.
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
YEAR = 31_536_000


def init(app: Flask) -> None:
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if is_api_request():
        # Neither compressed nor cached; a stream must pass as it is.
        headers.setdefault("Cache-Control", "no-store")
        return response
    headers["Content-Security-Policy"] = CSP
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    # A 404 is no file: during an upgrade it may be there a second later.
    is_file = request.endpoint == "static" and response.status_code < 400
    if is_file and "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    elif not is_file and "Cache-Control" not in headers:
        # Pages show what only their reader may see; a shared cache or the back button must not.
        headers["Cache-Control"] = "no-cache, private"
    if not response.cache_control.no_store:
        compress.after_request(response)
    return response
