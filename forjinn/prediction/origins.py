"""Which web pages may call a flow: those of the origins that its owner named, or all."""

from __future__ import annotations

from flask import Response, g, request

from forjinn.prediction.answers import ApiError, is_api_request


def check(allowed: str) -> None:
    """Raises ApiError 403 for a page of another origin. A caller that is no page sends none."""
    origin = request.headers.get("Origin")
    if not allowed or origin is None:
        return
    if origin.lower().rstrip("/") not in allowed.split("\n"):
        raise ApiError(
            403,
            "origin_not_allowed",
            "This flow may not be called by pages of this origin; its owner names them.",
        )
    g.allowed_origin = origin


def answer_to(response: Response) -> Response:
    """after_request of all. No cookie is read under /api/v1/, so `*` gives nothing away."""
    if is_api_request():
        origin = g.get("allowed_origin")
        response.headers["Access-Control-Allow-Origin"] = origin or "*"
        if origin:
            response.vary.add("Origin")
    return response
