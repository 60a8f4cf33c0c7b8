"""JSON Structured Output: the rows of the editor as a JSON schema, and the answer read by it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows import strict_json
from forjinn.flows.nodes.base import objects, text_of

TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "stringArray": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "enum": {"type": "string"},
    "jsonArray": {"type": "array", "items": {"type": "object"}},
}


class Schema:
    def __init__(self, label: str, rows: object) -> None:
        self.label = label
        self.rows = [row for row in objects(rows) if text_of(row.get("key")).strip()]

    def __bool__(self) -> bool:
        return bool(self.rows)

    def problems(self) -> list[str]:
        found = []
        for row in self.rows:
            key, kind = text_of(row.get("key")), text_of(row.get("type"))
            if kind not in TYPES:
                found.append(f"{self.label}: {key!r} of the structured output has the type {kind!r}.")
            elif kind == "jsonArray" and self._members(row) is None:
                found.append(f"{self.label}: the JSON schema of {key!r} is not a JSON object.")
        return found

    def as_json_schema(self) -> dict[str, Any]:
        properties = {text_of(row["key"]).strip(): self._property(row) for row in self.rows}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def _property(self, row: dict[str, Any]) -> dict[str, Any]:
        made = dict(TYPES[text_of(row.get("type"))])
        if row["type"] == "enum":
            made["enum"] = [one.strip() for one in text_of(row.get("enumValues")).split(",") if one.strip()]
        if row["type"] == "jsonArray":
            made["items"] = {"type": "object", "properties": self._members(row) or {}}
        if description := text_of(row.get("description")):
            made["description"] = description
        return made

    def _members(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The properties of an array's objects; None when their schema cannot be read."""
        schema = row.get("jsonSchema") or {}
        if isinstance(schema, str):
            with suppress(ValueError, RecursionError):
                schema = json.loads(schema)
        return schema if isinstance(schema, dict) else None

    def read(self, text: str) -> dict[str, Any]:
        """The model's answer. Raises DomainError when it is not an object with these members."""
        try:
            made = strict_json.loads(_unfenced(text.strip()))
        except ValueError:
            made = None
        wanted = [text_of(row["key"]).strip() for row in self.rows]
        if not isinstance(made, dict):
            raise DomainError("the model did not answer with a JSON object.")
        if absent := [key for key in wanted if key not in made]:
            raise DomainError(f"the model's answer lacks {', '.join(map(repr, absent))}.")
        return {key: made[key] for key in wanted}


def _unfenced(text: str) -> str:
    """The text without Markdown's fence around it, which models like to write."""
    if len(text) > 6 and text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text
