"""Who calls, and which upstreams the model has: the key from the head first, then the body.

Nothing about a key is kept between requests.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any, NamedTuple

from flask import Response, current_app, g, request
from sqlalchemy import and_, bindparam, func, or_, select

from forjinn.apikeys import token
from forjinn.fast import Reader
from forjinn.gateway import lookup
from forjinn.gateway.api import body, refusals
from forjinn.gateway.api.answers import GatewayError, preflight
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.models import GatewayConfiguration, LanguageModel
from forjinn.limits import accept_body, known_sender
from forjinn.names import folded
from forjinn.shares import take_share
from forjinn.workspaces.models import Workspace

# The scheme in any case, one or more spaces, one token of visible ASCII (RFC 9110 §11.4).
BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)

# A live key comes first; a dead one explains the refusal.
STATEMENT = (
    select(
        GatewayKey.id,
        GatewayKey.workspace_id,
        and_(
            GatewayKey.deleted_at.is_(None),
            GatewayKey.paused_at.is_(None),
            or_(GatewayKey.expires_at.is_(None), GatewayKey.expires_at > func.current_timestamp()),
        ),
        GatewayKey.deleted_at,
        GatewayKey.paused_at,
        GatewayKey.expires_at,
        Workspace.slug,
        GatewayConfiguration.name,
        GatewayConfiguration.models,
        and_(GatewayConfiguration.record_texts, Workspace.record_texts),
        GatewayKey.models,
        GatewayKey.requests_per_minute,
        GatewayKey.tokens_per_minute,
        GatewayKey.budget_tokens,
        GatewayKey.budget_money,
    )
    .join(GatewayConfiguration, GatewayConfiguration.id == GatewayKey.configuration_id)
    .join(Workspace, Workspace.id == GatewayKey.workspace_id)
    .where(GatewayKey.digest == bindparam("digest", type_=GatewayKey.digest.type))
    .order_by(GatewayKey.deleted_at.is_not(None), GatewayKey.deleted_at.desc())
)
# A row for each upstream of a model, in order; the name as it is registered comes last.
MODEL = lookup.STATEMENT.add_columns(LanguageModel.name)
OFFERED = (
    select(LanguageModel.name, func.min(LanguageModel.created_at))
    .where(
        LanguageModel.workspace_id == bindparam("workspace_id", type_=LanguageModel.workspace_id.type),
    )
    .group_by(LanguageModel.name)
    .order_by(LanguageModel.name)
)


class Caller(NamedTuple):
    """The statement's first row, with ids and moments as the driver gives them, and then the model's."""

    key_id: Any
    workspace_id: Any
    is_live: Any
    deleted_at: Any
    paused_at: Any
    expires_at: Any
    slug: str
    configuration: str
    # The names that the configuration offers, and those that the key may call, as JSON: none means all.
    offered: str
    records_texts: Any
    models: str
    requests_per_minute: int | None
    tokens_per_minute: int | None
    budget_tokens: int | None
    budget_money: int | None
    # None when the key's workspace has no model of the asked name.
    model: str | None = None
    # The values of `lookup.COLUMNS`, for each upstream in order.
    upstreams: tuple[tuple[Any, ...], ...] = ()

    def may_call(self, name: str) -> bool:
        """Whether the configuration offers it, and the key allows it."""
        lists = (json.loads(self.offered), json.loads(self.models))
        return all(not names or folded(name) in map(folded, names) for names in lists)


def take_address(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Takes the gateway out of the URL's values: which one it is, the key must say too."""
    g.asked_gateway = tuple((values or {}).pop(name, None) for name in ("slug", "configuration"))


def check_key() -> Response | None:
    """before_request of all. Sets `g.caller`, and `g.body` of a POST; raises GatewayError.

    A response, other than a preflight's, means that the body is to come: the key is checked before it.
    """
    if request.method == "OPTIONS":
        return preflight()
    g.called_at = time.time()
    caller: Caller = known_sender() or _identified()
    waiting = accept_body(current_app.config["FORJINN_MAX_GATEWAY_BYTES"], str(caller.key_id), caller)
    if waiting is not None:
        # It is counted when it has come.
        g.caller = None
        return waiting
    g.caller = caller
    take_share("gateway key", caller.key_id, caller.workspace_id)
    if request.method == "POST":
        g.body = body.read(request.get_data(cache=False))
        g.caller = _with_model(caller, g.body.model)
    return None


def _identified() -> Caller:
    """Who calls, in `g.caller` as soon as the key is known. Raises GatewayError."""
    reader: Reader = current_app.extensions["forjinn.reader"]
    secret = bearer(request.headers.get("Authorization"))
    row = reader.first(STATEMENT, {"digest": token.digest(secret)})
    if row is None or not token.is_gateway_key(secret):
        raise refusals.unknown(secret)
    g.caller = caller = Caller(*row)
    if not caller.is_live:
        raise refusals.dead(caller.deleted_at, caller.paused_at, caller.expires_at)
    if g.asked_gateway != (caller.slug, caller.configuration):
        raise refusals.wrong_gateway(caller.slug, caller.configuration, g.asked_gateway[0])
    return caller


def _with_model(caller: Caller, name: str) -> Caller:
    """The caller with the upstreams of the model, if the key's workspace has one of this name."""
    if len(name) > body.LONGEST_NAME or not name.isprintable():
        # A name that none can have is not even looked for.
        return caller
    reader: Reader = current_app.extensions["forjinn.reader"]
    rows = reader.all(MODEL, {"workspace_id": _hex(caller.workspace_id), "name_key": folded(name)})
    if not rows:
        return caller
    return caller._replace(model=rows[0][-1], upstreams=tuple(row[:-1] for row in rows))


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises GatewayError 401, or 400 for two headers."""
    if header is None:
        raise refusals.missing()
    if "," in header:
        raise GatewayError(400, "invalid_request", "Send one Authorization header with one key.")
    match = BEARER.fullmatch(header)
    if match is None:
        raise refusals.malformed()
    return match[1]


def offered(caller: Caller) -> list[tuple[str, Any]]:
    """The models that the key may call: names, and when each was added, as the driver gives it."""
    reader: Reader = current_app.extensions["forjinn.reader"]
    rows = reader.all(OFFERED, {"workspace_id": _hex(caller.workspace_id)})
    return [(name, added) for name, added in rows if caller.may_call(name)]


def _hex(workspace_id: Any) -> str:
    return str(workspace_id).replace("-", "")
