"""The panel of a node's settings: what it shows, and what a form that was sent does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from forjinn.accounts.models import User
from forjinn.errors import NotFound, Refused
from forjinn.flows import needs
from forjinn.flows.canvas import drafts, fields, kinds, looks, operations, surroundings
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.drafts import Changed, Opened
from forjinn.flows.canvas.editing import Editing
from forjinn.flows.canvas.fields import merging, rows
from forjinn.flows.canvas.fields.base import Field, Item, every
from forjinn.flows.canvas.fields.merging import Merged, Sent
from forjinn.flows.canvas.fields.reading import digest
from forjinn.flows.nodes.base import shown, text_of
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

    def text(self, one: Field) -> str:
        """What a field says: what was typed, where that could not be taken."""
        typed = self.texts.get(one.name) if one.name in self.errors else None
        return one.shown if typed is None else typed

    @property
    def title(self) -> str:
        return looks.title(self.raw)

    @property
    def label(self) -> str:
        return shown(text_of(kinds.data_of(self.raw).get("label"))) or self.title

    @property
    def is_note(self) -> bool:
        return kinds.name_of(self.raw) in kinds.NOTES

    @property
    def is_start(self) -> bool:
        return kinds.name_of(self.raw) == kinds.START

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
        found = [fields.without_label(sentence, node.label) for sentence in node.missing()]
        found += [
            fields.without_label(sentence, node.label) for sentence in needs.revealing(self.workspace, [node])
        ]
        found += needs.unregistered(self.workspace, node.models())
        return found + needs.absent_flows(self.workspace, node.flows(), self.opened.flow.id)

    @cached_property
    def kept(self) -> list[tuple[str, str]]:
        """Inputs that no field shows: their names, and the beginning of what they say."""
        return [(name, written(value)[:LONGEST_KEPT]) for name, value in fields.kept(self.raw, self.around)]

    @cached_property
    def variables(self) -> list[surroundings.Variable]:
        return surroundings.variables(self.workspace, self.document, self.key)


def show(workspace: Workspace, opened: Opened, key: str) -> Panel:
    """Raises NotFound."""
    document = Document(opened.text)
    if key not in document.nodes:
        raise NotFound("This node is not in the flow any more.")
    return Panel(workspace, opened, key, document)


def apply(
    before: Panel, user: User, sent: Sent, wanted: str = "", *, by: str = ""
) -> tuple[Panel, Changed | None]:
    """Take a form into the draft, and change a row of one of its lists if `wanted` says so.

    What was changed elsewhere since the form was shown is told field by field. Without Changed, nothing was
    taken: the panel says why. `by` is a digest of what asks for it. Raises Stale.
    """
    merged = merging.merge(before.raw, before.around, sent)
    if not merged.refused:
        try:
            return _taken(before, user, merged, wanted, by)
        except Refused as refused:
            merged.problems.append(str(refused))
    return replace(before, merged=merged, texts=sent.texts), None


def _taken(before: Panel, user: User, merged: Merged, wanted: str, by: str) -> tuple[Panel, Changed]:
    after, focus = rows.done(merged.raw, before.around, wanted) if wanted else (merged.raw, "")

    def verb(editing: Editing) -> None:
        operations.set_data(editing, before.key, kinds.data_of(merged.raw))
        if wanted:
            # A step of its own, so that the outputs of a Condition follow their rows.
            operations.set_data(editing, before.key, kinds.data_of(after))

    opened = before.opened
    changed = drafts.apply(before.workspace, opened.flow, user, opened.token, verb, sent=by)
    said = "Applied" if changed.said else ""
    panel = Panel(before.workspace, changed.opened, before.key, changed.after, focus=focus, said=said)
    return panel, changed


def as_sent(before: Panel, sent: Sent, problem: str) -> Panel:
    """The panel with all that was typed, after a problem that has nothing to do with it."""
    merged = merging.merge(before.raw, before.around, sent)
    merged.problems.append(problem)
    return replace(before, merged=merged, texts=sent.texts)
