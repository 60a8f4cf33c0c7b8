from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from forjinn.flows import masking, richtext
from forjinn.flows.canvas.fields.base import Item, Place, Rows
from forjinn.flows.canvas.fields.reading import masked_json
from forjinn.flows.canvas.fields.texts import VALUE, VALUE_LINE
from forjinn.flows.canvas.fields.values import CLEAR, NUMBER, Choice, Option
from forjinn.flows.nodes.base import text_of
from forjinn.flows.nodes.http import FORMS, METHODS, TEXTS

BODIES: list[Option] = [
    ("json", "JSON"),
    ("raw", "Text"),
    ("formData", "Form data (multipart)"),
    ("xWwwFormUrlencoded", "Form (URL-encoded)"),
]
RESPONSES: list[Option] = [
    ("json", "JSON"),
    ("text", "Text"),
    ("arraybuffer", "Binary, as Base64"),
    ("base64", "Base64"),
]
CREDENTIALS = "Forjinn does not have them: put it into a header."
GOES = (
    "Credentials and secret variables are sent only to the address written here, itself or as a variable of "
    "the workspace. To an address that a call brings along, the rest is sent without them."
)
PAIR = {"key": "", "value": ""}


def http(inputs: Place) -> Iterator[Item]:
    methods = Choice([(one, one) for one in METHODS], "GET", read=str.upper)
    yield inputs.field("method", "Method", methods)
    yield inputs.field("url", "URL", VALUE_LINE, GOES, variables=True, masked=masking.url)
    yield _pairs(inputs, "headers", "Headers", "Add header", "Header {}", masking.header)
    yield _pairs(inputs, "queryParams", "Query parameters", "Add parameter", "Parameter {}")
    kind = inputs.text("bodyType")
    hint = "Not sent with GET." if inputs.text("method").upper() in ("", "GET") else ""
    yield inputs.field("bodyType", "Body", Choice([("", "None"), *BODIES]), hint)
    if kind in TEXTS:
        masked = masked_json if kind == "json" else _hidden
        yield inputs.field("body", "Text of the body", VALUE, variables=True, masked=masked)
    elif kind in FORMS:
        yield _pairs(inputs, "body", "Members of the body", "Add member", "Member {}")
    yield inputs.field("responseType", "The answer is read as", Choice(RESPONSES, "JSON"))
    yield inputs.field("timeout", "Time-out in seconds", NUMBER, "Empty: as long as the flow may run.")
    for member in ("credential", "FLOWISE_CREDENTIAL_ID"):
        if inputs.members.get(member):
            yield inputs.field(member, "Take out the credential", CLEAR, CREDENTIALS)


def _pairs(
    inputs: Place,
    member: str,
    label: str,
    adds: str,
    title: str,
    masked: Callable[[str, str], str] = masking.parameter,
) -> Rows:
    def pair(row: Place) -> Iterator[Item]:
        key = richtext.plain(text_of(row.members.get("key")))
        yield row.field("key", "Name", VALUE_LINE, variables=True)
        yield row.field("value", "Value", VALUE_LINE, variables=True, masked=partial(masked, key))

    return inputs.rows(member, label, adds, PAIR, pair, title=title)


def _hidden(text: str) -> str:
    return masking.MASK if text else ""
