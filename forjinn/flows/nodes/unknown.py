from __future__ import annotations

from forjinn.errors import DomainError
from forjinn.flows.call import Scope
from forjinn.flows.nodes.base import Node, Steps, shown, text_of


class Unknown(Node):
    """A node of a type that Forjinn does not have. It is kept, and its flow cannot be deployed."""

    name = ""
    title = "Node"

    def missing(self) -> list[str]:
        kind = shown(text_of(self.data.get("name"))) or "no type"
        return [f"{self.label}: nodes of the type {kind} are not supported."]

    def run(self, scope: Scope) -> Steps:
        yield from ()
        raise DomainError(self.missing()[0])
