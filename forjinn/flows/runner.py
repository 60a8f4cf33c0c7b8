"""Walks a flow's graph, node by node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forjinn.errors import DomainError
from forjinn.flows.graph import Graph, Step
from forjinn.flows.nodes.base import Call, Outcome


class NodeFailed(DomainError):
    """A node could not do its work; the cause is the error that it raised. `trace` ends with that node."""

    def __init__(self, step: Step, trace: list[dict[str, Any]], cause: DomainError) -> None:
        self.trace = trace
        super().__init__(f"{step.node.label}: {cause}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`trace` is WIRE's `agentFlowExecutedData`; `usage` is in tokens, None when no model was asked."""

    text: str
    trace: list[dict[str, Any]]
    usage: dict[str, int] | None


def run(graph: Graph, call: Call) -> Answer:
    """Raises NodeFailed."""
    trace: list[dict[str, Any]] = []
    text, usage = "", None
    for step, outcome, entry in walk(graph, call, trace):
        trace.append(entry)
        text = outcome.content
        if outcome.usage:
            usage = _added(usage, outcome.usage)
        call.values[step.node.id] = outcome.content
    return Answer(text, trace, usage)


def walk(
    graph: Graph, call: Call, trace: list[dict[str, Any]]
) -> Iterator[tuple[Step, Outcome, dict[str, Any]]]:
    """Run one node after the other, giving each one's outcome and its entry of the trace."""
    call.values |= {
        "question": call.question,
        "form": call.form,
        "$form": call.form,
        "$flow": {"sessionId": call.chat_id, "chatId": call.chat_id},
    }
    for step in graph.steps:
        start = time.time()
        try:
            outcome = step.node.run(call)
        except DomainError as error:
            failed = _entry(step, start, "ERROR", Outcome("", {}), str(error))
            raise NodeFailed(step, [*trace, failed], error) from error
        yield step, outcome, _entry(step, start, "FINISHED", outcome)


def _entry(step: Step, start: float, status: str, outcome: Outcome, error: str = "") -> dict[str, Any]:
    began, ended = int(start * 1000), int(time.time() * 1000)
    output: dict[str, Any] = {"content": outcome.content}
    if error:
        output["error"] = error
    if outcome.usage:
        output["usageMetadata"] = outcome.usage
    output["timeMetadata"] = {"start": began, "end": ended, "delta": ended - began}
    node = step.node
    return {
        "nodeId": node.id,
        "nodeLabel": node.label,
        "status": status,
        "previousNodeIds": step.previous,
        "data": {
            "id": node.id,
            "name": node.name,
            "input": outcome.input,
            "output": output,
            "state": {},
        },
    }


def _added(total: dict[str, int] | None, usage: dict[str, int]) -> dict[str, int]:
    return {name: (total or {}).get(name, 0) + tokens for name, tokens in usage.items()}
