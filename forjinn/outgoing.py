"""How Forjinn calls out: HTTP clients that can be given up at any moment, and that can be kept from
private addresses."""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore2
import httpx2

from forjinn.addresses import PUBLIC_ONLY, AddressRefused, Guard
from forjinn.connections import Backend
from forjinn.patience import Abandoned, DeadlinePassed, patience

__all__ = ["Abandoned", "AddressRefused", "DeadlinePassed", "Guard", "client", "patience"]

MAX_IDLE_CONNECTIONS = 64
# Less than the five after which many servers close an idle connection: one of the two has to be first.
IDLE_SECONDS = 4.0


def client(
    *,
    guarded: bool,
    timeout: httpx2.Timeout,
    max_connections: int = 256,
    max_idle: int = MAX_IDLE_CONNECTIONS,
    guard: Guard = PUBLIC_ONLY,
) -> httpx2.Client:
    """One pool of connections. Its calls raise Abandoned and DeadlinePassed as `patience` says.

    With `guarded`, they raise AddressRefused for an address that the guard does not allow.
    """
    return httpx2.Client(
        transport=_transport(
            pool(guarded=guarded, guard=guard, max_connections=max_connections, max_idle=max_idle)
        ),
        timeout=timeout,
        # A redirect could lead anywhere; proxies and .netrc of the machine are not for other people's calls.
        follow_redirects=False,
        trust_env=False,
        # It is shared: a cookie that one flow is given must not be sent for another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def pool(
    *,
    guarded: bool,
    guard: Guard = PUBLIC_ONLY,
    max_connections: int = 256,
    max_idle: int = MAX_IDLE_CONNECTIONS,
) -> httpcore2.ConnectionPool:
    """The connections alone, for who needs nothing of what httpx adds to them."""
    return httpcore2.ConnectionPool(
        # This one does read SSL_CERT_FILE and SSL_CERT_DIR: whom to trust is the operator's choice.
        ssl_context=httpx2.create_ssl_context(),
        max_connections=max_connections,
        max_keepalive_connections=max_idle,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=Backend(guard if guarded else None),
    )


def _transport(connections: httpcore2.ConnectionPool) -> httpx2.HTTPTransport:
    # httpx2 has no argument for a network backend, its pool has: so it gets another of the same class.
    # That which it replaces trusts nobody.
    transport = httpx2.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    transport._pool = connections
    return transport
