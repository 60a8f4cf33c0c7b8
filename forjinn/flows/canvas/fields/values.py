"""How a value of the file is shown in a form, and how what was typed is stored again.

A kind shows what the node reads of the value. What it stores has the type that the file had.
Those of texts are in `texts`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from forjinn.flows.nodes.base import is_on, objects, text_of
from forjinn.flows.variables import written

Option = tuple[str, str]


class Kind(Protocol):
    """`look` names the control: line, text, number, switch, choice or clear."""

    look: str

    def shown(self, value: Any) -> str: ...

    def stored(self, text: str, before: Any) -> Any:
        """`before` is None for what is not there. Raises ValueError with a sentence."""
        ...


@dataclass(frozen=True)
class Number:
    whole: bool = False
    look = "number"

    def shown(self, value: Any) -> str:
        return "" if value is None else written(value)

    def stored(self, text: str, before: Any) -> Any:
        text = text.strip()
        if not text:
            return ""
        try:
            number = int(text) if self.whole or text.lstrip("+-").isdecimal() else float(text)
            if not math.isfinite(number):
                raise ValueError
        except (ValueError, OverflowError):
            raise ValueError(f"Enter a {'whole ' if self.whole else ''}number.") from None
        return text if isinstance(before, str) and before else number


@dataclass(frozen=True)
class Switch:
    """`default` is what the node takes it for when the file says nothing."""

    default: bool = False
    look = "switch"

    def shown(self, value: Any) -> str:
        on = value not in (False, "false") if self.default else is_on(value)
        return "on" if on else ""

    def stored(self, text: str, before: Any) -> Any:
        on = bool(text)
        return ("true" if on else "false") if before in ("true", "false") else on


@dataclass(frozen=True)
class Choice:
    """One of `options`. What the file says beside them stays one of them, marked as `otherwise`."""

    options: Sequence[Option]
    # What stands for "nothing is said".
    unset: str = "Not chosen"
    otherwise: str = "not known here"
    read: Callable[[str], str] = str
    write: Callable[[str], str] = str
    look = "choice"

    def shown(self, value: Any) -> str:
        return self.read(text_of(value))

    def stored(self, text: str, before: Any) -> Any:
        if text not in (value for value, _label in self.options):
            raise ValueError("Choose one of the options.")
        return self.write(text)

    def offered(self, value: str) -> list[Option]:
        """The options, with the value that the file has."""
        if value in (one for one, _label in self.options):
            return list(self.options)
        return [(value, f"{value} ({self.otherwise})" if value else self.unset), *self.options]


class Options:
    """Rows of one member each, edited as lines of one text."""

    look = "text"

    def shown(self, value: Any) -> str:
        return "\n".join(text_of(row.get("option")) for row in objects(value))

    def stored(self, text: str, before: Any) -> Any:
        rows = objects(before)
        lines = [line for line in text.split("\n") if line.strip()]
        made = [
            (rows[number] if number < len(rows) else {}) | {"option": line}
            for number, line in enumerate(lines)
        ]
        return json.dumps(made, ensure_ascii=False) if isinstance(before, str) and before else made


class Clear:
    """Something that Forjinn does not have: it can be taken out, and nothing else."""

    look = "clear"

    def shown(self, value: Any) -> str:
        return ""

    def stored(self, text: str, before: Any) -> Any:
        return ""


NUMBER, WHOLE, SWITCH, OPTIONS, CLEAR = Number(), Number(whole=True), Switch(), Options(), Clear()
