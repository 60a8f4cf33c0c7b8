"""Who calls: one header, one hash, one statement. Nothing about a key is kept between requests."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy import and_, bindparam, func, or_, select

from forjinn import ids
from forjinn.apikeys import shapes, token
from forjinn.apikeys.models import ApiKey
from forjinn.apikeys.usage import Recorder
from forjinn.callers import address
from forjinn.fast import Reader, Statement
from forjinn.flows.models import Flow
from forjinn.limits import accept_body, known_sender
from forjinn.prediction import origins, public_calls
from forjinn.prediction.answers import ApiError, preflight, unauthorized
from forjinn.prediction.refusals import bearer_missing, dead, unknown
from forjinn.shares import take_share

# The scheme in any case, one or more spaces, one token of visible ASCII (RFC 9110 §11.4).
BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)

# What is known of the flow, in the order of `Caller`.
FLOW = (Flow.deployed, Flow.version, Flow.type, Flow.is_public, Flow.origins, Flow.overridable)

# Rows of the same digest: at most one is live, and it comes first; a dead one explains the refusal.
STATEMENT = (
    select(
        ApiKey.id,
        ApiKey.workspace_id,
        and_(
            ApiKey.deleted_at.is_(None),
            ApiKey.disabled_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.current_timestamp()),
        ),
        ApiKey.deleted_at,
        ApiKey.disabled_at,
        ApiKey.expires_at,
        Flow.id,
        Flow.workspace_id == ApiKey.workspace_id,
        *FLOW,
        ApiKey.shape,
    )
    .join(Flow, Flow.id == bindparam("flow_id", type_=Flow.id.type), isouter=True)
    .where(ApiKey.digest == bindparam("digest", type_=ApiKey.digest.type))
    .order_by(ApiKey.deleted_at.is_not(None), ApiKey.deleted_at.desc())
)

PUBLIC = select(Flow.workspace_id, Flow.id, *FLOW).where(
    Flow.id == bindparam("flow_id", type_=Flow.id.type), Flow.is_public
)


class Caller(NamedTuple):
    """The statement's row, with ids and moments as the driver gives them. No key: a public flow's."""

    key_id: Any
    workspace_id: Any
    is_live: Any
    deleted_at: Any
    disabled_at: Any
    expires_at: Any
    flow_id: Any
    same_workspace: Any
    deployed: Any
    version: Any
    type: Any
    is_public: Any
    origins: Any
    overridable: Any

    @property
    def workspace(self) -> UUID:
        return ids.of(self.workspace_id)

    @property
    def flow(self) -> UUID:
        return ids.of(self.flow_id)


def take_flow_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Takes the id out of the URL's values: a view works on the flow that the statement found."""
    g.asked_flow_id = (values or {}).pop("flow_id", None)


def check_key() -> Response | None:
    """before_request of every route that needs a key. Sets `g.caller`; raises ApiError.

    All of it needs the head alone. A response, other than a preflight's, means that the body is to come.
    """
    if request.method == "OPTIONS":
        return preflight()
    # Each use of a proxy asks for what is behind it, which costs as much as all else in such a line.
    here = g._get_current_object()
    here.called_at = time.time()
    caller = known_sender() or _identified(here)
    if caller.flow_id is not None:
        origins.check(caller.origins)
    if caller.key_id is None:
        waiting = accept_body(current_app.config["FORJINN_MAX_PUBLIC_BYTES"], None, caller)
    else:
        waiting = accept_body(current_app.config["FORJINN_MAX_REQUEST_BYTES"], str(caller.key_id), caller)
    take_share(*_who(caller))
    # While the body is to come nothing is counted: that is done when it has come.
    here.caller = caller if waiting is None else None
    return waiting


def _who(caller: Caller) -> tuple[str, object, object]:
    if caller.key_id is None:
        return "public flow", caller.flow_id, caller.workspace_id
    return "API key", caller.key_id, caller.workspace_id


def _identified(here: Any) -> Caller:
    """Who calls, in `here.caller` as soon as the key is known. Raises ApiError."""
    header, asked = request.headers.get("Authorization"), here.asked_flow_id
    if header is None and asked is not None and request.method == "POST":
        here.caller = stranger = _without_key()
        return stranger
    secret = bearer(header)
    row = _first(STATEMENT, {"digest": token.digest(secret), "flow_id": uuid_hex(asked)})
    if row is None or not shapes.fits(secret, row[-1]):
        raise unknown(secret)
    # Also a refused call is counted, so that the dashboard can show who still uses a dead key.
    here.caller = caller = Caller(*row[:-1])
    if not caller.is_live:
        raise dead(caller.deleted_at, caller.disabled_at, caller.expires_at)
    if asked is not None:
        _check_flow(caller)
    return caller


def _without_key() -> Caller:
    """Who calls a public flow. Raises ApiError 401 for any other, also for one that is not there."""
    row = _first(PUBLIC, {"flow_id": uuid_hex(g.asked_flow_id)})
    if row is None:
        raise bearer_missing()
    caller = Caller(None, row[0], True, None, None, None, row[1], True, *row[2:])
    # Before it counts against its address.
    origins.check(caller.origins)
    public_calls.count(address())
    return caller


def _first(statement: Statement, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    reader: Reader = current_app.extensions["forjinn.reader"]
    return reader.first(statement, parameters)


def count(response: Response) -> Response:
    """after_request: one call of a known key, failed or not."""
    here = g._get_current_object()
    caller: Caller | None = here.get("caller")
    if caller is not None and caller.key_id is not None:
        recorder: Recorder = current_app.extensions["forjinn.usage"]
        failed = response.status_code >= 400
        recorder.record(caller.key_id, caller.flow_id, here.called_at, failed, address())
    return response


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises ApiError 401, or 400 for two headers."""
    if header is None:
        raise bearer_missing()
    if "," in header:
        # Servers join repeated headers with a comma, which no key contains.
        raise ApiError(400, "invalid_request", "Send one Authorization header with one key.")
    match = BEARER.fullmatch(header)
    if match is None:
        raise unauthorized(
            "key_malformed",
            "The Authorization header is malformed. It must be the word Bearer, one space, and the API key.",
        )
    return match[1]


def _check_flow(caller: Caller) -> None:
    if caller.flow_id is None:
        raise ApiError(404, "flow_not_found", "There is no flow with this ID. Its settings panel shows it.")
    if not caller.same_workspace:
        raise ApiError(
            403,
            "wrong_workspace",
            "This API key belongs to another workspace than the flow. Use a key of the flow's.",
        )


def uuid_hex(text: str | None) -> str | None:
    try:
        found = UUID(text or "")
    except ValueError:
        return None
    # Only the canonical form: other spellings of the same number are other paths.
    return found.hex if text and str(found) == text.lower() else None
