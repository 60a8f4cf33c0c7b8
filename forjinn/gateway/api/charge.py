"""What one call costs: counted once, at its end, whichever way it ends."""

from __future__ import annotations

from flask import Response, current_app, g

from forjinn.callers import address
from forjinn.gateway import money
from forjinn.gateway.api.access import Caller
from forjinn.gateway.lookup import Upstream
from forjinn.gateway.usage import counts
from forjinn.gateway.usage.recorder import Called, Recorder


class Charge:
    """Begins with the call; `settle` ends it. `upstream` is the one that answers."""

    def __init__(self, caller: Caller, most: tuple[int, int]) -> None:
        self.upstream: Upstream | None = None
        self.headers: dict[str, str] = {}
        self._caller, self._at = caller, g.called_at
        self._address = address()
        self._recorder: Recorder = current_app.extensions["forjinn.gateway_usage"]
        g.charged = True

    def settle(self, tokens: counts.Tokens, failed: bool) -> None:
        prices = (self.upstream.input_price, self.upstream.output_price) if self.upstream else (0, 0)
        cost = money.cost(tokens.input, tokens.output, prices)
        name = self._caller.model or ""
        called = Called(
            self._caller.key_id, name, self._at, failed, tokens.input, tokens.output, cost, self._address
        )
        self._recorder.record(called)


def count_refused(response: Response) -> Response:
    """after_request: a call of a known key that came to no upstream, such as one of a deleted key."""
    caller: Caller | None = g.get("caller")
    if caller is not None and not g.get("charged"):
        recorder: Recorder = current_app.extensions["forjinn.gateway_usage"]
        failed = response.status_code >= 400
        recorder.record(Called(caller.key_id, caller.model or "", g.called_at, failed, 0, 0, 0, address()))
    return response
