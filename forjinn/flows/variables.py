"""`{{ question }}` and its like in a node's text, filled in one pass: a value is never read again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with every known variable replaced. An unknown one stays, so that its author finds it."""

    def value(match: re.Match[str]) -> str:
        found = _look_up(match[1].strip(), values)
        if found is None:
            return match[0]
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return VARIABLE.sub(value, text)


def _look_up(path: str, values: Mapping[str, object]) -> object:
    if path in values:
        return values[path]
    found: object = values
    for member in path.split("."):
        if not isinstance(found, Mapping) or member not in found:
            return None
        found = found[member]
    return found
