"""`/gateway/<workspace-slug>/<configuration>/v1/…`, as OpenAI's API."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, current_app, g, request

from forjinn import outgoing
from forjinn.errors import DatabaseUnavailable
from forjinn.gateway.api import access, calling, refusals
from forjinn.gateway.api.answers import GatewayError, answer, unavailable
from forjinn.gateway.api.body import Body
from forjinn.gateway.api.charge import CLIENT_LEFT, Charge, Ended, count_refused, refused
from forjinn.gateway.api.estimate import generated_bytes
from forjinn.gateway.api.members import check_members
from forjinn.gateway.api.relay import Relay
from forjinn.gateway.usage import counts
from forjinn.guards import mark

bp = Blueprint("llm_gateway", __name__, url_prefix="/gateway/<slug>/<configuration>/v1")
bp.url_value_preprocessor(access.take_address)
bp.before_request(access.check_key)
bp.after_request(count_refused)
bp.register_error_handler(GatewayError, refused)
bp.register_error_handler(DatabaseUnavailable, lambda _error: unavailable())


def needs_key(view: Any) -> Any:
    return mark(view, "gateway key")


@bp.post("/chat/completions")
@needs_key
def chat_completions() -> Response:
    return _passed_on("chat/completions")


@bp.post("/completions")
@needs_key
def completions() -> Response:
    return _passed_on("completions")


@bp.post("/responses")
@needs_key
def responses() -> Response:
    return _passed_on("responses")


@bp.post("/embeddings")
@needs_key
def embeddings() -> Response:
    return _passed_on("embeddings", makes_text=False)


@bp.get("/models")
@needs_key
def models() -> Response:
    found = [_model(name, added) for name, added in access.offered(g.caller)]
    return answer({"object": "list", "data": found})


@bp.get("/models/<path:name>")
@needs_key
def model(name: str) -> Response:
    # The server leaves escapes under /gateway as they came.
    name = unquote(name)
    offered = access.offered(g.caller)
    for known, added in offered:
        if known == name:
            return answer(_model(known, added))
    raise refusals.no_model(name, [known for known, _added in offered])


def _model(name: str, added: Any) -> dict[str, Any]:
    created = int(refusals.instant(added).timestamp())
    return {"id": name, "object": "model", "created": created, "owned_by": "forjinn"}


def _passed_on(endpoint: str, *, makes_text: bool = True) -> Response:
    caller: access.Caller = g.caller
    body: Body = g.body
    if caller.model is None or not caller.may_call(caller.model):
        raise refusals.no_model(body.model, [name for name, _added in access.offered(caller)])
    check_members(endpoint, body.members, caller.upstreams)
    charge = Charge(caller, endpoint, body, makes_text=makes_text)
    gone = request.environ.get("forjinn.client_gone")
    try:
        begun = calling.begin(endpoint, caller.model, caller.upstreams, body, gone, charge.lose)
    except GatewayError as error:
        charge.settle(counts.Tokens(), Ended.refused(error))
        raise
    except outgoing.Abandoned:
        charge.settle(counts.Tokens(), Ended(CLIENT_LEFT))
        # Nobody reads it.
        return Response(status=CLIENT_LEFT)
    except BaseException:
        charge.settle(counts.Tokens(), Ended(500, "internal"))
        raise
    charge.upstream = begun.upstream
    response = _stream(begun, body, endpoint, charge) if begun.chunks else _whole(begun, charge)
    response.headers.extend(charge.headers)
    return response


def _whole(begun: calling.Begun, charge: Charge) -> Response:
    estimated = charge.estimated(generated_bytes(begun.answer))
    tokens = counts.told(begun.answer.get("usage"), estimated)
    charge.settle(tokens or estimated, Ended(answered=begun.answer))
    return Response(begun.content, 200, content_type="application/json")


def _stream(begun: calling.Begun, body: Body, endpoint: str, charge: Charge) -> Response:
    hides = endpoint in calling.TELL_USAGE and not body.wants_usage
    relay = Relay(
        begun,
        hides_usage=hides,
        asked=body.input_tokens,
        gone=request.environ.get("forjinn.client_gone"),
        settle=charge.settle,
        keeps=charge.records_texts,
    )
    response = current_app.response_class(relay, 200, content_type="text/event-stream")
    response.call_on_close(relay.close)
    response.headers["Cache-Control"] = "no-cache"
    # nginx would collect the events.
    response.headers["X-Accel-Buffering"] = "no"
    return response
