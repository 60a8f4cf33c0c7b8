"""What stands in a node, and what a browser makes of it."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from forjinn.flows import masking, strict_json
from forjinn.flows.variables import written


def as_list(value: object) -> list[Any]:
    """A list of the editor, which some versions of it store as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with suppress(ValueError):
            value = strict_json.loads(value)
    return value if isinstance(value, list) else []


def as_sent(text: str) -> str:
    """A text as a browser gives it back: with its own line ends, and without NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def digest(text: str) -> str:
    """Tells whether a field still says what it said when it was shown."""
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def masked_json(text: str) -> str:
    """Without what goes by a secret's name; nothing of a text that cannot be read."""
    try:
        found = strict_json.loads(text)
    except ValueError:
        return masking.MASK if text else ""
    return json.dumps(masking.value(found), ensure_ascii=False) if isinstance(found, (dict, list)) else text


def masked_headers(text: str) -> str:
    """Headers as a JSON object, with what only says how to talk."""
    try:
        found = strict_json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return masking.MASK if text else ""
    shown = {name: masking.header(name, written(value)) for name, value in found.items()}
    return json.dumps(shown, ensure_ascii=False)
