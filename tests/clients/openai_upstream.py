"""Models behind the gateway of the server that the client tests share, and a key that calls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forjinn.gateway import service as models
from forjinn.gateway.keys import service as keys
from forjinn.gateway.keys.service import Terms
from tests.providers import Provider, completion
from tests.served import Served
from tests.streaming import StreamingProvider

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


@dataclass(frozen=True)
class Behind:
    """`provider` answers for the models `chat` and `org/model`, `streaming` for `stream`."""

    url: str
    key: str
    provider: Provider
    streaming: StreamingProvider


@contextmanager
def behind(served: Served, label: str) -> Iterator[Behind]:
    with Provider() as provider, StreamingProvider() as streaming, served.app.app_context():
        addresses = {"chat": provider.url, "org/model": provider.url, "stream": streaming.url}
        added = [
            models.add(served.workspace, name, base_url=url, upstream="upstream-7b")
            for name, url in addresses.items()
        ]
        key = keys.issue(served.workspace, label, Terms(), by=None)[1]
        yield Behind(f"{served.server.url}/gateway/production/default/v1", key, provider, streaming)
        for model in added:
            models.remove(served.workspace, model)


def answered(message: dict[str, object]) -> dict[str, object]:
    """A whole answer, as OpenAI's clients check it."""
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return completion("") | {"id": "1", "object": "chat.completion", "choices": [choice], "usage": USAGE}
