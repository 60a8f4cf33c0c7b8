"""Texts of the file: how they are shown in a form, and how what was typed is stored again."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from forjinn.flows import richtext, strict_json
from forjinn.flows.nodes.base import text_of
from forjinn.flows.variables import written

# No part of a match looks past the next `<p`: a text of many takes no longer than another.
PARAGRAPH = re.compile(r"<p\b[^<>]*>(?:(?!<p\b).)*?</p>", re.DOTALL)


class Line:
    """Text of which the node reads every character."""

    look = "line"

    def shown(self, value: Any) -> str:
        return text_of(value)

    def stored(self, text: str, before: Any) -> Any:
        return text


class Rich:
    """A text with variables, which the flow editor keeps as HTML."""

    look = "text"

    def shown(self, value: Any) -> str:
        return richtext.plain(text_of(value))

    def stored(self, text: str, before: Any) -> Any:
        old = before if isinstance(before, str) and richtext.is_html(before) else ""
        # A text that begins as the editor's HTML does would be read as that.
        return as_html(text, old) if text and (old or richtext.is_html(text)) else text


class Long(Rich):
    """As `Rich`, but the node reads the text as it stands in the file."""

    def shown(self, value: Any) -> str:
        return "" if value is None else written(value)

    def stored(self, text: str, before: Any) -> Any:
        return text if before is None or isinstance(before, str) else _read(text)


class Value(Rich):
    """As `Rich`, but numbers, objects and lists count as well: they are shown as JSON."""

    look = "text"

    def shown(self, value: Any) -> str:
        return "" if value is None else richtext.plain(written(value))

    def stored(self, text: str, before: Any) -> Any:
        if before is not None and not isinstance(before, str):
            return _read(text)
        return super().stored(text, before)


class ValueLine(Value):
    look = "line"


class Object:
    """A JSON object that the file does not keep as text."""

    look = "text"

    def shown(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=2)

    def stored(self, text: str, before: Any) -> Any:
        try:
            found = strict_json.loads(text or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ValueError("Enter a JSON object.")
        return found


LINE, RICH, LONG, VALUE, VALUE_LINE, OBJECT = Line(), Rich(), Long(), Value(), ValueLine(), Object()


def as_html(text: str, before: str = "") -> str:
    """A paragraph a line, as the flow editor keeps a text. Lines that were there before keep their marks."""
    known = {richtext.plain(one): one for one in PARAGRAPH.findall(before)}
    lines = text.split("\n")
    return "".join(known.get(line) or f"<p>{html.escape(line, quote=False)}</p>" for line in lines)


def _read(text: str) -> Any:
    """A text in place of a number, an object or a list: JSON if it is that."""
    try:
        found = strict_json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, str) else found
