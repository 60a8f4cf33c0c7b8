"""How Forjinn calls out: HTTP clients that can be given up at any moment, and that can be kept from
private addresses."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore2
import httpx2

from forjinn.addresses import PUBLIC_ONLY, AddressRefused, Guard
from forjinn.patience import Abandoned, DeadlinePassed, capped, check, in_slices, patience

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
        transport=_transport(_Backend(guard if guarded else None), max_connections),
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
    # httpx2 has no argument for a network backend, httpcore2 has: its pool is replaced by one of the same class.
    transport._pool = httpcore2.ConnectionPool(
        ssl_context=context,
        max_connections=max_connections,
        max_keepalive_connections=MAX_IDLE_CONNECTIONS,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=backend,
    )
    return transport


class _Backend(httpcore2.SyncBackend):
    def __init__(self, guard: Guard | None) -> None:
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """To the first address that answers. TLS and the Host header go by the URL, so by the name."""
        check()
        end = None if timeout is None else time.monotonic() + timeout
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            left = capped(None if end is None else max(0.001, end - time.monotonic()))
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            except OverflowError as error:
                failed = httpcore2.ConnectError(f"{port} is not a port: {error}")
            check()
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return self._guard.addresses(host, port) if self._guard else [host]
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error


class _Stream(httpcore2.NetworkStream):
    """A connection that never waits for long without looking whether the call is still wanted."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return in_slices(partial(self._stream.read, max_bytes), timeout, httpcore2.ReadTimeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        while left:
            left = left[in_slices(partial(self._send, left), timeout, httpcore2.WriteTimeout) :]

    def _send(self, data: memoryview, timeout: float) -> int:
        # The stream's own `write` does not tell how much it sent before a time-out.
        try:
            self._socket.settimeout(timeout)
            return self._socket.send(data)
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            check()
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, capped(timeout)))
        except BaseException:
            # The pool does not know it yet, so nobody else would close it.
            self.close()
            check()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
