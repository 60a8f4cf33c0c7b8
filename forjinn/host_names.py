"""The names of hosts: what can be one, and the one form in which two of them are compared."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import urlsplit

# RFC 1035 §2.3.4, without the dot at the end.
LONGEST_NAME = 253
# A name, the dot at its end, a colon, and a port.
LONGEST_HEADER = LONGEST_NAME + 1 + 1 + 5
# The underscore is no letter of the internet's names, but of those within a network, such as Docker's.
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{0,5}))?")


@lru_cache(maxsize=256)
def host_name(header: str) -> str | None:
    """The host of a `Host` header as hosts are compared: lower case, no port; None for what cannot be one."""
    if len(header) > LONGEST_HEADER:
        return None
    match = HOST.fullmatch(header)
    if match is None or (match[2] and not 0 < int(match[2]) < 1 << 16):
        return None
    return comparable(match[1])


def comparable(host: str) -> str | None:
    """A host without a port in the one form in which hosts are compared; None for what cannot be one."""
    if host.startswith("["):
        return _ipv6(host)
    name = host.lower().removesuffix(".")
    is_name = len(name) <= LONGEST_NAME and all(LABEL.fullmatch(label) for label in name.split("."))
    return name if is_name else None


def _ipv6(host: str) -> str | None:
    try:
        return f"[{IPv6Address(host[1:-1])}]" if host.endswith("]") else None
    except ValueError:
        return None


def parse_allowed(value: str) -> frozenset[str]:
    """The value of FORJINN_ALLOWED_HOSTS. Raises ValueError with what is wrong."""
    if not value:
        return frozenset()
    entries = [entry.strip() for entry in value.split(",")]
    return frozenset(_allowed_entry(entry) for entry in entries)


def _allowed_entry(entry: str) -> str:
    if not entry:
        raise ValueError("has an empty entry; write names with one comma between them")
    if "/" in entry:
        raise ValueError(f"{entry!r} is an address; write only its host, such as forjinn.example.com")
    if host_name(entry) is not None and comparable(entry) is None:
        raise ValueError(f"{entry!r} has a port; a host is allowed with every port, so leave it out")
    name = comparable(f"[{entry}]" if ":" in entry and not entry.startswith("[") else entry)
    if name is None:
        raise ValueError(f"{entry!r} is not a host such as forjinn.example.com or [2001:db8::1]")
    return name


def host_of_url(url: str) -> str | None:
    """The host of an address of ours, as hosts are compared."""
    host = urlsplit(url).hostname or ""
    return comparable(f"[{host}]" if ":" in host else host)
