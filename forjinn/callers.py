"""Where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from flask import request

# The longest an IPv6 address gets, and what the columns hold.
LONGEST = 45


def address() -> str:
    """The caller's address, cut to an address's length: behind a proxy it is a header's text."""
    return (request.remote_addr or "")[:LONGEST]


def sender(environ: Mapping[str, Any], *, proxies: int) -> str:
    """Who sends a request, as far as its head tells, before the application has seen it.

    `proxies` of ours stand in front. An IPv6 address counts with all of its /64, which one customer of a
    provider has.
    """
    address: str = environ["REMOTE_ADDR"]
    # As ProxyFix counts: from the right, one for each proxy.
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxies)
    if proxies and len(forwarded) >= proxies:
        address = forwarded[-proxies].strip()[:LONGEST] or address
    return network(address)


def network(address: str) -> str:
    """The /64 of an IPv6 address; an IPv4 address, or what is none, as it is."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
