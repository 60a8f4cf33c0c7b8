"""The request's body, checked member by member; what is wrong is said by name (WIRE)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Request

from forjinn import ids
from forjinn.bounds import bound
from forjinn.flows import strict_json
from forjinn.prediction.answers import ApiError

# With a prefix, it is kept in 200 characters.
LONGEST_ID = 190
# Each is looked for in each node of the flow.
MOST_OVERRIDES = bound("`overrideConfig` of a call", 1000, "members")
ROLES = {
    "userMessage": "user",
    "apiMessage": "assistant",
    "user": "user",
    "assistant": "assistant",
}


@dataclass(slots=True)
class Prediction:
    question: str
    chat_id: str
    form: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, str]] = field(default_factory=list)
    # `overrideConfig`, as it was sent.
    override: dict[str, Any] = field(default_factory=dict)
    streaming: bool = False


def read(request: Request) -> Prediction:
    """Raises ApiError 400, 413 or 415. Unknown members and null count as not sent."""
    data = _object(request)
    form, question = data.get("form"), data.get("question")
    if form is not None and not isinstance(form, dict):
        raise _bad("form", "must be an object")
    if question is None and form is None:
        raise _bad("question", "is missing")
    if question is not None and not isinstance(question, str):
        raise _bad("question", "must be a string")
    override = data.get("overrideConfig")
    if override is not None and not isinstance(override, dict):
        raise _bad("overrideConfig", "must be an object")
    if override is not None and len(override) > MOST_OVERRIDES:
        raise _bad("overrideConfig", f"must have at most {MOST_OVERRIDES:,} members")
    return Prediction(
        question or "",
        _chat_id(data, override or {}),
        form or {},
        _history(data.get("history")),
        override or {},
        # Form encoders write it as text.
        streaming=data.get("streaming") is True or data.get("streaming") == "true",
    )


def _object(request: Request) -> dict[str, Any]:
    # Most say just that; parsing it costs more than reading the JSON.
    if request.content_type != "application/json" and request.mimetype != "application/json":
        raise ApiError(
            415,
            "unsupported_media_type",
            "Send the body as JSON, with Content-Type: application/json.",
        )
    raw = request.get_data(cache=False)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ApiError(400, "invalid_request", "The body is not UTF-8.") from None
    try:
        # What is read here is written again in the trace, some levels deeper.
        data = strict_json.loads(text)
    except ValueError:
        raise ApiError(400, "invalid_request", "The body is not JSON.") from None
    if not isinstance(data, dict):
        raise ApiError(400, "invalid_request", "The body must be a JSON object.")
    return data


def _chat_id(data: dict[str, Any], override: dict[str, Any]) -> str:
    for name, value in (
        ("chatId", data.get("chatId")),
        ("sessionId", data.get("sessionId")),
        ("overrideConfig.sessionId", override.get("sessionId")),
    ):
        if value is None or value == "":
            continue
        if not isinstance(value, str) or len(value) > LONGEST_ID or not value.isprintable():
            raise _bad(name, f"must be a string of at most {LONGEST_ID} printable characters")
        return value
    return str(ids.new())


def _history(history: Any) -> list[dict[str, str]]:
    if history is None:
        return []
    if not isinstance(history, list):
        raise _bad("history", "must be a list")
    messages = []
    for position, item in enumerate(history):
        said = item if isinstance(item, dict) else {}
        role = ROLES.get(str(said.get("type") or said.get("role")))
        content = said.get("message") if "message" in said else said.get("content")
        if role is None or not isinstance(content, str):
            raise _bad(
                f"history[{position}]",
                "must be {message, type} or {content, role}, with userMessage or apiMessage as type or role",
            )
        messages.append({"role": role, "content": content})
    return messages


def _bad(field_name: str, what: str) -> ApiError:
    return ApiError(400, "invalid_request", f"{field_name} {what}.")
