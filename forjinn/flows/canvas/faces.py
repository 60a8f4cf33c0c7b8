"""What a card says of its node: at most two lines of what matters of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forjinn.flows import masking, richtext
from forjinn.flows.canvas import kinds
from forjinn.flows.nodes.base import objects, shown, text_of
from forjinn.flows.nodes.model import NAMES

# Of a text, before its marks are taken off.
LONGEST_READ = 2000
LONGEST_LINE = 90
SIGNS = {
    "contains": "contains",
    "notContains": "does not contain",
    "startsWith": "starts with",
    "endsWith": "ends with",
    "equal": "=",
    "notEqual": "≠",
    "regex": "matches",
    "isEmpty": "is empty",
    "notEmpty": "is not empty",
    "smaller": "<",
    "smallerEqual": "≤",
    "larger": ">",
    "largerEqual": "≥",
}
TITLES = {
    "stickyNoteAgentflow": "Note",
    "humanInputAgentflow": "Human Input",
    "customFunctionAgentflow": "Custom Function",
    "toolAgentflow": "Tool",
    "retrieverAgentflow": "Retriever",
}


def first_line(value: object) -> str:
    """The first line of a text of the editor, without its marks, and short."""
    if not isinstance(value, str):
        return ""
    plain = richtext.plain(value[:LONGEST_READ]).strip()
    line = shown(plain.partition("\n")[0].strip())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def lines(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of a node, without those that would be empty."""
    make = LINES.get(kinds.name_of(raw))
    found = make(kinds.inputs_of(raw)) if make else ()
    return tuple(line for line in found if line)[:2]


def condition(row: Mapping[str, Any]) -> str:
    """A condition in words."""
    operation = text_of(row.get("operation"))
    parts = [first_line(_text(row.get("value1"))), SIGNS.get(operation, operation)]
    if operation not in ("isEmpty", "notEmpty"):
        parts.append(first_line(_text(row.get("value2"))))
    return " ".join(part for part in parts if part)


def scenario(row: Mapping[str, Any]) -> str:
    return first_line(row.get("scenario"))


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _asking(prefix: str) -> Any:
    def made(inputs: Mapping[str, Any]) -> tuple[str, ...]:
        config = inputs.get(f"{prefix}ModelConfig")
        named = [text_of(config.get(name)).strip() for name in NAMES] if isinstance(config, dict) else []
        model = next(filter(None, named), text_of(inputs.get(f"{prefix}Model")).strip())
        texts = [message.get("content") for message in objects(inputs.get(f"{prefix}Messages"))]
        texts += [inputs.get(f"{prefix}UserMessage"), inputs.get(f"{prefix}Instructions")]
        return shown(model), next(filter(None, map(first_line, texts)), "")

    return made


def _http(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    # Who may only look sees no credential, and nobody misses it here.
    url = first_line(masking.url(richtext.plain(text_of(inputs.get("url"))[:LONGEST_READ])))
    return (f"{shown(text_of(inputs.get('method')).upper() or 'GET')} {url}",)


def _condition(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    rows = objects(inputs.get("conditions"))
    return (condition(rows[0]) if rows else "",)


def _start(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    form = inputs.get("startInputType") == "formInput"
    return ("Form" if form else "Chat", first_line(inputs.get("formTitle")) if form else "")


def _loop(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    rounds = inputs.get("maxLoopCount")
    back = first_line(inputs.get("loopBackToNode"))
    return (
        f"Back to {back}" if back else "",
        f"At most {first_line(_text(rounds))} rounds" if rounds else "",
    )


def _one(name: str) -> Any:
    return lambda inputs: (first_line(inputs.get(name)),)


LINES: dict[str, Any] = {
    "startAgentflow": _start,
    "llmAgentflow": _asking("llm"),
    "agentAgentflow": _asking("agent"),
    "conditionAgentAgentflow": _asking("conditionAgent"),
    "conditionAgentflow": _condition,
    "httpAgentflow": _http,
    "loopAgentflow": _loop,
    "iterationAgentflow": _one("iterationInput"),
    "executeFlowAgentflow": _one("executeFlowInput"),
    "directReplyAgentflow": _one("directReplyMessage"),
    "stickyNoteAgentflow": _one("note"),
}
