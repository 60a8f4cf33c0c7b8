"""One flow calls another one of its workspace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forjinn import ids
from forjinn.errors import DomainError
from forjinn.flows.call import LimitReached, Scope


def call_flow(
    scope: Scope, flow_id: str, question: str, *, new_session: bool = False
) -> tuple[str, dict[str, int] | None, list[dict[str, Any]]]:
    """Run it and return its text, tokens and tools. Raises DomainError."""
    # The runner runs the nodes, some of which call flows.
    from forjinn.flows import runner

    call = scope.call
    if len(call.within) >= call.budget.depth:
        raise LimitReached(f"flows call each other more than {call.budget.depth} deep.")
    other = call.open_flow(flow_id)
    if other.id in call.within:
        raise DomainError("a flow cannot call itself, nor one that is calling it.")
    inner = replace(
        call,
        flow_id=other.id,
        question=question,
        chat_id=str(ids.new()) if new_session else call.chat_id,
        form={},
        history=[],
        past=[],
        kept_state={},
        overrides={},
        within=(*call.within, other.id),
    )
    events = runner.Events(runner.run(other.graph, inner))
    for _event in events:
        # Its nodes are not this flow's: what they do is not told.
        continue
    return events.end.text, events.end.usage, events.end.tools
