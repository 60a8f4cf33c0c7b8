"""`overrideConfig`: what a call changes in a flow, as far as its owner allows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from forjinn.flows.graph import Graph
from forjinn.flows.library import Variables
from forjinn.gateway import lookup
from forjinn.prediction.answers import ApiError

# Read elsewhere.
KNOWN = frozenset({"sessionId", "vars"})
# What an input must be, by the end of its name. Of others a node says itself what is wrong.
NUMBERS = ("temperature", "topP", "maxTokens", "WindowSize", "maxLoopCount")
TEXTS = ("modelName", "UserMessage", "Message", "MemoryType", "Instructions", "AgentInput", "FlowInput")
LISTS = ("Messages", "conditions")
# Of the names that a header repeats.
LONGEST_NAME = 60


class WrongValue(Exception):
    """A value that a node cannot work with; `outside` says so in nothing but the caller's own words."""

    def __init__(self, sentence: str, inputs: Iterable[str]) -> None:
        super().__init__(sentence)
        self.outside = f"{' or '.join(inputs)} has a value that this flow cannot work with."


@dataclass(slots=True)
class Overrides:
    """`inputs` is node id -> input -> value; `ignored` names what was sent and has no effect."""

    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    # Those of the workspace, beside them.
    known_variables: Variables = field(default_factory=Variables)
    ignored: list[str] = field(default_factory=list)

    @property
    def warning(self) -> str | None:
        """The value of the Warning header (RFC 7234 §5.5), in ASCII."""
        if not self.ignored:
            return None
        names = (
            ", ".join(name[:LONGEST_NAME] for name in self.ignored[:20]).encode("ascii", "replace").decode()
        )
        text = "".join(c if c.isprintable() and c not in '"\\' else "?" for c in names)
        return f'299 forjinn "overrideConfig: not allowed, ignored: {text}"'


def read(
    config: dict[str, Any], graph: Graph, overridable: str, variables: Variables, workspace_id: UUID
) -> Overrides:
    """Raises WrongValue when an allowed input gets a value that the node cannot work with, ApiError 400."""
    allowed = frozenset(json.loads(overridable))
    made = Overrides(known_variables=variables)
    for name, value in config.items():
        if name not in KNOWN:
            _take(made, graph, allowed, name, value)
    for name, value in _variables(config.get("vars")).items():
        # A variable of the workspace may hold an address or a secret: only its owner gives it away.
        # Nobody gives a secret variable another value.
        known = name in variables.plain and f"vars.{name}" not in allowed
        if known or name in variables.secret:
            made.ignored.append(f"vars.{name}")
        else:
            made.variables[name] = value
    _check(made, graph, workspace_id)
    return made


def _take(made: Overrides, graph: Graph, allowed: frozenset[str], name: str, value: Any) -> None:
    having = [node.id for node in graph.walk() if name in node.OVERRIDABLE]
    # A value for each node that is named, or one for all that have the input.
    named = isinstance(value, dict) and bool(value) and value.keys() <= set(having)
    values = value if named else dict.fromkeys(having, value)
    taken = {node_id: one for node_id, one in values.items() if f"{node_id}.{name}" in allowed}
    for node_id, one in taken.items():
        made.inputs.setdefault(node_id, {})[name] = one
    if named:
        made.ignored += [f"{node_id}.{name}" for node_id in values if node_id not in taken]
    elif not taken:
        made.ignored.append(name)


def _variables(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ApiError(400, "invalid_request", "overrideConfig.vars must be an object.")
    return given


def _check(made: Overrides, graph: Graph, workspace_id: UUID) -> None:
    for node in graph.walk():
        inputs = made.inputs.get(node.id)
        if not inputs:
            continue
        wrong = list(_wrong_kinds(inputs)) or node.changed(inputs).problems()
        if wrong:
            raise WrongValue(wrong[0], inputs)
        if "modelName" in inputs:
            _check_model(workspace_id, inputs)


def _wrong_kinds(inputs: dict[str, Any]) -> Iterator[str]:
    for name, value in inputs.items():
        if name.endswith(NUMBERS) and not _is_number(value):
            yield f"{name} must be a number."
        elif name.endswith(TEXTS) and not isinstance(value, str):
            yield f"{name} must be a string."
        elif name.endswith(LISTS) and not (
            isinstance(value, list) and all(isinstance(one, dict) for one in value)
        ):
            yield f"{name} must be a list of objects."


def _is_number(value: Any) -> bool:
    """Form encoders write numbers as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _check_model(workspace_id: UUID, inputs: dict[str, Any]) -> None:
    try:
        lookup.upstreams(workspace_id, inputs["modelName"].strip())
    except lookup.ModelUnknown as unknown:
        raise WrongValue(str(unknown), inputs) from unknown
    except lookup.ModelStopped:
        # The node says so when it asks the model.
        return
