"""How new JSON is written into a text: as what stands around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forjinn.flows.canvas import spans
from forjinn.flows.canvas.spans import Span


@dataclass(frozen=True)
class Style:
    """`indent` is what one level is indented by; empty for a text on one line."""

    indent: str
    colon: str

    @classmethod
    def of(cls, text: str) -> Style:
        begin = spans.after_space(text, 0)
        first = spans.after_space(text, begin + 1)
        space = text[begin + 1 : first]
        colon = text.find(":", first)
        spaced = colon < 0 or text[colon + 1 : colon + 2] in (" ", "")
        return cls(space.rpartition("\n")[2] if "\n" in space else "", ": " if spaced else ":")

    @property
    def comma(self) -> str:
        return ", " if self.colon == ": " else ","

    def written(self, value: object, line: str = "") -> str:
        """`line` is the indentation of the line that it begins in."""
        if not self.indent or not isinstance(value, (dict, list)) or not value:
            separators = (self.comma, self.colon)
            return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)
        separators = (",", self.colon)
        made = json.dumps(
            value, ensure_ascii=False, allow_nan=False, indent=self.indent, separators=separators
        )
        # No line break stands inside a string: JSON writes it as \n.
        return made.replace("\n", "\n" + line)

    def following(self, text: str, items: Sequence[Span], values: Sequence[Mapping[str, Any] | str]) -> str:
        """These values after the last item of a list, with the white space that stands between items."""
        between = self._between(text, items)
        line = between.rpartition("\n")[2] if "\n" in between else indentation(text, items[-1].start)
        return "".join(f",{between}{self._as_text(value, line)}" for value in values)

    def _between(self, text: str, items: Sequence[Span]) -> str:
        last = items[-1].start
        begin = last
        while begin > 0 and text[begin - 1] in " \t\n\r":
            begin -= 1
        space = text[begin:last]
        return self.comma[1:] if len(items) == 1 and not space else space

    def filled(self, text: str, at: int, values: Sequence[Mapping[str, Any] | str]) -> str:
        """A list of these values, which begins at `at`."""
        line = indentation(text, at)
        if not self.indent:
            return "[" + self.comma.join(self._as_text(value, line) for value in values) + "]"
        inner = line + self.indent
        return "[" + ",".join(f"\n{inner}{self._as_text(value, inner)}" for value in values) + f"\n{line}]"

    def _as_text(self, value: Mapping[str, Any] | str, line: str) -> str:
        return value if isinstance(value, str) else self.written(value, line)


def indentation(text: str, at: int) -> str:
    """What the line of this place begins with."""
    begin = text.rfind("\n", 0, at) + 1
    return text[begin : spans.after_space(text, begin)] if begin else ""
