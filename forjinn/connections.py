"""The connections that Forjinn makes itself: whom to, and how long it waits at them."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import httpcore2
from httpcore2._backends.sync import SyncStream

from forjinn.addresses import Guard
from forjinn.patience import capped, check, in_slices

# In bytes: a longer body leaves at once.
MOST_UNSENT = 64 << 10
# How soon a kept connection ends that was closed before its next request arrived, in seconds.
AT_ONCE_SECONDS = 1.0


class Backend(httpcore2.SyncBackend):
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
                return Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            except (ValueError, OverflowError) as error:
                # No name of a host, or no port.
                failed = httpcore2.ConnectError(str(error))
            check()
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return self._guard.addresses(host, port) if self._guard else [host]
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error


class Ended(httpcore2.RemoteProtocolError):
    """The connection ended before anything of an answer came."""


class Closed(Ended):
    """It was kept from an earlier request, and ended at once.

    Taken to mean that the other end closed it while this request was on its way, before anybody worked on
    it. One that ends later may have done the work, and to ask again would do it twice.
    """


class Stream(httpcore2.NetworkStream):
    """A connection that never waits for long without looking whether the call is still wanted.

    What is written leaves with the next read, so that the head and the body of a request wake the other
    side once.
    """

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")
        self._unsent = b""
        # Whether it has answered an earlier request, and whether it has begun to answer this one.
        self._was_used = self._answers = False
        self._asked_at = 0.0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # A server that has refused half of a body may have closed its side, and what it said can be read.
        with suppress(httpcore2.WriteError):
            self._flush(timeout)
        try:
            received = in_slices(partial(self._stream.read, max_bytes), timeout, httpcore2.ReadTimeout)
        except httpcore2.ReadError as error:
            self._check_end(error)
            raise
        if not received:
            self._check_end(None)
        self._answers = True
        return received

    def _check_end(self, error: Exception | None) -> None:
        if self._answers:
            return
        at_once = time.monotonic() - self._asked_at < AT_ONCE_SECONDS
        raise (Closed if self._was_used and at_once else Ended)("there is no answer") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answers:
            self._was_used, self._answers = True, False
            self._asked_at = time.monotonic()
        if len(self._unsent) + len(buffer) <= MOST_UNSENT:
            self._unsent += buffer
        else:
            self._flush(timeout)
            self._send_all(buffer, timeout)

    def _flush(self, timeout: float | None) -> None:
        unsent, self._unsent = self._unsent, b""
        self._send_all(unsent, timeout)

    def _send_all(self, data: bytes, timeout: float | None) -> None:
        left = memoryview(data)
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
        # The stream's own `start_tls` waits for the whole handshake at once.
        try:
            secure = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:
            self.close()
            raise httpcore2.ConnectError(str(error)) from error
        try:
            in_slices(partial(_shake_hands, secure), timeout, httpcore2.ConnectTimeout)
        except BaseException:
            # The pool does not know it yet, so nobody else would close it.
            secure.close()
            raise
        return Stream(SyncStream(secure))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _shake_hands(secure: ssl.SSLSocket, timeout: float) -> None:
    try:
        secure.settimeout(timeout)
        secure.do_handshake()
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout(error) from error
    except OSError as error:
        raise httpcore2.ConnectError(error) from error
