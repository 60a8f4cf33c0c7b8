"""Reads a file of keys, whatever wrote it, and says everything that is wrong with it at once.

Three shapes, found out by content: our own export, Flowise's `api.json` and key listing
(`keyName`, `apiKey`), and a plain array of `{"name", "key"}`.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from forjinn import names
from forjinn.apikeys.transfer.entries import Entry, Problem, from_digest, from_secret
from forjinn.errors import DomainError

FORMAT = "forjinn-apikeys"
VERSION = 1
MOST_ENTRIES = 100_000
MOST_PROBLEMS = 1_000
MOST_DIGITS = 400
SHOWN_NAME = 60
# Stands in an object for a member that it names twice; no JSON member can be called this.
TWICE = object()


class FileRefused(DomainError):
    """The file cannot be imported in any mode. `problems` lists why, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems[:20]))


class KeyFile(NamedTuple):
    """`repeated` says which entries stand twice, with the same name and value; they count once."""

    entries: list[Entry]
    repeated: list[str]
    sha256: str


def read(raw: bytes) -> KeyFile:
    """Raises FileRefused."""
    sha256, text = hashlib.sha256(raw).hexdigest(), _decode(raw)
    # A large file is held only once: what has been read is let go at once.
    del raw
    document = _parse(text)
    del text
    entries, problems = _entries(*_keys_of(document))
    del document
    entries, repeated, clashes = _without_repeated(entries)
    problems += clashes
    if problems:
        raise FileRefused(problems[:MOST_PROBLEMS])
    return KeyFile(entries, repeated, sha256)


def _decode(raw: bytes) -> str:
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(["The file is not text in UTF-8, or in UTF-16 with a byte order mark."]) from error
    if not text.strip():
        raise FileRefused(["The file is empty."])
    return text


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        sentence = f"The file is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise FileRefused([sentence]) from None
    except RecursionError:
        raise FileRefused(["The file is not a list of keys: it is nested too deeply."]) from None
    except Problem as problem:
        raise FileRefused([f"The file is not JSON: {problem}."]) from None


def _object(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        made[TWICE] = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return made


def _constant(text: str) -> None:
    raise Problem(f"{text} is not a value of JSON")


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise Problem(f"a number has {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text) if len(text) <= MOST_DIGITS else math.inf
    if math.isinf(number):
        raise Problem("a number is too large")
    return number


def _keys_of(document: Any) -> tuple[list[Any], bool]:
    """The list of keys, and whether it is our own export."""
    if isinstance(document, dict) and document.get("format") == FORMAT:
        if TWICE in document:
            raise FileRefused([f"The file names {document[TWICE]!r} twice."])
        if document.get("version") != VERSION or isinstance(document["version"], bool):
            raise FileRefused(["The file is an export of a newer Forjinn; this one reads version 1."])
        keys, ours = document.get("keys"), True
    else:
        keys, ours = document, False
    if not isinstance(keys, list):
        raise FileRefused(["The file is not an array of keys."])
    if len(keys) > MOST_ENTRIES:
        raise FileRefused([f"The file has {len(keys):,} entries; at most {MOST_ENTRIES:,} are possible."])
    return keys, ours


def _entries(keys: list[Any], ours: bool) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    problems: list[str] = []
    for position, raw in enumerate(keys, 1):
        try:
            entries.append(_entry(position, raw, ours))
        except Problem as problem:
            problems.append(f"{_place(position, raw)}: {problem}.")
        keys[position - 1] = None
    return entries, problems


def _entry(position: int, raw: Any, ours: bool) -> Entry:
    if not isinstance(raw, dict):
        raise Problem("this is not an object")
    if TWICE in raw:
        raise Problem(f"the member {str(raw[TWICE])[:SHOWN_NAME]!r} stands twice")
    if ours:
        return from_digest(position, raw)
    if "keyName" in raw or "apiKey" in raw:
        return from_secret(position, raw, "keyName", "apiKey")
    return from_secret(position, raw, "name", "key")


def _place(position: int, raw: Any) -> str:
    """`entry 6, "CI"`: where a problem is. A name is shown; a value that may be a key never is."""
    name = None
    if isinstance(raw, dict):
        name = raw.get("keyName") if "keyName" in raw else raw.get("name")
    if not isinstance(name, str):
        return f"entry {position}"
    return f'entry {position}, "{names.harmless(name.strip()[:SHOWN_NAME])}"'


def _without_repeated(entries: Iterable[Entry]) -> tuple[list[Entry], list[str], list[str]]:
    """Each key once; which stood twice; and names or values that contradict each other."""
    by_name: dict[str, Entry] = {}
    by_digest: dict[bytes, Entry] = {}
    repeated: list[str] = []
    clashes: list[str] = []
    for entry in entries:
        named, valued = by_name.get(entry.name_key), by_digest.get(entry.digest)
        place = f'entry {entry.position}, "{entry.name[:SHOWN_NAME]}"'
        if named is not None and valued is named:
            repeated.append(f"{place}: the same as entry {named.position}; it counts once.")
        elif named is not None:
            clashes.append(f"{place}: entry {named.position} has this name with another key.")
        elif valued is not None:
            clashes.append(f"{place}: entry {valued.position} has this key under another name.")
        else:
            by_name[entry.name_key] = by_digest[entry.digest] = entry
    return list(by_name.values()), repeated, clashes
