"""`POST /api/v1/prediction/<flow-id>` and what stands beside it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request

from forjinn.errors import DatabaseUnavailable, DomainError
from forjinn.flows import runner, starting, stream
from forjinn.flows.call import NodeFailed
from forjinn.gateway.completions import ProviderError
from forjinn.gateway.lookup import ModelStopped
from forjinn.guards import mark, public
from forjinn.prediction import access, beside_flows, body, listing
from forjinn.prediction.answers import ApiError, answer, preflight, problem
from forjinn.prediction.starting import Started

# Two blueprints, so that a route is either behind the key or open, and none can be in between.
keyed = Blueprint("prediction", __name__, url_prefix="/api/v1")
beside = Blueprint("prediction_open", __name__, url_prefix="/api/v1")
for blueprint in (keyed, beside):
    blueprint.url_value_preprocessor(access.take_flow_id)
    blueprint.register_error_handler(ApiError, problem)
keyed.before_request(access.check_key)
keyed.after_request(access.count)


def needs_key(view: Any) -> Any:
    return mark(view, "api key")


@keyed.post("/prediction/<flow_id>")
@needs_key
def predict() -> Response:
    caller: access.Caller = g.caller
    if not caller.deployed:
        raise ApiError(
            409, "flow_not_deployed", "This flow is not deployed. Deploy it in its settings panel."
        )
    started = Started(caller, body.read(request))
    response = stream.response(started) if started.call.streaming else _answered(started)
    if warning := started.overrides.warning:
        response.headers["Warning"] = warning
    return response


def _answered(started: Started) -> Response:
    result = _run(started)
    answered = {"text": result.text, "isStreamValid": started.graph.streams, **started.metadata()}
    if result.usage:
        answered["usageMetadata"] = result.usage
    if not started.tells_trace:
        return answer(answered)
    if result.tools:
        answered["usedTools"] = started.tools(result.tools)
    return answer(answered, agentFlowExecutedData=started.trace.told_json)


def _run(started: Started) -> runner.Answer:
    try:
        return starting.whole(started)
    except DomainError as failed:
        raise _refusal(failed, started.failure(str(failed))) from failed


def _refusal(failed: DomainError, sentence: str) -> Exception:
    cause = failed.reason if isinstance(failed, NodeFailed) else failed
    if isinstance(cause, DatabaseUnavailable):
        return cause
    if isinstance(cause, (ProviderError, ModelStopped)):
        return ApiError(502, "provider_error", sentence)
    return ApiError(500, "internal", sentence)


@keyed.get("/chatflows")
@needs_key
def chatflows() -> Response:
    return answer(listing.flows_of(g.caller.workspace))


@keyed.get("/chatflows/<flow_id>")
@needs_key
def chatflow() -> Response:
    return answer(listing.flow(g.caller.workspace, g.caller.flow))


@beside.get("/chatflows-streaming/<flow_id>")
@public
def chatflows_streaming() -> Response:
    return answer({"isStreaming": beside_flows.streams(g.asked_flow_id)})


@beside.get("/public-chatbotConfig/<flow_id>")
@public
def public_chatbot_config() -> Response:
    # Behind a proxy of its site the widget asks with that one's key, for a flow that is not public, too.
    has_key = "Authorization" in request.headers
    if has_key:
        access.check_key()
    return answer(beside_flows.widget(g.asked_flow_id, has_key=has_key))


@beside.get("/ping")
@public
def ping() -> Response:
    return Response("pong", content_type="text/plain; charset=utf-8")


@beside.before_request
def allow_preflight() -> Response | None:
    return preflight() if request.method == "OPTIONS" else None


@keyed.errorhandler(DomainError)
@beside.errorhandler(DomainError)
def internal(error: DomainError) -> Response:
    if isinstance(error, DatabaseUnavailable):
        return unavailable()
    caller: access.Caller | None = g.get("caller")
    is_stranger = caller is None or caller.key_id is None
    return problem(ApiError(500, "internal", starting.FAILED if is_stranger else str(error)))


def unavailable() -> Response:
    return problem(
        ApiError(
            503,
            "unavailable",
            "The database cannot answer now. Try again shortly.",
            {"Retry-After": "5"},
        )
    )
