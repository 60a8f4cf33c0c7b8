"""The parts of a node's form: fields, rows of fields, and groups of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from forjinn.flows.canvas.fields.reading import as_list, as_sent
from forjinn.flows.canvas.fields.values import Choice, Kind, Option

# Where a value stands in the node's JSON: ("data", "inputs", "llmMessages", 0, "content").
Path = tuple[str | int, ...]
# Of one list: a node may have thousands, and nobody reads them in a form.
MOST_ROWS = 200


@dataclass(frozen=True)
class Field:
    """`name` is its name in the form: of members that the format names, so that it is safe anywhere."""

    part: ClassVar[str] = "field"
    name: str
    label: str
    path: Path
    kind: Kind
    value: Any
    hint: str = ""
    # Members that say the same, where the file has them.
    also: tuple[Path, ...] = ()
    # What somebody sees who may not change the flow.
    masked: Callable[[str], str] = str
    # Whether `{{ … }}` is filled in when the flow runs.
    variables: bool = False

    @property
    def id(self) -> str:
        return "setting-" + self.name.replace(".", "-")

    @property
    def shown(self) -> str:
        return as_sent(self.kind.shown(self.value))

    @property
    def look(self) -> str:
        # A browser takes line breaks out of a one-line field.
        return "text" if self.kind.look == "line" and "\n" in self.shown else self.kind.look

    @property
    def options(self) -> list[Option]:
        return self.kind.offered(self.shown) if isinstance(self.kind, Choice) else []

    @property
    def words(self) -> str:
        """What it is set to, for somebody who may not change it."""
        if isinstance(self.kind, Choice):
            return dict(self.options)[self.shown]
        if self.look == "switch":
            return "On" if self.shown else "Off"
        return self.masked(self.shown)

    def stored(self, text: str) -> Any:
        """Raises ValueError with a sentence."""
        return self.kind.stored(text, self.value)


@dataclass(frozen=True)
class Row:
    """`place` is its index in the list, `number` which row it is: a list may hold what is none."""

    place: int
    number: int
    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Rows:
    """`fresh` is a new row, `adds` the words on the button that makes one."""

    part: ClassVar[str] = "rows"
    name: str
    label: str
    path: Path
    value: Any
    rows: Sequence[Row]
    adds: str
    fresh: Mapping[str, Any]
    hint: str = ""
    # Rows that are not shown.
    further: int = 0

    @property
    def id(self) -> str:
        return "setting-" + self.name.replace(".", "-")


@dataclass(frozen=True)
class Group:
    part: ClassVar[str] = "group"
    title: str
    items: Sequence[Item]
    # Its fields are short enough to stand beside each other.
    is_grid: bool = False


Item = Field | Rows | Group


@dataclass(frozen=True)
class Around:
    """What a node's form must know beside the node."""

    models: Sequence[str] = ()
    flows: Sequence[tuple[UUID, str]] = ()
    # The nodes that a Loop may go back to: id and label.
    earlier: Sequence[tuple[str, str]] = ()
    node_ids: Sequence[str] = ()


@dataclass(frozen=True)
class Place:
    """A JSON object in the node, the members of which are settings."""

    members: Mapping[str, Any]
    path: Path = ()
    name: str = ""
    around: Around = field(default_factory=Around)

    def text(self, member: str) -> str:
        value = self.members.get(member)
        return value if isinstance(value, str) else ""

    def field(self, member: str, label: str, kind: Kind, hint: str = "", **more: Any) -> Field:
        path = (*self.path, member)
        return Field(self.name + member, label, path, kind, self.members.get(member), hint, **more)

    def within(self, member: str) -> Place:
        found = self.members.get(member)
        path, name = (*self.path, member), f"{self.name}{member}."
        return Place(found if isinstance(found, dict) else {}, path, name, self.around)

    def rows(
        self,
        member: str,
        label: str,
        adds: str,
        fresh: Mapping[str, Any],
        items: Callable[[Place], Iterable[Item]],
        *,
        title: str = "{}",
        hint: str = "",
    ) -> Rows:
        """`items` makes what stands in a row; `title` names it by its number."""
        value, inner = self.members.get(member), self.within(member)
        given = [(place, row) for place, row in enumerate(as_list(value)) if isinstance(row, dict)]
        found: list[Row] = []
        for number, (place, row) in enumerate(given[:MOST_ROWS]):
            here = Place(row, (*inner.path, place), f"{inner.name}{place}.", self.around)
            found.append(Row(place, number, title.format(number + 1), tuple(items(here))))
        further = len(given) - len(found)
        return Rows(self.name + member, label, inner.path, value, found, adds, fresh, hint, further)


def every(items: Iterable[Item]) -> Iterator[Field]:
    """All fields of a form, those in rows and groups as well."""
    for item in items:
        if isinstance(item, Field):
            yield item
        elif isinstance(item, Group):
            yield from every(item.items)
        else:
            for row in item.rows:
                yield from every(row.items)


def every_rows(items: Iterable[Item]) -> Iterator[Rows]:
    for item in items:
        if isinstance(item, Group):
            yield from every_rows(item.items)
        elif isinstance(item, Rows):
            yield item
            for row in item.rows:
                yield from every_rows(row.items)
