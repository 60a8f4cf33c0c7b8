"""A run's trace as its page shows it: node by node, everything as text."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forjinn.flows.models import Run
from forjinn.flows.nodes import NODES
from forjinn.flows.nodes.base import is_on, objects, text_of
from forjinn.flows.nodes.condition import Condition
from forjinn.flows.nodes.condition_agent import ConditionAgent

LONGEST_TEXT = 20_000
MOST_STEPS = 200
# Unpacked; a run that told more than this is not shown node by node.
MOST_BYTES = 64 << 20
# What a node's output holds beside what it said.
ABOUT = frozenset({"content", "usageMetadata", "timeMetadata", "calledTools", "error"})
BRANCHING = frozenset({Condition.name, ConditionAgent.name})


@dataclass(frozen=True)
class Text:
    """`left_out` is how many characters are not shown."""

    shown: str
    left_out: int = 0


@dataclass(frozen=True)
class Tool:
    name: str
    given: Text
    answered: Text


@dataclass(frozen=True)
class Step:
    """One node's work. `round` counts from 1 within the Iteration whose id is `within`.

    `branch` is the number of the output that a Condition was left by, None where all were or nobody knows.
    """

    node_id: str
    within: str
    label: str
    type: str
    failed: bool
    milliseconds: int
    tokens: int | None
    round: int | None
    error: str
    given: Text
    said: Text
    tools: list[Tool] = field(default_factory=list)
    branch: int | None = None


@dataclass(frozen=True)
class Trace:
    """`steps` is None when no trace was kept, `more` how many nodes are not shown."""

    steps: list[Step] | None = None
    more: int = 0
    has_texts: bool = True


def of(run: Run, node_id: str | None = None) -> Trace:
    """With `node_id`, only what this node did."""
    told = entries(run)
    if told is None:
        return Trace()
    if node_id is not None:
        told = [entry for entry in told if entry.get("nodeId") == node_id]
    outputs = [_object(_object(entry.get("data")).get("output")) for entry in told]
    # What is recorded without texts has no content, not even an empty one.
    has_texts = not outputs or any("content" in output for output in outputs)
    return Trace(_steps(told)[:MOST_STEPS], max(0, len(told) - MOST_STEPS), has_texts)


def steps(run: Run) -> list[Step]:
    """All steps in the order in which they ended; none when no trace was kept."""
    return _steps(entries(run) or ())


def _steps(told: Iterable[dict[str, Any]]) -> list[Step]:
    return [_step(entry, _object(_object(entry.get("data")).get("output"))) for entry in told]


def entries(run: Run) -> list[dict[str, Any]] | None:
    """WIRE's `agentFlowExecutedData`; None when it was not kept."""
    if not run.trace:
        return None
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(run.trace, MOST_BYTES)
        return objects(json.loads(text)) if unpacking.eof else None
    except (zlib.error, ValueError, RecursionError):
        return None


def _step(entry: Mapping[str, Any], output: Mapping[str, Any]) -> Step:
    data = _object(entry.get("data"))
    index, usage = data.get("iterationIndex"), _object(output.get("usageMetadata"))
    name = text_of(data.get("name"))
    return Step(
        node_id=text_of(entry.get("nodeId")),
        within=text_of(data.get("parentNodeId")),
        label=text_of(entry.get("nodeLabel")),
        type=NODES[name].title if name in NODES else name,
        failed=entry.get("status") == "ERROR",
        milliseconds=_number(_object(output.get("timeMetadata")).get("delta")) or 0,
        tokens=_number(usage.get("total_tokens")),
        round=index + 1 if isinstance(index, int) else None,
        error=text_of(output.get("error"))[:LONGEST_TEXT],
        given=_cut(_given(_object(data.get("input")))),
        said=_cut(_said(output)),
        tools=[_tool(call) for call in objects(output.get("calledTools"))],
        branch=_branch(output) if name in BRANCHING else None,
    )


def _branch(output: Mapping[str, Any]) -> int | None:
    held = [is_on(one.get("isFulfilled")) for one in objects(output.get("conditions"))]
    return held.index(True) if True in held else None


def _given(given: dict[str, Any]) -> str:
    """What a node worked on: a text alone, or a talk with a model, or else JSON."""
    values = list(given.values())
    if len(values) == 1 and isinstance(values[0], str):
        return str(values[0])
    messages = given.get("messages")
    if isinstance(messages, list) and messages and set(given) <= {"model", "messages"}:
        return "\n\n".join(_message(message) for message in messages)
    return _written(given)


def _message(message: Any) -> str:
    one = _object(message)
    content = one.get("content")
    return f"{one.get('role')}: {content if isinstance(content, str) else _written(content)}"


def _said(output: Mapping[str, Any]) -> str:
    content = output.get("content")
    if content:
        return content if isinstance(content, str) else _written(content)
    return _written({name: value for name, value in output.items() if name not in ABOUT})


def _tool(call: dict[str, Any]) -> Tool:
    answered = call.get("toolOutput")
    return Tool(
        str(call.get("tool"))[:200],
        _cut(_written(call.get("toolInput"))),
        _cut(answered if isinstance(answered, str) else _written(answered)),
    )


def _written(value: Any) -> str:
    if value in ({}, [], None, ""):
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except RecursionError:
        return "(nested too deeply to be shown)"


def _cut(text: str) -> Text:
    return Text(text[:LONGEST_TEXT], max(0, len(text) - LONGEST_TEXT))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
