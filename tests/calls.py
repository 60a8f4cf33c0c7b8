"""Calls of the prediction API, and what every refusal has in common (WIRE, “Errors”)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows.models import Flow

# The `sql` fixture.
Sql = Callable[..., list[tuple[Any, ...]]]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def path(flow: Flow | UUID | str) -> str:
    return f"/api/v1/prediction/{flow.id if isinstance(flow, Flow) else flow}"


def ask(
    client: FlaskClient, flow: Flow | UUID | str, key: str, question: str | None = "hi", **members: Any
) -> TestResponse:
    return client.post(path(flow), json={"question": question, **members}, headers=bearer(key))


def answered(answer: TestResponse) -> dict[str, Any]:
    """The JSON of a successful answer."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    content: dict[str, Any] = strict(answer.text)
    return content


def refused(answer: TestResponse, status: int, code: str) -> str:
    """The sentence of a refusal that has the shape which the published clients can show."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    problem = strict(answer.text)
    sentence: str = problem["message"]
    assert problem == {
        "statusCode": status,
        "success": False,
        "error": sentence,
        "message": sentence,
        "code": code,
    }
    assert isinstance(sentence, str)
    assert len(sentence) > 10
    return sentence


def strict(text: str) -> Any:
    """Parse JSON as a browser does: NaN and Infinity are no numbers."""

    def no_json(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=no_json)


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until `condition()` is true, and fail when that takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.03)
