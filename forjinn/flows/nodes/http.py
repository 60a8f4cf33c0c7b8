from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

from forjinn.errors import DomainError
from forjinn.flows import jsontext, masking, request, richtext, urls
from forjinn.flows.addressee import Addressee
from forjinn.flows.call import Scope
from forjinn.flows.fetch import Fetched, fetch
from forjinn.flows.hidden_values import HiddenValues
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
        # The node as its author wrote it, and what a call changed in it.
        self.before: Http = self
        self.changes: Mapping[str, Any] = {}

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

    def told_variables(self) -> set[str]:
        return set()

    def missing(self) -> list[str]:
        chosen = (self.data.get("credential"), *map(self.inputs.get, ("credential", "FLOWISE_CREDENTIAL_ID")))
        reason = "credentials of HTTP nodes are not supported; put them into a header."
        return [f"{self.label}: {reason}"] if any(chosen) else []

    def changed(self, inputs: Mapping[str, Any]) -> Self:
        made = super().changed(inputs)
        made.before, made.changes = self, inputs
        return made

    def run(self, scope: Scope) -> Steps:
        yield from ()
        to = Addressee(scope, self.url, self.before.url if "url" in self.changes else None)
        headers = to.headers(*self._rows("headers", self.before.headers, self.headers))
        own, callers = self._rows("queryParams", self.before.params, self.params)
        params = to.parameters(own, "query parameter", callers)
        body, shown = self._body(scope, to)
        body = replace(body, has_credentials=to.has_credentials)
        answer = fetch(
            scope,
            self.method,
            to.url,
            headers=headers,
            params=params,
            body=body,
            timeout_seconds=self.seconds,
        )
        if answer.status >= 400:
            raise _failure(scope, answer, masking.secrets(headers, params), to.note)
        asked = {"method": self.method, "url": masking.url(to.url), "headers": masking.headers(headers)}
        asked |= {"queryParams": masking.pairs(params), "body": shown, "responseType": self.response_type}
        if to.note:
            asked["notSent"] = to.note
        return _outcome(answer, self.response_type, asked, scope.call.hidden)

    def _rows(self, name: str, before: Pairs, now: Pairs) -> tuple[Pairs, Pairs]:
        """The author's rows, and those that a call put after them, or in their place."""
        if isinstance(self.changes.get(name, []), list):
            return before, now[len(before) :]
        return (), now

    def _body(self, scope: Scope, to: Addressee) -> tuple[Body, Any]:
        """What is sent, and what the trace shows of it."""
        if self.method == "GET":
            return request.NO_BODY, None
        if self.form:
            form = to.form(*self._rows("body", self.before.form, self.form))
            made = request.multipart if self.body_type == "formData" else request.form
            return made(form), masking.pairs(form)
        # A text that the caller sent in its place is all the caller's.
        is_callers = "body" in self.changes
        if self.body_type == "json" and self.text.strip():
            # Sent as it is written: reading and writing it again could change a number.
            text = jsontext.filled(self.text, scope.look_up) if is_callers else to.json(self.text)
            if not text:
                return request.NO_BODY, None
            return request.json(text), masking.value(jsontext.checked(text))
        text = scope.fill(self.text) if is_callers else to.text(self.text)
        return (request.raw(text), text) if text else (request.NO_BODY, None)


def _outcome(answer: Fetched, response_type: str, asked: dict[str, Any], hidden: HiddenValues) -> Outcome:
    data = hidden.json(_data(answer, response_type))
    headers = {pair["key"]: pair["value"] for pair in masking.pairs(answer.headers.items())}
    told = {"data": data, "status": answer.status, "statusText": answer.reason, "headers": headers}
    return Outcome(written(data), asked, {"http": hidden.json(told)})


def _data(answer: Fetched, response_type: str) -> Any:
    if response_type in ("arraybuffer", "base64"):
        return base64.b64encode(answer.body).decode()
    if response_type == "json":
        with suppress(ValueError):
            return jsontext.read_whole(answer.text)
    return answer.text


def _failure(scope: Scope, answer: Fetched, secrets: list[str], note: str) -> DomainError:
    said = " ".join(answer.text.split()) or answer.reason
    # Masked before it is cut: a part of a value would not be known again.
    said = scope.call.hidden_from_callers.cut(masking.without(said, secrets), LONGEST_MESSAGE)
    return DomainError(f"answered with status {answer.status}: {said}" + (f" {note}" if note else ""))


def _plain(value: object) -> str:
    return "" if value is None else richtext.plain(written(value))


def _pairs(value: object) -> list[tuple[str, str]]:
    pairs = [(_plain(item.get("key")).strip(), _plain(item.get("value"))) for item in objects(value)]
    return [pair for pair in pairs if pair[0]]


def _seconds(value: object) -> float | None:
    """None where nothing is said, 0 for what is no number of seconds."""
    if value in (None, ""):
        return None
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else 0
    except (ValueError, OverflowError):
        return 0
    return min(seconds, LONGEST_SECONDS) if seconds > 0 else 0
