"""Where a request comes from."""

from __future__ import annotations

from flask import request

# The longest an IPv6 address gets, and what the columns hold.
LONGEST = 45


def address() -> str:
    """The caller's address, cut to an address's length: behind a proxy it is a header's text."""
    return (request.remote_addr or "")[:LONGEST]
