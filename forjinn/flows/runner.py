"""Walks a flow's graph: a generator of events, whose end is the answer."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from forjinn.errors import DomainError
from forjinn.flows import strict_json
from forjinn.flows.call import Call, NodeFailed, Scope
from forjinn.flows.events import Event, NodeEnded, NodeStarted, Token, ToolsCalled
from forjinn.flows.graph import Graph
from forjinn.flows.hidden_values import HeldBack, HiddenValues
from forjinn.flows.nodes.base import Node, Outcome, Steps, added
from forjinn.flows.nodes.iteration import Iteration
from forjinn.flows.nodes.model import SETTINGS
from forjinn.flows.way import Way

Usage = dict[str, int]
End = TypeVar("End")


@dataclass(slots=True)
class Answer:
    """What a run came to. `usage` is in tokens, None when no model was asked."""

    text: str = ""
    usage: Usage | None = None
    # Each {"tool", "toolInput", "toolOutput"}.
    tools: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.text = outcome.content
        self.tools += outcome.tools
        if outcome.usage:
            self.usage = added(self.usage or {}, outcome.usage)


Run = Generator[Event, None, Answer]


def run(graph: Graph, call: Call) -> Run:
    """Raises NodeFailed, after the event with the failed node's entry of the trace.

    Closing it stops the run; the conversation keeps what was told until then.
    """
    if not (graph.remembers and call.memory):
        return (yield from _masked(walk(graph, Scope(call), inside=False), call.hidden))
    start = graph.start
    ticket = call.memory.arrive(call, with_state=start.persists)
    told: list[str] = []
    call.past = [] if start.ephemeral else ticket.messages
    call.kept_state = ticket.state
    scope = Scope(call)
    try:
        events = _masked(walk(graph, scope, inside=False), call.hidden)
        answer = yield from _overheard(events, told)
    except DomainError:
        call.memory.failed(call, ticket)
        raise
    except BaseException:
        call.memory.answered(call, ticket, "".join(told))
        raise
    state = call.hidden.json(scope.state) if start.persists else None
    call.memory.answered(call, ticket, answer.text, state)
    return answer


def _masked(events: Run, hidden: HiddenValues) -> Run:
    """The same events and the same answer, without the values of secret variables."""
    if not hidden:
        return (yield from events)
    held = HeldBack(hidden)
    try:
        for event in (watched := Events(events)):
            if isinstance(event, Token):
                text = held.next(event.text)
            else:
                # What a node told is whole before it is told of the node.
                text, event = held.rest(), _without_values(event, hidden)
            if text:
                yield Token(text)
            if not isinstance(event, Token):
                yield event
    except NodeFailed as failed:
        failed.args = (hidden.text(str(failed)),)
        raise
    if text := held.rest():
        yield Token(text)
    end = watched.end
    end.text, end.tools = hidden.text(end.text), hidden.json(end.tools)
    return end


def _without_values(event: Event, hidden: HiddenValues) -> Event:
    if isinstance(event, NodeEnded):
        return NodeEnded(hidden.json(event.entry))
    return ToolsCalled(hidden.json(event.calls)) if isinstance(event, ToolsCalled) else event


def _overheard(events: Run, told: list[str]) -> Run:
    """The same events; the text of the answer is noted in `told`."""
    for event in (watched := Events(events)):
        if isinstance(event, Token):
            told.append(event.text)
        yield event
    return watched.end


def walk(graph: Graph, scope: Scope, *, inside: bool) -> Run:
    """Run the nodes of one graph. `inside` an Iteration no node's text is the answer."""
    answer, way = Answer(), Way(graph)
    while (node := way.next()) is not None:
        scope.answering = not inside and way.is_last(node)
        outcome, spoke = yield from _run_node(graph, node, scope)
        answer.add(outcome)
        if outcome.loop_to is not None:
            way.back_to(outcome.loop_to)
        else:
            way.leave(node.id, outcome.branch)
        if not (inside or spoke or way.ready) and outcome.content:
            # The flow ended here: what streams and what is answered is the same text.
            yield Token(outcome.content)
    return answer


def _run_node(graph: Graph, node: Node, scope: Scope) -> Generator[Event, None, tuple[Outcome, bool]]:
    """Its outcome, and whether it has told the answer's text itself."""
    start, spoke = time.time(), False
    yield NodeStarted(node.id, node.label)
    try:
        scope.call.budget.spend()
        changed = scope.call.overrides.get(node.id, {})
        worker = node.changed(changed) if changed else node
        scope.has_callers_texts = not changed.keys() <= set(SETTINGS)
        inner = graph.inner.get(node.id)
        steps = _iterate(worker, inner, scope) if isinstance(worker, Iteration) else worker.run(scope)
        for event in (events := Events(steps)):
            spoke = spoke or isinstance(event, Token)
            yield event
        outcome = events.end
        state = strict_json.checked(scope.state | outcome.state)
    except (DomainError, RecursionError) as caught:
        error = caught if isinstance(caught, DomainError) else DomainError("flows call each other too deep.")
        failed = Outcome("", {}, {"error": str(error)})
        yield NodeEnded(_entry(graph, node, scope, start, "ERROR", failed))
        if isinstance(error, NodeFailed):
            # It tells which node inside this one failed.
            raise
        raise NodeFailed(node.label, error) from error
    # Not replaced: a round of an Iteration shares it.
    scope.state.update(state)
    scope.said += outcome.said
    entry = _entry(graph, node, scope, start, "FINISHED", outcome)
    scope.outputs[node.id] = entry["data"]["output"]
    yield NodeEnded(entry)
    return outcome, spoke


class Events(Generic[End]):
    """The events of a generator; when they are over, `end` is what it returned."""

    end: End

    def __init__(self, events: Generator[Event, None, End]) -> None:
        self.events = events

    def __iter__(self) -> Iterator[Event]:
        self.end = yield from self.events


def _iterate(node: Iteration, inner: Graph | None, scope: Scope) -> Steps:
    """Run the nodes inside once for each item. Their entries tell which round they are of."""
    items, total, texts = node.items(scope), Answer(), []
    answering = scope.answering
    for index, item in enumerate(items):
        round_of = Scope(scope.call, state=scope.state, outputs=dict(scope.outputs), item=item)
        events = walk(inner or Graph({}, (), {}), round_of, inside=True)
        answer = yield from _marked(events, node.id, index)
        texts.append(answer.text)
        total.add(Outcome(answer.text, {}, usage=answer.usage, tools=answer.tools))
        if answering and node.as_text and answer.text:
            yield Token(("\n" if index else "") + answer.text)
    scope.answering = answering
    return node.outcome(items, texts, total.usage, total.tools)


def _marked(events: Run, iteration: str, index: int) -> Run:
    """The same events, the entries among them marked with their round."""
    for event in (watched := Events(events)):
        if isinstance(event, NodeEnded):
            event.entry["data"] |= {"parentNodeId": iteration, "iterationIndex": index}
        yield event
    return watched.end


def _entry(
    graph: Graph, node: Node, scope: Scope, start: float, status: str, outcome: Outcome
) -> dict[str, Any]:
    began, ended = int(start * 1000), int(time.time() * 1000)
    output = outcome.output | {"content": outcome.content}
    if outcome.usage:
        output["usageMetadata"] = outcome.usage
    if outcome.tools:
        output["calledTools"] = outcome.tools
    output["timeMetadata"] = {"start": began, "end": ended, "delta": ended - began}
    return {
        "nodeId": node.id,
        "nodeLabel": node.label,
        "status": status,
        "previousNodeIds": graph.previous(node.id),
        "data": {
            "id": node.id,
            "name": node.name,
            "input": outcome.input,
            "output": output,
            "state": dict(scope.state),
        },
    }
