"""Tries a model's upstream with one small request."""

from __future__ import annotations

import time

from forjinn.gateway import providers
from forjinn.gateway.completions import Request
from forjinn.gateway.lookup import upstream_of
from forjinn.gateway.models import LanguageModel

QUESTION = "Say OK."


def of(upstream: LanguageModel) -> int:
    """How many milliseconds it took to answer. Raises ProviderError, ModelStopped, CredentialUnreadable."""
    row = (upstream.kind, upstream.base_url, upstream.upstream, upstream.credential, 0, 0)
    target = upstream_of(upstream.name, row)
    start = time.perf_counter()
    providers.complete(target, Request([{"role": "user", "content": QUESTION}], {"max_tokens": 16}))
    return round((time.perf_counter() - start) * 1000)
