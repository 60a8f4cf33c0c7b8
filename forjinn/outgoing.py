"""How Forjinn calls out: HTTP clients that can be given up at any moment, and that can be kept from
private addresses."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore2
import httpx2

from forjinn.addresses import PUBLIC_ONLY, AddressRefused, Guard
from forjinn.connections import Backend
from forjinn.patience import Abandoned, DeadlinePassed, patience

__all__ = ["Abandoned", "AddressRefused", "DeadlinePassed", "Guard", "client", "patience"]

MAX_IDLE_CONNECTIONS = 64
IDLE_SECONDS = 5.0


def client(
    *,
    guarded: bool,
    timeout: httpx2.Timeout,
    max_connections: int = 256,
    guard: Guard = PUBLIC_ONLY,
) -> httpx2.Client:
    """One pool of connections. Its calls raise Abandoned and DeadlinePassed as `patience` says.

    With `guarded`, they raise AddressRefused for an address that the guard does not allow.
    """
    return httpx2.Client(
        transport=_transport(Backend(guard if guarded else None), max_connections),
        timeout=timeout,
        # A redirect could lead anywhere; proxies and .netrc of the machine are not for other people's calls.
        follow_redirects=False,
        trust_env=False,
        # It is shared: a cookie that one flow is given must not be sent for another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def _transport(backend: httpcore2.NetworkBackend, max_connections: int) -> httpx2.HTTPTransport:
    # This one does read SSL_CERT_FILE and SSL_CERT_DIR: whom to trust is the operator's choice.
    context = httpx2.create_ssl_context()
    transport = httpx2.HTTPTransport(verify=context)
    # httpx2 has no argument for a network backend, its pool has: so it gets another of the same class.
    transport._pool = httpcore2.ConnectionPool(
        ssl_context=context,
        max_connections=max_connections,
        max_keepalive_connections=MAX_IDLE_CONNECTIONS,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=backend,
    )
    return transport
