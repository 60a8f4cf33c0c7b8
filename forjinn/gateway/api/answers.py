"""Answers under `/gateway/`: OpenAI's JSON, with a real status and the CORS headers, errors included."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    429: "rate_limit_error",
}


class GatewayError(Exception):
    """A refusal with its status, its code, and one sentence for a person."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        headers: dict[str, str] | None = None,
        *,
        param: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}
        # The member of the body that is at fault.
        self.param = param
        super().__init__(sentence)

    def content(self) -> dict[str, Any]:
        kind = TYPES.get(self.status, "api_error")
        error = {"message": self.sentence, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


def unauthorized(code: str, sentence: str) -> GatewayError:
    return GatewayError(401, code, sentence, {"WWW-Authenticate": 'Bearer realm="forjinn gateway"'})


def answer(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content, separators=(",", ":")), status, content_type="application/json")


def problem(error: GatewayError) -> Response:
    response = answer(error.content(), error.status)
    response.headers.extend(error.headers)
    return response


def unavailable() -> Response:
    sentence = "The database cannot answer now. Try again shortly."
    return problem(GatewayError(503, "unavailable", sentence, {"Retry-After": "5"}))


def preflight() -> Response:
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    # `*` does not cover Authorization; it does cover the many that OpenAI's client sends of itself.
    response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, *"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
