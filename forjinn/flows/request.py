"""An HTTP request of a flow, made from what its author, its caller or a model wrote."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import httpx2

from forjinn.errors import DomainError

Pairs = Sequence[tuple[str, str]]
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# They say where a request goes and where it ends, which is not the flow's business.
OURS = frozenset({"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "upgrade"})
OURS |= {"proxy-authorization", "proxy-connection", "transfer-encoding"}


def made(method: str, url: str, headers: Pairs, params: Pairs, body: Body) -> httpx2.Request:
    """Raises DomainError."""
    target = _with(parsed(url), params)
    sent = checked(headers)
    names = {name.lower() for name, _value in sent}
    if target.userinfo and b"authorization" not in names:
        # As a header it goes where a redirect may take it, and nowhere else.
        basic = base64.b64encode(unquote_to_bytes(target.userinfo))
        sent.append((b"Authorization", b"Basic " + basic))
    if "files" in body.arguments:
        # Its boundary is httpx2's own.
        sent = [(name, value) for name, value in sent if name.lower() != b"content-type"]
    defaults = {b"accept": b"*/*", b"user-agent": b"Forjinn", b"content-type": body.content_type.encode()}
    sent += [(name, value) for name, value in defaults.items() if value and name not in names]
    return httpx2.Request(method, target.copy_with(userinfo=b""), headers=sent, **body.arguments)


@dataclass(frozen=True, slots=True)
class Body:
    """How httpx2 is given it. Without a content type, httpx2 says it."""

    arguments: dict[str, Any] = field(default_factory=dict)
    content_type: str = ""
    # It stays with the origin that it was made for.
    has_credentials: bool = False


def form(pairs: Pairs) -> Body:
    encoded = urlencode(pairs, errors="replace").encode()
    return Body({"content": encoded}, "application/x-www-form-urlencoded")


def multipart(pairs: Pairs) -> Body:
    return Body({"files": [(key, (None, value.encode("utf-8", "replace"))) for key, value in pairs]})


def json(text: str) -> Body:
    """The text is JSON."""
    return Body({"content": text.encode("utf-8", "replace")}, "application/json")


def raw(text: str) -> Body:
    return Body({"content": text.encode("utf-8", "replace")}, "text/plain; charset=utf-8")


NO_BODY = Body()


def checked(headers: Pairs) -> list[tuple[bytes, bytes]]:
    """Raises DomainError for headers that a flow may not send."""
    found = []
    for given_name, given_value in headers:
        name, value = given_name.strip(), given_value.strip()
        if not HEADER_NAME.fullmatch(name) or name.lower() in OURS:
            raise DomainError(f"the header {name[:50]!r} cannot be sent.")
        if CONTROL.search(value):
            raise DomainError(f"the header {name[:50]!r} has a line break or a control character.")
        found.append((name.encode(), value.encode("utf-8", "replace")))
    return found


def parsed(url: str, base: httpx2.URL | None = None) -> httpx2.URL:
    """Raises DomainError."""
    try:
        found = base.join(url).copy_with(userinfo=b"") if base else httpx2.URL(url.strip())
    except (httpx2.InvalidURL, ValueError):
        raise DomainError("the URL is not valid.") from None
    if found.scheme not in ("http", "https") or not found.host:
        raise DomainError("the URL does not begin with http:// or https:// and a host.")
    if not 0 < (found.port or 80) < 1 << 16:
        raise DomainError("the URL is not valid.")
    return found


def origin(url: httpx2.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port else "")


def _with(url: httpx2.URL, params: Pairs) -> httpx2.URL:
    if not params:
        return url
    query = [url.query, urlencode(params, errors="replace").encode()]
    return url.copy_with(query=b"&".join(part for part in query if part))
