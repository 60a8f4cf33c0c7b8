"""The request that follows a redirect, as browsers make it (Fetch Standard, HTTP-redirect fetch)."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from forjinn.errors import DomainError
from forjinn.flows import request
from forjinn.flows.masking import is_open_header

STATUSES = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Redirect:
    status: int
    location: str


def followed(before: httpx2.Request, redirect: Redirect) -> httpx2.Request:
    """Raises DomainError for an address that cannot be called. Credentials stay with their origin."""
    url = request.parsed(redirect.location, before.url)
    see_other = redirect.status == 303 or (redirect.status in (301, 302) and before.method == "POST")
    elsewhere = request.origin(url) != request.origin(before.url)
    if elsewhere and not see_other and before.extensions.get("credentials_in_body"):
        raise DomainError(
            f"was sent on to {request.origin(url)}, which does not get the credentials in the body."
        )
    headers = [
        (name, value)
        for name, value in before.headers.raw
        if not _is_left_out(name.decode("ascii").lower(), see_other=see_other, elsewhere=elsewhere)
    ]
    return httpx2.Request(
        "GET" if see_other else before.method,
        url,
        headers=headers,
        content=None if see_other else before.read() or None,
        extensions=dict(before.extensions),
    )


def _is_left_out(name: str, *, see_other: bool, elsewhere: bool) -> bool:
    if name in ("host", "content-length", "transfer-encoding"):
        return True
    return (see_other and name.startswith("content-")) or (elsewhere and not is_open_header(name))
