"""What each node did in a run, by its id: for a drawing of the flow to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forjinn.flows import traces
from forjinn.flows.models import Run
from forjinn.flows.traces import Step


@dataclass(frozen=True)
class NodeRun:
    """All that a node did in one run; in a Loop or an Iteration it worked several `times`.

    `order` counts the nodes of the run from 1 as they began. `error` is empty when texts are not kept.
    `branches` are the outputs that it was left by, None where all were or nobody knows.
    """

    label: str
    order: int
    times: int
    milliseconds: int
    tokens: int | None
    failed: bool
    error: str
    branches: frozenset[int] | None


def of(run: Run, *, texts: bool) -> dict[str, NodeRun]:
    """By the node's id, in the order in which they began. `texts`: whether the workspace keeps them."""
    found: dict[str, list[Step]] = {}
    for step in _as_they_began(traces.steps(run)):
        found.setdefault(step.node_id, []).append(step)
    return {
        node_id: _summed(order, steps, texts=texts) for order, (node_id, steps) in enumerate(found.items(), 1)
    }


def failed_node(entries: Sequence[dict[str, Any]] | None) -> str | None:
    """The id of the node that failed, the innermost one, in WIRE's `agentFlowExecutedData`."""
    failed = (entry.get("nodeId") for entry in entries or () if entry.get("status") == "ERROR")
    return next((node_id for node_id in failed if isinstance(node_id, str)), None)


def _as_they_began(steps: Sequence[Step]) -> list[Step]:
    """A trace tells of a node when it ended: an Iteration comes after all that ran inside."""
    placed: list[tuple[float, Step]] = []
    first_inside: dict[str, int] = {}
    for place, step in enumerate(steps):
        if step.within:
            first_inside.setdefault(step.within, place)
        placed.append((first_inside.pop(step.node_id, place + 0.5) - 0.5, step))
    return [step for _place, step in sorted(placed, key=lambda one: one[0])]


def _summed(order: int, steps: Sequence[Step], *, texts: bool) -> NodeRun:
    tokens = [step.tokens for step in steps if step.tokens is not None]
    left = [step.branch for step in steps if not step.failed]
    return NodeRun(
        label=steps[-1].label,
        order=order,
        times=len(steps),
        milliseconds=sum(step.milliseconds for step in steps),
        tokens=sum(tokens) if tokens else None,
        failed=any(step.failed for step in steps),
        error=next((step.error for step in reversed(steps) if step.error), "") if texts else "",
        branches=None if None in left else frozenset(one for one in left if one is not None),
    )
