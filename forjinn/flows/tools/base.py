from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from forjinn.flows.call import Scope

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Result:
    """What a model is told. `usage` are the tokens that the tool itself spent."""

    text: str
    usage: dict[str, int] | None = None


class Tool:
    """What a model may call by its name, with arguments that it chooses."""

    name: str
    description: str
    # The JSON schema of the arguments, of type object.
    parameters: dict[str, Any]

    def flows(self) -> tuple[str, ...]:
        """The ids of the flows that it calls."""
        return ()

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        """Raises DomainError when it fails."""
        raise NotImplementedError

    def missing(self) -> list[str]:
        """What it needs that is not there: such a flow is kept, and cannot be deployed."""
        return []


def schema(properties: dict[str, dict[str, Any]], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def clean(name: str, otherwise: str) -> str:
    """A name that every provider accepts."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name.strip())[:LONGEST_NAME].strip("_") or otherwise
