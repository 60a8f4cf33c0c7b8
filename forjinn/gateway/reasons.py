"""Why an upstream did not answer, in words that hold neither its address nor a credential."""

from __future__ import annotations

import socket
import ssl

import httpcore2
import httpx2

from forjinn.connections import Ended

FAILURES = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpx2.DecodingError,
)
# The first that fits.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (Ended, "it closed the connection without an answer"),
    (httpcore2.RemoteProtocolError, "its answer is not HTTP, or broke off"),
    (httpcore2.LocalProtocolError, "its credential cannot be sent"),
    (httpcore2.ReadError, "the connection broke"),
    (httpcore2.WriteError, "the connection broke"),
    (httpx2.DecodingError, "its answer cannot be unpacked"),
)
# Verification's codes for a certificate of another host (openssl's X509_V_ERR_HOSTNAME_MISMATCH and
# X509_V_ERR_IP_ADDRESS_MISMATCH); its own words name the host.
_OTHER_HOST = (62, 64)


def reason(error: BaseException) -> str:
    """One of FAILURES, in words that fit behind a colon."""
    if isinstance(error, httpcore2.ConnectError):
        return _of_connecting(error)
    return next((why for kind, why in _REASONS if isinstance(error, kind)), "it did not answer in time")


def _of_connecting(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = "it is for another host" if cause.verify_code in _OTHER_HOST else cause.verify_message
            return f"its certificate is not accepted ({why})"
        if isinstance(cause, ssl.SSLError):
            return "TLS could not be agreed on with it"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens at its address"
        if isinstance(cause, socket.gaierror):
            return "the name of its host cannot be looked up"
        cause = cause.__cause__ or cause.__context__
    return "there is no connection to its address"
