"""`overrideConfig`: what a call changes in a flow, as far as its owner allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forjinn.flows.graph import Graph
from forjinn.prediction.answers import ApiError

# Read elsewhere.
KNOWN = frozenset({"sessionId", "vars"})


@dataclass(slots=True)
class Overrides:
    """`inputs` is node id -> input -> value; `ignored` names what was sent and has no effect."""

    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    @property
    def warning(self) -> str | None:
        """The value of the Warning header (RFC 7234 §5.5), in ASCII."""
        if not self.ignored:
            return None
        names = ", ".join(self.ignored[:20]).encode("ascii", "replace").decode()
        text = "".join(c if c.isprintable() and c not in '"\\' else "?" for c in names)
        return f'299 forjinn "overrideConfig: not allowed, ignored: {text}"'


def read(config: dict[str, Any], graph: Graph, overridable: str, variables: dict[str, str]) -> Overrides:
    """Raises ApiError 400 when an allowed input gets a value that the node cannot work with."""
    allowed = frozenset(json.loads(overridable))
    made = Overrides()
    for name, value in config.items():
        if name not in KNOWN:
            _take(made, graph, allowed, name, value)
    for name, value in _variables(config.get("vars")).items():
        # A variable of the workspace may hold an address or a secret: only its owner gives it away.
        if name in variables and f"vars.{name}" not in allowed:
            made.ignored.append(f"vars.{name}")
        else:
            made.variables[name] = value
    _check(made, graph)
    return made


def _take(made: Overrides, graph: Graph, allowed: frozenset[str], name: str, value: Any) -> None:
    taken = False
    for node_id, one in _for_each(graph, name, value):
        if f"{node_id}.{name}" in allowed:
            made.inputs.setdefault(node_id, {})[name] = one
            taken = True
    if not taken:
        made.ignored.append(name)


def _for_each(graph: Graph, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Which nodes a value is for: those that it names as its members, or all that have the input."""
    having = [node.id for node in graph.walk() if name in node.OVERRIDABLE]
    if isinstance(value, dict) and value and value.keys() <= set(having):
        yield from value.items()
    else:
        yield from ((node_id, value) for node_id in having)


def _variables(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ApiError(400, "invalid_request", "overrideConfig.vars must be an object.")
    return given


def _check(made: Overrides, graph: Graph) -> None:
    for node in graph.walk():
        inputs = made.inputs.get(node.id)
        if inputs and (wrong := node.changed(inputs).problems()):
            raise ApiError(400, "invalid_request", f"overrideConfig: {wrong[0]}")
