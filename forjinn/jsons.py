"""JSON as it is written for machines: short, and in a tenth of the time that Python's own takes."""

from __future__ import annotations

import json
from typing import Any

import orjson

_PATIENT = json.JSONEncoder(separators=(",", ":")).encode


def written(value: Any) -> str:
    """The value as JSON on one line."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # What it refuses and Python's own writes: whole numbers of more than 64 bits, halves of characters,
        # names that are numbers, and what is nested very deeply.
        return _PATIENT(value)
