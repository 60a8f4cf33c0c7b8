"""Tries a model's upstream with one small request, and asks an endpoint what it offers."""

from __future__ import annotations

import time

from forjinn.gateway import providers
from forjinn.gateway.addresses import checked_address, header_value
from forjinn.gateway.completions import Request
from forjinn.gateway.lookup import Upstream, upstream_of
from forjinn.gateway.models import OPENAI, LanguageModel

QUESTION = "Say OK."


def of(upstream: LanguageModel) -> int:
    """How many milliseconds it took to answer. Raises ProviderError, ModelStopped, CredentialUnreadable."""
    row = (upstream.kind, upstream.base_url, upstream.upstream, upstream.credential, 0, 0, "[]")
    target = upstream_of(upstream.name, row)
    start = time.perf_counter()
    providers.complete(target, Request([{"role": "user", "content": QUESTION}], {"max_tokens": 16}))
    return round((time.perf_counter() - start) * 1000)


def listed(base_url: str, credential: str) -> list[str]:
    """The ids of the models that an endpoint lists. Raises Refused, ProviderError."""
    address, key = checked_address(base_url), header_value(credential)
    return providers.listed(Upstream("of this endpoint", OPENAI, address, "", key or None))
