"""Small changes of a long text, which can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Splice(NamedTuple):
    """At this place of the text before the change, `removed` stands, and `inserted` takes its place."""

    at: int
    removed: str
    inserted: str


def ordered(splices: Iterable[Splice]) -> list[Splice]:
    """By place. What is inserted at one place keeps its order."""
    return sorted((one for one in splices if one.removed != one.inserted), key=lambda one: one.at)


def applied(text: str, splices: Sequence[Splice]) -> str:
    """The text after the change. Raises ValueError when it is not the text that the change was made for."""
    parts: list[str] = []
    end = 0
    for at, removed, inserted in splices:
        if at < end or not text.startswith(removed, at):
            raise ValueError("the change was made for another text")
        parts += (text[end:at], inserted)
        end = at + len(removed)
    return "".join([*parts, text[end:]])


def inverse(splices: Sequence[Splice]) -> list[Splice]:
    """The change that takes this one back."""
    shift, made = 0, []
    for at, removed, inserted in splices:
        made.append(Splice(at + shift, inserted, removed))
        shift += len(inserted) - len(removed)
    return made
