"""What an Agent's model may use."""

from __future__ import annotations

from collections.abc import Iterator

from forjinn.flows import masking
from forjinn.flows.canvas.fields.base import Item, Place, Rows
from forjinn.flows.canvas.fields.flows import chosen
from forjinn.flows.canvas.fields.http import GOES
from forjinn.flows.canvas.fields.reading import masked_headers, masked_json
from forjinn.flows.canvas.fields.texts import LINE, RICH, VALUE, VALUE_LINE
from forjinn.flows.canvas.fields.values import SWITCH, Choice, Option
from forjinn.flows.tools import TOOLS

TITLES: list[Option] = [
    ("chatflowTool", "Another flow"),
    ("ChatflowTool", "Another flow"),
    ("currentDateTime", "Current date and time"),
    ("calculator", "Calculator"),
    ("requestsGet", "HTTP GET request"),
    ("requestsPost", "HTTP POST request"),
    ("requestsPut", "HTTP PUT request"),
    ("requestsDelete", "HTTP DELETE request"),
]
FLOWS = ("ChatflowTool", "chatflowTool")
CHOSEN = "A JSON object: what the model may set"
CONFIG = "agentSelectedToolConfig"
FRESH = {"agentSelectedTool": "", CONFIG: {}, "agentSelectedToolRequiresHumanInput": False}


def rows(inputs: Place) -> Rows:
    return inputs.rows("agentTools", "Tools", "Add tool", FRESH, _tool, title="Tool {}")


def _tool(row: Place) -> Iterator[Item]:
    kind = row.text("agentSelectedTool")
    config = row.within(CONFIG)
    # The format's editor repeats the choice in the settings.
    also = ((*config.path, "agentSelectedTool"),) if "agentSelectedTool" in config.members else ()
    known = Choice(_options(kind), "Choose a tool", "not supported")
    yield row.field("agentSelectedTool", "Tool", known, also=also)
    if kind in FLOWS:
        yield from _flow(config)
    elif kind.startswith("requests") and kind in TOOLS:
        yield from _request(config, kind)
    if row.members.get("agentSelectedToolRequiresHumanInput") in (True, "true"):
        hint = "Forjinn cannot ask: the flow can only be deployed when this is off."
        yield row.field("agentSelectedToolRequiresHumanInput", "Ask a person before it is used", SWITCH, hint)


def _options(kind: str) -> list[Option]:
    """The flow tool has two names in the format: one of them is offered, that of the file if it has one."""
    other = FLOWS[0] if kind == FLOWS[1] else FLOWS[1]
    return [one for one in TITLES if one[0] != other]


def _flow(config: Place) -> Iterator[Item]:
    member = "selectedChatflow" if config.text("selectedChatflow") else "selectedAgentflow"
    if not config.text(member):
        member = "selectedChatflow"
    yield chosen(config, member)
    yield config.field("name", "Name", LINE, "What the model calls it.")
    yield config.field("description", "Description", RICH, "Tells the model when to use it.")
    yield config.field("useQuestionFromChat", "Ask it the person's own question", SWITCH)
    yield config.field(
        "customInput", "Always ask it", RICH, "Empty: the model says what to ask.", variables=True
    )
    yield config.field("startNewSession", "Begin a new session with each question", SWITCH)


def _request(config: Place, kind: str) -> Iterator[Item]:
    yield config.field(f"{kind}Url", "URL", VALUE_LINE, GOES, variables=True, masked=masking.url)
    yield config.field(f"{kind}Name", "Name", VALUE_LINE, "What the model calls it.")
    yield config.field(f"{kind}Description", "Description", VALUE, "Tells the model when to use it.")
    yield config.field(
        f"{kind}Headers", "Headers", VALUE, "A JSON object.", variables=True, masked=masked_headers
    )
    yield config.field(
        f"{kind}QueryParamsSchema",
        "Query parameters",
        VALUE,
        f"{CHOSEN} in the URL.",
    )
    if kind != "requestsGet" or config.members.get(f"{kind}Body") or config.members.get(f"{kind}BodySchema"):
        yield config.field(f"{kind}Body", "Body", VALUE, "A JSON object.", variables=True, masked=masked_json)
        yield config.field(
            f"{kind}BodySchema",
            "Members of the body",
            VALUE,
            f"{CHOSEN} in the body.",
        )
    yield config.field(f"{kind}MaxOutputLength", "Characters of the answer", VALUE_LINE, "2,000 unless told.")
