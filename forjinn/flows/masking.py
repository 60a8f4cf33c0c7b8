"""What is shown of a call, or of a flow, to somebody who may not read its credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from forjinn.flows import strict_json
from forjinn.flows.variables import VARIABLE

MASK = "…"
SECRET = re.compile(
    r"(?i)authorization|auth$|bearer|cookie|session|jwt|token|key|secret|passw|pwd|credential|signature"
    r"|^(?:sig|pin|otp|sid|appid|app_id)$"
)
# Headers that say how to talk. Any other may hold a credential, whatever its name is.
OPEN_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "date",
        "from",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "origin",
        "pragma",
        "prefer",
        "range",
        "referer",
        "user-agent",
        "x-requested-with",
    }
)
USER = re.compile(r"(?<=//)[^/?#\s]*@")
# With whatever it holds up to the next one: nothing is looked at twice, be it thousands of question marks.
PARAMETER = re.compile(r"(?<=[?&#])[^&#\s]+")
# Some servers take a semicolon for an ampersand.
FURTHER = re.compile(r"(?<=;)[^=&#;\s]*=[^&#\s]*")
SEGMENT = re.compile(r"(?<=/)[^/?#\s]+")
ADDRESS = re.compile(r"(?i)https?://\S+")
SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
# One word with letters and digits, or of letters in an order that no language has.
RANDOM = re.compile(
    r"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])[A-Za-z0-9_.~+=:%-]{16,}"
    r"|(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z_-]{24,}"
)
# Shorter ones are found in any text.
SHORTEST_SECRET = 6


def is_secret(name: str) -> bool:
    """Whether what goes by this name looks like a credential."""
    return SECRET.search(name) is not None


def looks_random(text: str) -> bool:
    """Whether a text looks like a credential, whatever it goes by."""
    return RANDOM.fullmatch(text.strip()) is not None or SCHEME.search(text) is not None


def is_open_header(name: str) -> bool:
    """Whether a header of this name holds no credential."""
    return name.strip().lower() in OPEN_HEADERS


def header(name: str, text: str) -> str:
    """What a header's value shows: variables, and what a header that only says how to talk says."""
    return text if is_open_header(name) or not VARIABLE.sub("", text).strip() else MASK


def parameter(name: str, text: str) -> str:
    """What a member of a query or of a form shows."""
    return MASK if text and (is_secret(name) or looks_random(text)) else text


def pairs(given: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": parameter(key, value)} for key, value in given]


def headers(given: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": header(key, value)} for key, value in given]


def url(text: str) -> str:
    text = FURTHER.sub(_hidden, PARAMETER.sub(_hidden, USER.sub(f"{MASK}@", text)))
    path, mark, rest = _split(text)
    return SEGMENT.sub(_segment, path) + mark + rest


def _hidden(match: re.Match[str]) -> str:
    name, equals, given = match[0].partition("=")
    return name + equals + parameter(unquote(name), given)


def _split(text: str) -> tuple[str, str, str]:
    """A URL before its query or fragment, the mark between, and what follows."""
    match = re.search(r"[?#]", text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _segment(match: re.Match[str]) -> str:
    # The host stands behind a slash as well.
    is_host = match.string.endswith("//", 0, match.start())
    return match[0] if is_host or not looks_random(unquote(match[0])) else MASK


def prose(text: str) -> str:
    """A text for people or for a model, without the credentials of addresses that stand in it."""
    text = SCHEME.sub(rf"\1 {MASK}", text)
    return ADDRESS.sub(lambda match: url(match[0]), text)


def value(given: Any) -> Any:
    """JSON, without what goes by a name such as `password`, and without texts that look like a credential."""
    if isinstance(given, list):
        return [value(item) for item in given]
    if isinstance(given, str):
        return _text(given)
    if not isinstance(given, dict):
        return given
    named = given.get("key", given.get("name"))
    hides = isinstance(named, str) and is_secret(named)
    return {
        name: whole(item) if (hides and name == "value") or _hides(name, item) else value(item)
        for name, item in given.items()
    }


def _hides(name: str, item: object) -> bool:
    # The `key` of a row is a name, and the number of tokens that a model may say is no token.
    return (
        name != "key" and is_secret(name) and not (isinstance(item, (int, float)) and "token" in name.lower())
    )


def _text(text: str) -> str:
    """A text within JSON, which may be JSON itself."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(value(strict_json.loads(text)), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return MASK if looks_random(text) else prose(text)


def hidden_in(given: Any) -> Iterator[str]:
    """The texts and numbers of JSON that `value` hides."""
    yield from _differing(given, value(given))


def _differing(given: Any, masked: Any) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(masked, dict):
        for name, item in given.items():
            yield from _differing(item, masked[name])
    elif isinstance(given, list) and isinstance(masked, list):
        for item, other in zip(given, masked, strict=True):
            yield from _differing(item, other)
    elif given != masked:
        yield str(given)


def whole(given: Any) -> Any:
    """JSON of the same shape, all of which is hidden."""
    if isinstance(given, list):
        return [whole(item) for item in given]
    if isinstance(given, dict):
        return {name: whole(item) for name, item in given.items()}
    return given if given is None or isinstance(given, bool) or given == "" else MASK


def secrets(*given: Sequence[tuple[str, str]]) -> list[str]:
    """The values that go by a secret's name, and what follows a scheme such as Bearer."""
    return parts(value for one in given for key, value in one if is_secret(key))


def parts(values: Iterable[str]) -> list[str]:
    """The values, and what follows a scheme such as Bearer; the longest first."""
    found = {part for value in values for part in (value, value.partition(" ")[2])}
    return sorted((part for part in found if len(part) >= SHORTEST_SECRET), key=len, reverse=True)


def without(text: str, known: Iterable[str]) -> str:
    """The text, without the credentials that the other side may have repeated."""
    for secret in known:
        text = text.replace(secret, MASK)
    return text
