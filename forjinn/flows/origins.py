"""The web origins whose pages may call a flow, as an owner writes them and as browsers send them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

from forjinn import names
from forjinn.errors import Refused

MOST = 50
# RFC 6454 §6.2: scheme, host and port, and nothing behind them.
ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?/?")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# A browser leaves out the port that the scheme has anyway.
USUAL_PORT = {"http": 80, "https": 443}


def checked(lines: Iterable[str]) -> list[str]:
    """The origins in lower case without a slash at the end, each once. Raises Refused, field `origins`."""
    found = list(dict.fromkeys(_checked(line.strip()) for line in lines if line.strip()))
    if len(found) > MOST:
        raise Refused(f"These are {len(found)} origins; at most {MOST} are possible.", "origins")
    return found


def _checked(text: str) -> str:
    shown = names.harmless(text[:80])
    if "*" in text:
        raise Refused(f"“{shown}” has an asterisk. Name each origin in full, one a line.", "origins")
    if not text.isascii():
        raise Refused(f"“{shown}”: write the host as browsers send it, in ASCII (xn--…).", "origins")
    match = ORIGIN.fullmatch(text.lower())
    if match is None or not _is_host(match[2]) or (match[3] and not 0 < int(match[3]) < 65536):
        raise Refused(
            f"“{shown}” is not an origin. Write the scheme, the host and maybe a port, and no path: "
            "https://shop.example.com",
            "origins",
        )
    scheme, host, port = match.groups()
    return f"{scheme}://{host}" + (f":{int(port)}" if port and int(port) != USUAL_PORT[scheme] else "")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        try:
            return bool(IPv6Address(host[1:-1]))
        except ValueError:
            return False
    return len(host) <= 253 and all(LABEL.fullmatch(label) for label in host.split("."))
