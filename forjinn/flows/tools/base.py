"""What an Agent may use. A tool is made from its configuration in the flow, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forjinn.flows.call import Scope


@dataclass(frozen=True, slots=True)
class Result:
    text: str
    # Tokens, when the tool asked a model.
    usage: dict[str, int] | None = None


class Tool:
    name: str
    description: str
    # A JSON schema of the type object.
    parameters: dict[str, Any]

    def missing(self) -> list[str]:
        """What it needs that is not there, one sentence each."""
        return []

    def flows(self) -> tuple[str, ...]:
        """The ids of the flows that it calls."""
        return ()

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        """Raises DomainError; the model is told its message."""
        raise NotImplementedError
