"""Who calls, and which upstreams the model has: one header, one hash, one statement.

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
from forjinn.gateway.api import body, refusals
from forjinn.gateway.api.answers import GatewayError, preflight
from forjinn.gateway.keys.models import GatewayKey
from forjinn.gateway.lookup import COLUMNS
from forjinn.gateway.models import GatewayConfiguration, LanguageModel
from forjinn.names import folded
from forjinn.workspaces.models import Workspace

# The scheme in any case, one or more spaces, one token of visible ASCII (RFC 9110 §11.4).
BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)
NAME_KEY = bindparam("name_key", type_=LanguageModel.name_key.type)

# A live key comes first; a dead one explains the refusal. Then a row for each upstream, in order.
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
        LanguageModel.name,
        *COLUMNS,
    )
    .join(GatewayConfiguration, GatewayConfiguration.id == GatewayKey.configuration_id)
    .join(Workspace, Workspace.id == GatewayKey.workspace_id)
    .join(
        LanguageModel,
        and_(LanguageModel.workspace_id == GatewayKey.workspace_id, LanguageModel.name_key == NAME_KEY),
        isouter=True,
    )
    .where(GatewayKey.digest == bindparam("digest", type_=GatewayKey.digest.type))
    .order_by(GatewayKey.deleted_at.is_not(None), GatewayKey.deleted_at.desc(), LanguageModel.position)
)
OFFERED = (
    select(LanguageModel.name, func.min(LanguageModel.created_at))
    .where(
        LanguageModel.workspace_id == bindparam("workspace_id", type_=LanguageModel.workspace_id.type),
    )
    .group_by(LanguageModel.name)
    .order_by(LanguageModel.name)
)


class Caller(NamedTuple):
    """The statement's first row, with ids and moments as the driver gives them."""

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
    model: str | None
    # The values of `lookup.COLUMNS`, for each upstream in order.
    upstreams: tuple[tuple[Any, ...], ...]

    def may_call(self, name: str) -> bool:
        """Whether the configuration offers it, and the key allows it."""
        lists = (json.loads(self.offered), json.loads(self.models))
        return all(not names or folded(name) in map(folded, names) for names in lists)


def take_address(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Takes the gateway out of the URL's values: which one it is, the key must say too."""
    g.asked_gateway = tuple((values or {}).pop(name, None) for name in ("slug", "configuration"))


def check_key() -> Response | None:
    """before_request of all. Sets `g.caller`, and `g.body` of a POST; raises GatewayError."""
    if request.method == "OPTIONS":
        return preflight()
    g.called_at = time.time()
    secret = bearer(request.headers.get("Authorization"))
    asked = _body()
    g.caller = caller = _caller(secret, asked.model if isinstance(asked, body.Body) else None)
    if not caller.is_live:
        raise refusals.dead(caller.deleted_at, caller.paused_at, caller.expires_at)
    if g.asked_gateway != (caller.slug, caller.configuration):
        raise refusals.wrong_gateway(caller.slug, caller.configuration, g.asked_gateway[0])
    if isinstance(asked, GatewayError):
        raise asked
    g.body = asked
    return None


def _body() -> body.Body | GatewayError | None:
    """What is wrong with the body is said only to who has a key."""
    if request.method != "POST":
        return None
    try:
        return body.read(request.get_data(cache=False))
    except GatewayError as error:
        return error


def _caller(secret: str, model: str | None) -> Caller:
    reader: Reader = current_app.extensions["forjinn.reader"]
    # A name that none can have is not even looked for.
    known = model is not None and len(model) <= body.LONGEST_NAME and model.isprintable()
    parameters = {"digest": token.digest(secret), "name_key": folded(model) if model and known else None}
    rows = reader.all(STATEMENT, parameters)
    if not rows:
        raise refusals.unknown(secret)
    width = len(Caller._fields) - 1
    upstreams = tuple(row[width:] for row in rows if row[0] == rows[0][0] and row[width - 1] is not None)
    return Caller._make((*rows[0][:width], upstreams))


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
    workspace = {"workspace_id": str(caller.workspace_id).replace("-", "")}
    rows = reader.all(OFFERED, workspace)
    return [(name, added) for name, added in rows if caller.may_call(name)]
