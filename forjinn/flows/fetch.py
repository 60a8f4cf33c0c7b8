"""One HTTP call of a flow, to an address that its author or a model chose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx2
from flask import current_app

from forjinn import outgoing
from forjinn.connections import Closed
from forjinn.errors import DomainError
from forjinn.flows import redirects, request
from forjinn.flows.call import Scope
from forjinn.flows.redirects import Redirect
from forjinn.flows.request import NO_BODY, Body, Pairs

MAX_REDIRECTS = 5
LONGEST_CONNECT_SECONDS = 5.0
# Methods that do the same when they are done twice (RFC 9110 §9.2.2).
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# Text encodings in use; Python has others, some of which take very long.
ENCODING = re.compile(r"(?i)(utf|iso|latin|us-ascii|windows|cp|shift|euc|gb|big5|koi8)[\w-]*")


@dataclass(frozen=True, slots=True)
class Fetched:
    status: int
    reason: str
    # In lower case; several of one name are joined by commas.
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        said = re.search(r"(?i)charset\s*=\s*\"?([\w-]+)", self.headers.get("content-type", ""))
        encoding = said[1] if said and ENCODING.fullmatch(said[1]) else "utf-8"
        try:
            return self.body.decode(encoding, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


def fetch(
    scope: Scope,
    method: str,
    url: str,
    *,
    headers: Pairs = (),
    params: Pairs = (),
    body: Body = NO_BODY,
    timeout_seconds: float | None = None,
    response_limit: int | None = None,
) -> Fetched:
    """The answer, after at most five redirects. `params` are added to the URL's query.

    A status of 400 and above is an answer as any other. Raises DomainError, whose message holds no more of
    the URL than its origin, and Abandoned.
    """
    seconds = timeout_seconds or current_app.config["FORJINN_HTTP_SECONDS"]
    limit = response_limit or current_app.config["FORJINN_HTTP_RESPONSE_BYTES"]
    made = request.made(method, url, headers, params, body)
    made.extensions["timeout"] = _timeout(seconds).as_dict()
    made.extensions["credentials_in_body"] = body.has_credentials
    with outgoing.patience(deadline=scope.call.budget.deadline):
        for _ in range(MAX_REDIRECTS + 1):
            answer = _sent(made, limit)
            if isinstance(answer, Fetched):
                return answer
            made = redirects.followed(made, answer)
    raise DomainError(f"the call was redirected more than {MAX_REDIRECTS} times.")


def _sent(made: httpx2.Request, limit: int) -> Fetched | Redirect:
    with _in_plain_words(made.url), closing(_asked(made)) as response:
        location = response.headers.get("location")
        if response.status_code in redirects.STATUSES and location:
            return Redirect(response.status_code, location)
        body = _read(response, limit)
        return Fetched(response.status_code, response.reason_phrase, dict(response.headers), body)


def _asked(made: httpx2.Request) -> httpx2.Response:
    try:
        return _client("forjinn.fetch").send(made, stream=True, auth=None)
    except httpx2.RemoteProtocolError as error:
        if made.method not in IDEMPOTENT or not isinstance(error.__cause__, Closed):
            raise
    # Others that were kept may have been closed as well.
    return _client("forjinn.fetch_anew", max_idle=0).send(made, stream=True, auth=None)


def _read(response: httpx2.Response, limit: int) -> bytes:
    body = bytearray()
    # Pieces of at most a megabyte, unpacked one at a time: what is small may unpack to gigabytes.
    for piece in response.iter_bytes():
        body += piece
        if len(body) > limit:
            raise DomainError(f"the answer is larger than {limit} bytes.")
    return bytes(body)


@contextmanager
def _in_plain_words(url: httpx2.URL) -> Iterator[None]:
    # Without the errors themselves: their requests hold credentials.
    try:
        yield
    except httpx2.TimeoutException:
        raise DomainError(f"{request.origin(url)} did not answer in time.") from None
    except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.DecodingError):
        raise DomainError(f"{request.origin(url)} did not answer properly.") from None
    except httpx2.HTTPError:
        raise DomainError(f"{request.origin(url)} cannot be reached.") from None


def _timeout(seconds: float) -> httpx2.Timeout:
    return httpx2.Timeout(seconds, connect=min(seconds, LONGEST_CONNECT_SECONDS))


def _client(name: str, max_idle: int = outgoing.MAX_IDLE_CONNECTIONS) -> httpx2.Client:
    """One pool of connections for the process."""
    client: httpx2.Client | None = current_app.extensions.get(name)
    if client is None:
        config = current_app.config
        client = outgoing.client(
            guarded=not config["FORJINN_ALLOW_PRIVATE_ADDRESSES"],
            timeout=_timeout(config["FORJINN_HTTP_SECONDS"]),
            max_idle=max_idle,
        )
        # Two threads may both make one; the pool that loses is empty.
        client = current_app.extensions.setdefault(name, client)
    return client
