"""`POST /api/v1/prediction/<flow-id>` and what stands beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, g, request

from forjinn.errors import DatabaseUnavailable, DomainError
from forjinn.extensions import csrf
from forjinn.flows import runner
from forjinn.flows.nodes.base import Call
from forjinn.gateway.lookup import ModelStopped
from forjinn.gateway.providers import ProviderError
from forjinn.guards import mark, public
from forjinn.prediction import access, body, listing
from forjinn.prediction.answers import ApiError, answer, preflight, problem
from forjinn.prediction.graphs import Graphs

# Two blueprints, so that a route is either behind the key or open, and none can be in between.
keyed = Blueprint("prediction", __name__, url_prefix="/api/v1")
beside = Blueprint("prediction_open", __name__, url_prefix="/api/v1")
for blueprint in (keyed, beside):
    blueprint.url_value_preprocessor(access.take_flow_id)
    blueprint.register_error_handler(ApiError, problem)
    csrf.exempt(blueprint)
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
    asked = body.read(request)
    graphs: Graphs = current_app.extensions["forjinn.graphs"]
    graph = graphs.of(caller)
    call = Call(caller.workspace, asked.question, asked.chat_id, asked.form, asked.history)
    result = _run(graph, call)
    answered: dict[str, Any] = {
        "text": result.text,
        "question": asked.question,
        "chatId": asked.chat_id,
        "chatMessageId": str(uuid4()),
        "sessionId": asked.chat_id,
        "isStreamValid": False,
        "agentFlowExecutedData": result.trace,
    }
    if result.usage:
        answered["usageMetadata"] = result.usage
    return answer(answered)


def _run(graph: Any, call: Call) -> runner.Answer:
    try:
        return runner.run(graph, call)
    except runner.NodeFailed as failed:
        cause = failed.__cause__
        if isinstance(cause, (ProviderError, ModelStopped)):
            raise ApiError(502, "provider_error", str(failed)) from failed
        if isinstance(cause, DatabaseUnavailable):
            raise cause from failed
        raise ApiError(500, "internal", str(failed)) from failed


@keyed.get("/chatflows")
@needs_key
def chatflows() -> Response:
    return answer(listing.flows_of(g.caller.workspace))


@keyed.get("/chatflows/<flow_id>")
@needs_key
def chatflow() -> Response:
    return answer(listing.flow(g.caller.workspace, UUID(str(g.caller.flow_id))))


@beside.get("/chatflows-streaming/<flow_id>")
@public
def chatflows_streaming() -> Response:
    return answer({"isStreaming": False})


@beside.get("/public-chatbotConfig/<flow_id>")
@public
def public_chatbot_config() -> Response:
    # The same for every id, so that it does not tell which flows exist.
    raise ApiError(401, "not_public", "This flow is not public.")


@beside.get("/ping")
@public
def ping() -> Response:
    return Response("pong", content_type="text/plain; charset=utf-8")


@beside.before_request
def allow_preflight() -> Response | None:
    return preflight() if request.method == "OPTIONS" else None


@keyed.errorhandler(DomainError)
def internal(error: DomainError) -> Response:
    if isinstance(error, DatabaseUnavailable):
        return unavailable()
    return problem(ApiError(500, "internal", str(error)))


def unavailable() -> Response:
    return problem(
        ApiError(
            503,
            "unavailable",
            "The database cannot answer now. Try again shortly.",
            {"Retry-After": "5"},
        )
    )
