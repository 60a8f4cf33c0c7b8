"""What keeps a draft from being saved, sentence by sentence, with the node that each is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forjinn.flows.canvas import kinds
from forjinn.flows.canvas.document import Document
from forjinn.flows.canvas.drawing import Card, Curve, Drawing, Problem

EDGE = re.compile(r"Edge (\d+) ")
LONGEST_NAMED = 60
# Nobody reads more, and for each one all nodes are looked through.
MOST_SAID = 100


def problems(sentences: Sequence[str], document: Document, drawn: Drawing) -> list[Problem]:
    """The sentences of `parsing.parse` and `needs.of`. An edge is named by its ends."""
    found = [_problem(sentence, document, drawn) for sentence in sentences[:MOST_SAID]]
    more = len(sentences) - MOST_SAID
    return [*found, Problem(f"And {more:,} problems more.")] if more > 0 else found


def _problem(sentence: str, document: Document, drawn: Drawing) -> Problem:
    edge = EDGE.match(sentence)
    if edge and int(edge[1]) <= len(drawn.curves):
        curve = drawn.curves[int(edge[1]) - 1]
        ends = f"The connection {_named(drawn, curve.source)} → {_named(drawn, curve.target)} "
        return Problem(sentence.replace(edge[0], ends, 1), _near(drawn, curve))
    return Problem(sentence, _said_of(sentence, drawn) or _asking_for(sentence, document))


def _named(drawn: Drawing, key: str) -> str:
    return drawn.by_id[key].label if key in drawn.by_id else key[:LONGEST_NAMED]


def _near(drawn: Drawing, curve: Curve) -> str | None:
    return next((key for key in (curve.source, curve.target) if key in drawn.by_id), None)


def _said_of(sentence: str, drawn: Drawing) -> str | None:
    """The card that says so itself, or the one whose name the sentence begins with."""

    def fits(card: Card) -> int:
        if sentence in (*card.problems, *card.missing):
            return len(sentence)
        return len(card.label) if sentence.startswith(f"{card.label}: ") else 0

    best = max(drawn.cards, key=fits, default=None)
    return best.id if best is not None and fits(best) else None


def _asking_for(sentence: str, document: Document) -> str | None:
    """The node that calls the model or the flow which the sentence names."""
    for key, node in document.nodes.items():
        made = kinds.made(node.value, key)
        wanted = (*made.models(), *(flow[:LONGEST_NAMED] for flow in made.flows()))
        if any(repr(one) in sentence for one in wanted):
            return key
    return None
