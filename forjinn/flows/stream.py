"""The answer as server-sent events, told while the flow runs (WIRE, “Answer, streaming”)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import Any

from flask import Response, current_app, request, stream_with_context

from forjinn import outgoing
from forjinn.errors import DomainError
from forjinn.flows import runner, runs
from forjinn.flows.events import Event, NodeEnded, NodeStarted, Token, ToolsCalled
from forjinn.flows.starting import Started


def response(started: Started) -> Response:
    """Raises DatabaseUnavailable: a stream that has begun could no longer say so with its status."""
    run = runner.run(started.graph, started.call)
    events = runner.Events(run)
    # The conversation is looked up before the first event.
    first = next(iterator := iter(events))
    told = _told(started, run, events, chain([first], iterator))
    answer = current_app.response_class(stream_with_context(told), 200, content_type="text/event-stream")
    answer.headers["Cache-Control"] = "no-cache"
    # nginx would collect the events.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


# In JSON these stand in texts only, where an escape means the same.
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def event(name: str, data: object) -> bytes:
    return written(name, json.dumps(data))


def written(name: str, data: str) -> bytes:
    """An event whose data is JSON already."""
    # ASCII on one line: a chunk that is cut inside a character, or a line break in a text, does no harm.
    content = f'{{"event": "{name}", "data": {data}}}'
    if not content.isascii():
        content = NOT_ASCII.sub(_escaped, content)
    # The Python client takes every "data:" of the line away, also one in a text.
    content = content.replace("data:", "data\\u003a")
    return f"data: {content}\n\n".encode()


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _told(
    started: Started, run: runner.Run, events: runner.Events[runner.Answer], steps: Iterator[Event]
) -> Iterator[bytes]:
    teller = Teller(started)
    outcome, error, answer = runs.STOPPED, "", None
    try:
        with closing(run):
            yield from teller.begin()
            for one in _patiently(steps, started):
                yield from teller.tell(one)
        outcome, answer = runs.FINISHED, events.end
        yield from teller.end(answer)
    except DomainError as failed:
        outcome, error = runs.ERROR, str(failed)
        yield from teller.fail(started.failure(error))
    except outgoing.Abandoned:
        # Nobody reads any more.
        return
    except Exception:
        current_app.logger.exception("A flow failed while it was streamed")
        outcome, error = runs.ERROR, "Something went wrong on the server."
        yield from teller.fail(started.failure(error))
    finally:
        started.record(outcome, answer.usage if answer else None, error)


def _patiently(events: Iterator[Event], started: Started) -> Iterator[Event]:
    """The same events; while one is waited for, the client may leave and the time may run out."""
    gone = request.environ.get("forjinn.client_gone")
    while True:
        with outgoing.patience(deadline=started.call.budget.deadline, gone=gone):
            one = next(events, None)
        if one is None:
            return
        yield one


class Teller:
    """What is told of each event. An agentflow tells of its nodes, a chatflow only of its text."""

    def __init__(self, started: Started) -> None:
        self.started = started
        self.tells_nodes = started.is_agentflow and started.tells_trace

    def begin(self) -> Iterator[bytes]:
        yield event("agentFlowEvent", "INPROGRESS") if self.started.is_agentflow else event("start", "")

    def tell(self, one: Event) -> Iterator[bytes]:
        if isinstance(one, Token):
            yield event("token", one.text)
        elif isinstance(one, NodeEnded):
            self.started.trace.add(one.entry)
            if self.tells_nodes:
                entry = one.entry
                yield written("agentFlowExecutedData", self.started.trace.told_json)
                yield _next(entry["nodeId"], entry["nodeLabel"], entry["status"])
        elif self.tells_nodes:
            if isinstance(one, NodeStarted):
                yield _next(one.node_id, one.label, "INPROGRESS")
            elif isinstance(one, ToolsCalled):
                yield event("calledTools", self.started.tools(one.calls))

    def end(self, answer: runner.Answer) -> Iterator[bytes]:
        if self.started.is_agentflow:
            yield event("agentFlowEvent", "FINISHED")
        if answer.usage:
            yield event("usageMetadata", answer.usage)
        yield event("metadata", self.started.metadata())
        yield event("end", "[DONE]")

    def fail(self, sentence: str) -> Iterator[bytes]:
        if self.started.is_agentflow:
            yield event("agentFlowEvent", "ERROR")
        yield event("error", sentence)
        yield event("end", "[DONE]")


def _next(node_id: str, label: str, status: str) -> bytes:
    told: dict[str, Any] = {"nodeId": node_id, "nodeLabel": label, "status": status}
    return event("nextAgentFlow", told)
