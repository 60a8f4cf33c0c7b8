"""What an application says of a request when it has seen only its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Where the environ holds a request's Head.
HEAD = "forjinn.head"


@dataclass(slots=True)
class Head:
    """Who sends a request, and how much may still come.

    The bridge calls the application without a body first when that is large, or when its sender has sent
    too much already. The application then either answers as always, which ends the request, or it calls
    `accept` and answers nothing that matters: the body is collected, and the application is called again
    with the same Head.
    """

    accepted: bool = False
    largest: int = 0
    payer: str | None = None
    known: Any = None

    def accept(self, largest: int, payer: str | None, known: Any = None) -> None:
        """Let at most `largest` bytes come.

        They count against `payer`, such as a key; None is a stranger. `known` is what the application wants
        to find here again when it is called with the body.
        """
        self.accepted, self.largest, self.payer, self.known = True, largest, payer, known
