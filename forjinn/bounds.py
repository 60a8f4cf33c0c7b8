"""What is bounded. A bound is declared where it is enforced; docs/operating.md lists them all.

That table is made from these declarations and from the settings (`python -m forjinn.bounds`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from forjinn.settings import SETTINGS


@dataclass(frozen=True, order=True)
class Bound:
    """`most` of a thing are possible, in `unit`, such as "characters" or "seconds"."""

    what: str
    most: float
    unit: str


_declared: set[Bound] = set()


def bound(what: str, most: int, unit: str) -> int:
    """Declare a bound that no setting changes; returns `most`, so that a constant is declared as it is made.

    >>> LONGEST_ID = bound("`chatId` and `sessionId` of a call", 190, "characters")
    """
    _declared.add(Bound(what, most, unit))
    return most


def table() -> str:
    """The bounds of all modules that are loaded, as a Markdown table: first those with a setting."""
    rows = ["| what is bounded | by default | setting |", "|---|---|---|"]
    rows += [f"| {s.help} | {s.default} | `{s.name}` |" for s in SETTINGS if s.is_bound]
    rows += [f"| {b.what} | {b.most:,} {b.unit} | |" for b in sorted(_declared)]
    return "\n".join(rows)


if __name__ == "__main__":
    # Run as a program, this file is a second module; the declarations are in the first.
    from forjinn.bounds import table as declared_table

    sys.stdout.write(declared_table() + "\n")
