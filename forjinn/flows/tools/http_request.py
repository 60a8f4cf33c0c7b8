from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import jsontext, masking, request, richtext, urls
from forjinn.flows.addressee import Addressee
from forjinn.flows.call import Scope
from forjinn.flows.fetch import fetch
from forjinn.flows.tools.base import Result, Tool, clean, schema
from forjinn.flows.variables import written

DEFAULT_LENGTH = 2000
LONGEST = 100_000
TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array"})


class HttpRequest(Tool):
    """Calls one address of the flow's author; the model chooses parts of the URL and of the body."""

    def __init__(self, kind: str, method: str, config: dict[str, Any]) -> None:
        self.kind, self.method = kind, method

        def member(name: str) -> Any:
            return config.get(f"{kind}{name}")

        self.name = clean(_plain(member("Name")), kind)
        self.description = _plain(member("Description")) or f"Sends a {method} request and gives the answer."
        self.url = _plain(member("Url")).strip()
        self.headers, self.fixed_body = _plain(member("Headers")), _plain(member("Body"))
        self.query, self.body = _declared(member("QueryParamsSchema")), _declared(member("BodySchema"))
        self.length = _length(member("MaxOutputLength"))
        declared = {**(self.query or {}), **(self.body or {})}
        required = [name for name, one in declared.items() if one.get("required") in (True, "true")]
        self.parameters = schema({name: _parameter(one) for name, one in declared.items()}, required)

    def missing(self) -> list[str]:
        found = {
            "there is no URL.": not self.url,
            str(urls.problem(self.url)): urls.problem(self.url) is not None,
            "the headers are not a JSON object.": _object(self.headers) is None,
            "the query parameters are not a JSON object of objects.": self.query is None,
            "the body's members are not a JSON object of objects.": self.body is None,
        }
        return [f"{self.name}: {problem}" for problem, holds in found.items() if holds]

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        if problems := self.missing():
            raise DomainError(problems[0])
        given = {name: value for name, value in arguments.items() if value is not None}
        if absent := [name for name in self.parameters["required"] if name not in given]:
            raise DomainError(f"the argument {absent[0]!r} is missing.")
        to = Addressee(scope, self.url)
        headers = to.headers(
            [(name, written(value)) for name, value in (_object(self.headers) or {}).items()]
        )
        url, params = self._url(to.url, given)
        answer = fetch(scope, self.method, url, headers=headers, params=params, body=self._body(to, given))
        text = scope.call.hidden.text(masking.without(answer.text, masking.secrets(headers)))
        if answer.status >= 400:
            text = f"The server answered with status {answer.status} {answer.reason}: {text}"
        if to.note:
            text = f"{to.note} {text}"
        return Result(_cut(scope, text, self.length))

    def _url(self, url: str, given: dict[str, Any]) -> tuple[str, request.Pairs]:
        query = self.query or {}
        in_path = {name for name, one in query.items() if one.get("in") == "path"}
        values = {name: written(given[name]) for name in in_path if name in given}
        params = [
            (name, written(value))
            for name in query
            if name in given and name not in in_path
            for value in (given[name] if isinstance(given[name], list) else [given[name]])
        ]
        return urls.with_arguments(url, values), params

    def _body(self, to: Addressee, given: dict[str, Any]) -> request.Body:
        text = to.json(self.fixed_body) if self.fixed_body else ""
        fixed = jsontext.checked(text) if text else {}
        chosen = {name: given[name] for name in self.body or {} if name in given}
        if not isinstance(fixed, dict):
            raise DomainError("the body is not a JSON object.")
        made = fixed | chosen
        body = request.json(json.dumps(made, ensure_ascii=False)) if made else request.NO_BODY
        return replace(body, has_credentials=to.has_credentials)


def _cut(scope: Scope, text: str, longest: int) -> str:
    """Cut, but not within a value that callers must not read: its part would not be known again."""
    return text if len(text) <= longest else scope.call.hidden_from_callers.cut(text, longest)


def _plain(value: object) -> str:
    return "" if value is None else richtext.plain(written(value))


def _object(text: str) -> dict[str, Any] | None:
    """None for what is no JSON object."""
    try:
        found = jsontext.read(text) if text.strip() else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _declared(value: object) -> dict[str, dict[str, Any]] | None:
    found = _object(_plain(value))
    return found if found is not None and all(isinstance(one, dict) for one in found.values()) else None


def _parameter(declared: dict[str, Any]) -> dict[str, Any]:
    kind = declared.get("type")
    told = {"type": kind if kind in TYPES else "string"}
    # A schema of an array without its items is refused by some providers.
    told |= {"items": declared.get("items", {})} if kind == "array" else {}
    description = declared.get("description")
    return told | ({"description": description} if isinstance(description, str) and description else {})


def _length(value: object) -> int:
    try:
        length = int(float(value)) if isinstance(value, (int, float, str)) and value != "" else DEFAULT_LENGTH
    except (ValueError, OverflowError):
        return DEFAULT_LENGTH
    return min(length, LONGEST) if length > 0 else DEFAULT_LENGTH
