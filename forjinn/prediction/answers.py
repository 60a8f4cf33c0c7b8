"""Answers under `/api/`: JSON, with a real status and the CORS headers, errors included (WIRE)."""

from __future__ import annotations

from typing import Any

from flask import Request, Response, abort, request

from forjinn import jsons
from forjinn.bridge import is_api_path, is_gateway_path

IS_API = "forjinn.is_api"
REALM = 'Bearer realm="forjinn"'


class ApiError(Exception):
    """A refusal with its status, its code, and one sentence for a person at 2 a.m."""

    def __init__(self, status: int, code: str, sentence: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}
        super().__init__(sentence)


def unauthorized(code: str, sentence: str) -> ApiError:
    """401 with the challenge of RFC 6750 §3: no error code when no credential was sent at all."""
    challenge = REALM if code == "key_missing" else f'{REALM}, error="invalid_token"'
    return ApiError(401, code, sentence, {"WWW-Authenticate": challenge})


def answer(content: Any, status: int = 200, **members: str) -> Response:
    """`members` are further members of an object, which are JSON already."""
    body = jsons.written(content)
    for name, value in members.items():
        body = f'{body[:-1]},"{name}":{value}}}'
    return Response(body, status, content_type="application/json")


def problem(error: ApiError) -> Response:
    response = answer(
        {
            "statusCode": error.status,
            "success": False,
            "error": error.sentence,
            "message": error.sentence,
            "code": error.code,
        },
        error.status,
    )
    response.headers.extend(error.headers)
    return response


def is_api_request() -> bool:
    """Whether the path is under `/api/` or `/gateway/`, also when it is mistyped so that no route matches."""
    return is_api(request)


def is_api(request: Request) -> bool:
    environ = request.environ
    known: bool | None = environ.get(IS_API)
    if known is None:
        # Several parts of the application ask.
        known = environ[IS_API] = is_api_path(request.path.encode("latin-1", "replace"))
    return known


def is_gateway_request() -> bool:
    return is_gateway_path(request.path.encode("latin-1", "replace"))


def one_slash() -> None:
    """before_request of all: Werkzeug takes `//api/…` for `/api/…`, past whatever a proxy allowed."""
    if request.environ["PATH_INFO"].startswith("//"):
        abort(404)


def preflight() -> Response:
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    # `*` would not cover Authorization (Fetch standard, CORS-preflight fetch).
    response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
