"""The inputs of a flow that its owner may let `overrideConfig` change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from forjinn import names
from forjinn.errors import Refused
from forjinn.flows import stored_variables
from forjinn.flows.graph import Graph
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace

VARIABLES = "Variables"


@dataclass(frozen=True)
class Choice:
    """`value` is "<node id>.<input>" or "vars.<name>", `group` the node's label."""

    value: str
    group: str
    input: str
    allowed: bool


def choices(workspace: Workspace, flow: Flow, graph: Graph) -> list[Choice]:
    """All that can be allowed, node by node, then the workspace's variables."""
    allowed = frozenset(json.loads(flow.overridable))
    found = [
        (f"{node.id}.{name}", f"{node.label} ({node.id})", name)
        for node in graph.walk()
        for name in node.OVERRIDABLE
    ]
    secret = set(stored_variables.secret_names_of(workspace))
    found += [
        (f"vars.{name}", VARIABLES, name)
        for name in stored_variables.names_of(workspace)
        if name not in secret
    ]
    return [Choice(value, group, name, value in allowed) for value, group, name in found]


def by_node(found: Iterable[Choice]) -> list[tuple[str, list[Choice]]]:
    """The choices under the label of their node, in the order of the flow."""
    return [(group, list(inputs)) for group, inputs in groupby(found, lambda choice: choice.group)]


def checked(wanted: Iterable[str], possible: Iterable[Choice]) -> list[str]:
    """The wanted values in the order of the choices. Raises Refused, field `overridable`."""
    asked = set(wanted)
    found = [choice.value for choice in possible if choice.value in asked]
    unknown = sorted(asked - set(found))
    if unknown:
        raise Refused(
            f"“{names.harmless(unknown[0][:80])}” is not an input of this flow that a call could change.",
            "overridable",
        )
    return found
