from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import jsontext, masking, request, richtext, urls
from forjinn.flows.call import Scope
from forjinn.flows.fetch import Fetched, fetch
from forjinn.flows.nodes.base import Node, Outcome, Steps, objects, text_of
from forjinn.flows.request import Body, Pairs
from forjinn.flows.variables import written

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
TEXTS = ("json", "raw")
FORMS = ("formData", "xWwwFormUrlencoded")
RESPONSES = ("json", "text", "arraybuffer", "base64")
LONGEST_MESSAGE = 200
LONGEST_SECONDS = 600.0


class Http(Node):
    """Calls an address, and gives what it answers."""

    name = "httpAgentflow"
    title = "HTTP"
    OVERRIDABLE = ("url", "headers", "queryParams", "body")

    def __init__(self, node_id: str, data: dict[str, Any]) -> None:
        super().__init__(node_id, data)
        self.method = text_of(self.inputs.get("method")).upper() or "GET"
        self.url = _plain(self.inputs.get("url")).strip()
        self.headers = _pairs(self.inputs.get("headers"))
        self.params = _pairs(self.inputs.get("queryParams"))
        self.body_type = text_of(self.inputs.get("bodyType"))
        self.text = _plain(self.inputs.get("body")) if self.body_type in TEXTS else ""
        self.form = _pairs(self.inputs.get("body")) if self.body_type in FORMS else []
        self.response_type = text_of(self.inputs.get("responseType")) or "json"
        self.seconds = _seconds(self.inputs.get("timeout"))

    def problems(self) -> list[str]:
        found = {
            f"there is no method {self.method!r}.": self.method not in METHODS,
            "there is no URL.": not self.url,
            f"there is no body type {self.body_type!r}.": self.body_type not in ("", *TEXTS, *FORMS),
            f"there is no response type {self.response_type!r}.": self.response_type not in RESPONSES,
            "the time-out is not a number of seconds.": self.seconds == 0,
            str(urls.problem(self.url)): urls.problem(self.url) is not None,
        }
        return [f"{self.label}: {problem}" for problem, holds in found.items() if holds]

    def missing(self) -> list[str]:
        chosen = (self.data.get("credential"), *map(self.inputs.get, ("credential", "FLOWISE_CREDENTIAL_ID")))
        reason = "credentials of HTTP nodes are not supported; put them into a header."
        return [f"{self.label}: {reason}"] if any(chosen) else []

    def run(self, scope: Scope) -> Steps:
        yield from ()
        url = urls.filled(self.url, scope.look_up)
        headers, params = _filled(self.headers, scope), _filled(self.params, scope)
        body, shown = self._body(scope)
        answer = fetch(
            scope, self.method, url, headers=headers, params=params, body=body, timeout_seconds=self.seconds
        )
        if answer.status >= 400:
            raise _failure(answer, masking.secrets(headers, params))
        asked = {"method": self.method, "url": masking.url(url), "headers": masking.pairs(headers)}
        asked |= {"queryParams": masking.pairs(params), "body": shown, "responseType": self.response_type}
        return _outcome(answer, self.response_type, asked)

    def _body(self, scope: Scope) -> tuple[Body, Any]:
        """What is sent, and what the trace shows of it."""
        if self.method == "GET":
            return request.NO_BODY, None
        if self.form:
            form = _filled(self.form, scope)
            made = request.multipart if self.body_type == "formData" else request.form
            return made(form), masking.pairs(form)
        if self.body_type == "json" and self.text.strip():
            # Sent as it is written: reading and writing it again could change a number.
            text = jsontext.filled(self.text, scope.look_up)
            return request.json(text), masking.value(jsontext.checked(text))
        return (request.raw(text), text) if (text := scope.fill(self.text)) else (request.NO_BODY, None)


def _outcome(answer: Fetched, response_type: str, asked: dict[str, Any]) -> Outcome:
    data = _data(answer, response_type)
    headers = {pair["key"]: pair["value"] for pair in masking.pairs(answer.headers.items())}
    told = {"data": data, "status": answer.status, "statusText": answer.reason, "headers": headers}
    return Outcome(written(data), asked, {"http": told})


def _data(answer: Fetched, response_type: str) -> Any:
    if response_type in ("arraybuffer", "base64"):
        return base64.b64encode(answer.body).decode()
    if response_type == "json":
        with suppress(ValueError):
            return jsontext.read_whole(answer.text)
    return answer.text


def _failure(answer: Fetched, secrets: list[str]) -> DomainError:
    said = " ".join(answer.text.split()) or answer.reason
    said = masking.without(said, secrets)[:LONGEST_MESSAGE]
    return DomainError(f"answered with status {answer.status}: {said}")


def _plain(value: object) -> str:
    return "" if value is None else richtext.plain(written(value))


def _pairs(value: object) -> list[tuple[str, str]]:
    pairs = [(_plain(item.get("key")).strip(), _plain(item.get("value"))) for item in objects(value)]
    return [pair for pair in pairs if pair[0]]


def _filled(pairs: Pairs, scope: Scope) -> list[tuple[str, str]]:
    return [(scope.fill(key), scope.fill(value)) for key, value in pairs]


def _seconds(value: object) -> float | None:
    """None where nothing is said, 0 for what is no number of seconds."""
    if value in (None, ""):
        return None
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else 0
    except (ValueError, OverflowError):
        return 0
    return min(seconds, LONGEST_SECONDS) if seconds > 0 else 0
