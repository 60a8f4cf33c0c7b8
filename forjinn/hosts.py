"""Which hosts a server answers to: what a request's `Host` names is shown in samples and used in links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import BadRequest

from forjinn.host_names import host_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where the environ holds what is wrong with its host.
REFUSED = "forjinn.refused_host"
# A load balancer asks by an address, whatever names people use.
ALWAYS_ANSWERED = frozenset({"/healthz", "/readyz"})


class Hosts:
    """WSGI, within ProxyFix: refuses a host that is not among `allowed` (none: any), or that cannot be one.

    The application never sees such a host, so that it cannot show it.
    """

    def __init__(self, app: WSGIApplication, allowed: frozenset[str]) -> None:
        self._app, self._allowed = app, allowed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sentence = self._problem(environ)
        if sentence is not None:
            environ["HTTP_HOST"], environ["wsgi.url_scheme"] = "localhost", "http"
            if environ["PATH_INFO"] not in ALWAYS_ANSWERED:
                environ[REFUSED] = BadRequest(sentence)
        return self._app(environ, start_response)

    def _problem(self, environ: WSGIEnvironment) -> str | None:
        environ["wsgi.url_scheme"] = environ["wsgi.url_scheme"].lower()
        if environ["wsgi.url_scheme"] not in ("http", "https"):
            # The X-Forwarded-Proto of a proxy that passes on what it was sent.
            return "This request names a scheme that is neither http nor https."
        header = environ.get("HTTP_HOST")
        if header is None and not self._allowed:
            # HTTP/1.0 needs none; what is shown then is the address that the server listens on.
            return None
        name = host_name(header or "")
        if header is None or name is None:
            return "This request names no host, or what cannot be one."
        # RFC 3986 §3.2.3 allows a colon without a port; nobody wants to see it.
        environ["HTTP_HOST"] = header.removesuffix(":")
        if self._allowed and name not in self._allowed:
            return "This server does not answer to the host that this request names."
        return None


def refuse_host() -> None:
    """before_request of all. Raises BadRequest."""
    problem: BadRequest | None = request.environ.get(REFUSED)
    if problem is not None:
        raise problem
