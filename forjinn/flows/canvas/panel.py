"""The panel of a node's settings: what it shows, and what a form that was sent does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forjinn.accounts.models import User
from forjinn.errors import NotFound
from forjinn.flows import needs
from forjinn.flows.canvas import drafts, drawing, fields, kinds, operations, surroundings
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.drafts import Changed, Opened
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.fields import merging, rows
from forjinn.flows.canvas.fields.base import Item, digest, every
from forjinn.flows.canvas.fields.merging import Merged, Sent
from forjinn.flows.models import Flow
from forjinn.flows.variables import written
from forjinn.workspaces.models import Workspace

LONGEST_KEPT = 2000


@dataclass
class Panel:
    """One node of a draft. `merged` is what somebody sent that could not be taken, with their texts."""

    workspace: Workspace
    opened: Opened
    key: str
    document: Document
    merged: Merged | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    # The id of what the person goes on with, after a row was added or moved.
    focus: str = ""
    said: str = ""

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The node as the draft has it."""
        raw: dict[str, Any] = self.document.nodes[self.key].value
        return raw

    @cached_property
    def around(self) -> fields.Around:
        return surroundings.of(self.workspace, self.opened.flow, self.document, self.key)

    @cached_property
    def items(self) -> list[Item]:
        return fields.of(self.merged.raw if self.merged else self.raw, self.around)

    @cached_property
    def shown(self) -> str:
        """A digest of what each field says in the draft, to tell later what somebody changed."""
        now = {one.name: digest(one.shown) for one in every(fields.of(self.raw, self.around))}
        further = {one.name: digest(one.shown) for one in every(self.items)}
        return json.dumps(further | now)

    @property
    def errors(self) -> Mapping[str, str]:
        return self.merged.errors if self.merged else {}

    def text(self, one: fields.Field) -> str:
        """What a field says: what was typed, where that could not be taken."""
        typed = self.texts.get(one.name) if one.name in self.errors else None
        return one.shown if typed is None else typed

    @cached_property
    def card(self) -> drawing.Card:
        return drawing.draw(self.document).by_id[self.key]

    @property
    def is_note(self) -> bool:
        return self.card.name in kinds.NOTES

    @property
    def is_start(self) -> bool:
        return self.card.name == kinds.START

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with the node, and what of it could not be taken."""
        refused = self.merged.problems if self.merged else []
        return [*refused, *(one for one in fields.problems(self.raw) if one not in self.errors.values())]

    @cached_property
    def missing(self) -> list[str]:
        if self.is_note:
            return []
        node = kinds.made(self.raw, self.key)
        found = [sentence.removeprefix(f"{node.label}: ") for sentence in node.missing()]
        found += needs.unregistered(self.workspace, node.models())
        return found + needs.absent_flows(self.workspace, node.flows(), self.opened.flow.id)

    @cached_property
    def kept(self) -> list[tuple[str, str]]:
        """Inputs that no field shows: their names, and the beginning of what they say."""
        return [(name, written(value)[:LONGEST_KEPT]) for name, value in fields.kept(self.raw, self.around)]

    @cached_property
    def variables(self) -> list[surroundings.Variable]:
        return surroundings.variables(self.workspace, self.document, self.key)


def show(workspace: Workspace, opened: Opened, key: str, **more: Any) -> Panel:
    """Raises NotFound."""
    document = Document(opened.text)
    if key not in document.nodes:
        raise NotFound("This node is not in the flow any more.")
    return Panel(workspace, opened, key, document, **more)


def apply(
    workspace: Workspace, flow: Flow, user: User, key: str, token: str, sent: Sent, wanted: str = ""
) -> tuple[Panel, Changed | None]:
    """Take a form into the draft, and change a row of one of its lists if `wanted` says so.

    Without Changed, nothing was taken: the panel says why. Raises NotFound, Stale, Refused.
    """
    before = show(workspace, drafts.open_(workspace, flow, user), key)
    merged = merging.merge(before.raw, before.around, sent)
    if merged.refused:
        return show(workspace, before.opened, key, merged=merged, texts=sent.texts), None
    after, focus = rows.done(merged.raw, before.around, wanted) if wanted else (merged.raw, "")

    def verb(editing: Editing) -> None:
        operations.set_data(editing, key, kinds.data_of(merged.raw))
        # A step of its own, so that the outputs of a Condition follow their rows.
        operations.set_data(editing, key, kinds.data_of(after))

    changed = drafts.apply(workspace, flow, user, token, verb)
    said = "Applied" if changed.said else ""
    return show(workspace, changed.opened, key, focus=focus, said=said), changed
