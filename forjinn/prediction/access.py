"""Who calls: one header, one hash, one statement. Nothing about a key is kept between requests."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy import and_, bindparam, func, or_, select

from forjinn.apikeys import token
from forjinn.apikeys.models import ApiKey
from forjinn.apikeys.usage import Recorder
from forjinn.callers import address
from forjinn.fast import Reader
from forjinn.flows.models import Flow
from forjinn.prediction.answers import ApiError, preflight, unauthorized

# The scheme in any case, one or more spaces, one token of visible ASCII (RFC 9110 §11.4).
BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)

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
        Flow.deployed,
        Flow.version,
    )
    .join(Flow, Flow.id == bindparam("flow_id", type_=Flow.id.type), isouter=True)
    .where(ApiKey.digest == bindparam("digest", type_=ApiKey.digest.type))
    .order_by(ApiKey.deleted_at.is_not(None), ApiKey.deleted_at.desc())
)


class Caller(NamedTuple):
    """The statement's row, with ids and moments as the driver gives them."""

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

    @property
    def workspace(self) -> UUID:
        return UUID(str(self.workspace_id))


def take_flow_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Takes the id out of the URL's values: a view works on the flow that the statement found."""
    g.asked_flow_id = (values or {}).pop("flow_id", None)


def check_key() -> Response | None:
    """before_request of every route that needs a key. Sets `g.caller`; raises ApiError."""
    if request.method == "OPTIONS":
        return preflight()
    secret = bearer(request.headers.get("Authorization"))
    reader: Reader = current_app.extensions["forjinn.reader"]
    parameters = {"digest": token.digest(secret), "flow_id": _uuid_hex(g.asked_flow_id)}
    row = reader.first(reader.compiled(STATEMENT), parameters)
    if row is None:
        raise _unknown(secret)
    caller = Caller(*row)
    # Also a refused call is counted, so that the dashboard can show who still uses a dead key.
    g.caller, g.called_at = caller, time.time()
    if not caller.is_live:
        raise _dead(caller)
    if g.asked_flow_id is not None:
        _check_flow(caller)
    return None


def count(response: Response) -> Response:
    """after_request: one call of a known key, failed or not."""
    caller: Caller | None = g.get("caller")
    if caller is not None:
        recorder: Recorder = current_app.extensions["forjinn.usage"]
        failed = response.status_code >= 400
        recorder.record(caller.key_id, caller.flow_id, g.called_at, failed, address())
    return response


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises ApiError 401, or 400 for two headers."""
    if header is None:
        raise unauthorized(
            "key_missing",
            "No API key was sent. Send the header: Authorization: Bearer <your-api-key>",
        )
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


def _unknown(secret: str) -> ApiError:
    if token.GATEWAY_SHAPE.fullmatch(secret) and token.has_right_checksum(secret):
        return unauthorized(
            "wrong_key_type",
            "This is a gateway key. Calling a flow needs an API key, which begins with fj_.",
        )
    if token.SHAPE.fullmatch(secret):
        if token.has_right_checksum(secret):
            return unauthorized(
                "key_unknown", "No such API key. It may belong to another Forjinn installation."
            )
        return unauthorized(
            "key_unknown", "No such API key: it is mistyped or cut off, its checksum is wrong."
        )
    if secret.startswith(token.PREFIX):
        return unauthorized(
            "key_unknown",
            f"No such API key: it is mistyped or cut off. A key has 41 characters, this has {len(secret)}.",
        )
    return unauthorized("key_unknown", "No such API key.")


def _dead(caller: Caller) -> ApiError:
    for code, word, moment in (
        ("key_deleted", "deleted", caller.deleted_at),
        ("key_disabled", "disabled", caller.disabled_at),
    ):
        if moment is not None:
            return unauthorized(code, f"This API key was {word} on {_utc(moment)}.")
    return unauthorized("key_expired", f"This API key expired on {_utc(caller.expires_at)}.")


def _check_flow(caller: Caller) -> None:
    if caller.flow_id is None:
        raise ApiError(404, "flow_not_found", "There is no flow with this ID. Its settings panel shows it.")
    if not caller.same_workspace:
        raise ApiError(
            403,
            "wrong_workspace",
            "This API key belongs to another workspace than the flow. Use a key of the flow's.",
        )


def _utc(moment: Any) -> str:
    """A moment as the driver gives it: text on SQLite, where it is UTC without a zone."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _uuid_hex(text: str | None) -> str | None:
    try:
        # Only the canonical form: other spellings of the same number are other paths.
        return UUID(text).hex if text and str(UUID(text)) == text.lower() else None
    except ValueError:
        return None
