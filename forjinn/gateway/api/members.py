"""Which members of a body an upstream may be sent: checked for all that may answer, before any charge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from forjinn.gateway.api.answers import GatewayError
from forjinn.gateway.api.openai_members import OPENAI_MEMBERS
from forjinn.gateway.lookup import COLUMNS
from forjinn.gateway.models import LITELLM, LanguageModel
from forjinn.gateway.steering import chooses_place, is_common_word, steers

KIND = COLUMNS.index(LanguageModel.kind)
ALLOWED = COLUMNS.index(LanguageModel.allowed_members)
# LiteLLM reads values from its own environment, and calls its own tools, when a text begins so.
ENVIRONMENT = "os.environ/"
OWN_TOOLS = "litellm_proxy"


def check_members(endpoint: str, members: dict[str, Any], upstreams: Iterable[Sequence[Any]]) -> None:
    """`upstreams` are rows of `lookup.COLUMNS`. Raises GatewayError 400 that names the member."""
    for row in upstreams:
        allowed = frozenset(json.loads(row[ALLOWED]))
        _check_names(endpoint, members, allowed, is_litellm=row[KIND] == LITELLM)
        _check_metadata(members.get("metadata"), is_litellm=row[KIND] == LITELLM)
        if row[KIND] == LITELLM:
            _check_tools(members.get("tools"))


def _check_names(endpoint: str, members: Iterable[str], allowed: frozenset[str], *, is_litellm: bool) -> None:
    # Those of OpenAI steer nothing; most bodies have no others.
    further = [name for name in members if name not in OPENAI_MEMBERS[endpoint]]
    for name in further:
        if chooses_place(name) or (steers(name) and name not in allowed):
            raise forbidden(name)
    for name in further:
        if is_litellm and name not in allowed:
            raise GatewayError(
                400,
                "unknown_parameter",
                f"{shown_name(name)} is not a parameter of OpenAI's {endpoint}, and nobody has allowed it"
                " for this model.",
                param=name,
            )


def _check_metadata(metadata: Any, *, is_litellm: bool) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        # LiteLLM would take the object out of a text.
        raise GatewayError(400, "invalid_request", "metadata must be an object.", param="metadata")
    for name, value in _inner(metadata):
        if steers(name) and (is_litellm or not is_common_word(name)):
            raise forbidden(f"metadata.{name}")
        if is_litellm and (not isinstance(value, str) or value.startswith(ENVIRONMENT)):
            sentence = f"metadata.{shown_name(name)} must be a text, as OpenAI has it."
            raise GatewayError(400, "invalid_request", sentence, param=f"metadata.{name}")


def _inner(value: Any) -> Iterator[tuple[str, Any]]:
    """All members of an object, those of objects within it too."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _check_tools(tools: Any) -> None:
    for tool in tools if isinstance(tools, list) else ():
        url = tool.get("server_url") if isinstance(tool, dict) else None
        if isinstance(url, str) and url.strip().casefold().startswith(OWN_TOOLS):
            raise forbidden("tools.server_url")


def forbidden(name: str) -> GatewayError:
    sentence = f"{shown_name(name)} is not accepted: how and where a model is called is the gateway's choice."
    return GatewayError(400, "forbidden_parameter", sentence, param=name)


def shown_name(name: str) -> str:
    """A member's name as a sentence may hold it."""
    return name if name.isprintable() and len(name) <= 100 else "A member"
