"""What a node's form offers beside the node itself: models, flows, other nodes, and variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forjinn.flows import form_inputs, listing, stored_variables
from forjinn.flows.canvas import kinds, places
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.fields.base import Around
from forjinn.flows.models import Flow
from forjinn.flows.nodes import NODES, Start
from forjinn.flows.nodes.base import objects, shown, text_of
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace

# Nodes that can send a secret variable.
CALLING = ("httpAgentflow", "agentAgentflow")
ONLY_SENT = "Secret variable, for HTTP calls only"
UPDATES = ("llmUpdateState", "agentUpdateState", "executeFlowUpdateState", "loopUpdateState")


@dataclass(frozen=True)
class Variable:
    """`name` stands between the braces; `said` tells what it is."""

    name: str
    said: str


def of(workspace: Workspace, flow: Flow, document: Document, key: str) -> Around:
    nodes, parents = document.nodes, places.parents(document.nodes)
    beside = [
        (one, _label(document, one))
        for one in nodes
        if one != key
        and parents.get(one) == parents.get(key)
        and kinds.name_of(nodes[one].value) not in kinds.NOTES
    ]
    return Around(
        models=[name for name, _upstreams in models.grouped(workspace)],
        flows=[(one.id, one.name) for one in listing.every(workspace) if one.id != flow.id],
        earlier=beside,
        node_ids=[one for one in nodes if kinds.name_of(nodes[one].value) not in kinds.NOTES],
    )


def variables(workspace: Workspace, document: Document, key: str) -> list[Variable]:
    """What `{{` offers in a text of this node."""
    before = set(earlier(document, key))
    found = [
        Variable("question", "What was asked"),
        Variable("chat_history", "The conversation so far"),
        Variable("current_date_time", "Date and time, in UTC"),
        *_form(document),
    ]
    if key in places.parents(document.nodes):
        found.append(Variable("$iteration", "The item of the list that it is about"))
    if any(kinds.name_of(document.nodes[one].value) == "loopAgentflow" for one in document.nodes):
        found.append(Variable("loop_count", "How often the flow has gone back"))
    found += [
        Variable(one, f"What “{_label(document, one)}” said") for one in document.nodes if one in before
    ]
    states = dict.fromkeys(_states(document))
    found += [Variable(f"$flow.state.{name}", "Flow state") for name in states]
    found += [
        Variable(f"$vars.{one.name}", ONLY_SENT if one.is_secret else "Variable of the workspace")
        for one in stored_variables.of(workspace)
        if not one.is_secret or kinds.name_of(document.nodes[key].value) in CALLING
    ]
    found.append(Variable("$flow.sessionId", "The conversation's id"))
    return [one for one in found if not {"{", "}", "\n"} & set(one.name)]


def earlier(document: Document, key: str) -> Iterator[str]:
    """The nodes that may have run when this one does: those that lead to it, or to what it stands in."""
    leading: dict[str, list[str]] = {}
    for edge in document.edges.values():
        source, target = edge.value.get("source"), edge.value.get("target")
        if isinstance(source, str) and isinstance(target, str):
            leading.setdefault(target, []).append(source)
    parents = places.parents(document.nodes)
    waiting, seen = [key], {key}
    while waiting:
        one = waiting.pop()
        further: Iterable[str | None] = (*leading.get(one, ()), parents.get(one))
        for other in further:
            if other is not None and other not in seen and other in document.nodes:
                seen.add(other)
                waiting.append(other)
                # The Iteration around it has not said anything yet.
                if other not in places.above(key, parents) and _speaks(document, other):
                    yield other


def _speaks(document: Document, key: str) -> bool:
    name = kinds.name_of(document.nodes[key].value)
    return name != kinds.START and name not in kinds.NOTES


def _form(document: Document) -> Iterator[Variable]:
    for node in document.nodes.values():
        if kinds.name_of(node.value) == kinds.START:
            start = Start("", kinds.data_of(node.value))
            if start.asks_for_form:
                for one in form_inputs.of(start):
                    yield Variable(f"$form.{one.name}", f"Field of the form: {shown(one.label)}")


def _states(document: Document) -> Iterator[str]:
    for node in document.nodes.values():
        inputs = kinds.inputs_of(node.value)
        if kinds.name_of(node.value) == kinds.START:
            yield from filter(None, (name.strip() for name in Start("", kinds.data_of(node.value)).state))
        for member in UPDATES:
            rows = objects(inputs.get(member))
            yield from filter(None, (text_of(row.get("key")).strip() for row in rows))


def _label(document: Document, key: str) -> str:
    raw = document.nodes[key].value
    name = kinds.name_of(raw)
    title = NODES[name].title if name in NODES else "Node"
    return shown(text_of(kinds.data_of(raw).get("label"))) or title
