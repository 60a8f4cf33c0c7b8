"""What one call may cost and does: held back at its start, charged once at its end, whichever way it ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request

from forjinn import ids
from forjinn.callers import address
from forjinn.gateway import money
from forjinn.gateway.api.access import Caller
from forjinn.gateway.api.answers import GatewayError, problem
from forjinn.gateway.api.body import Body
from forjinn.gateway.lookup import COLUMNS, Upstream
from forjinn.gateway.models import LanguageModel
from forjinn.gateway.quota import Quota
from forjinn.gateway.quota.budgets import Spent
from forjinn.gateway.quota.window import UNLIMITED, Limits, Window
from forjinn.gateway.usage import counts
from forjinn.gateway.usage.called import Called
from forjinn.gateway.usage.recorder import Recorder
from forjinn.gateway.usage.texts import Texts

# What nginx calls it when a client closes its connection.
CLIENT_LEFT = 499
INPUT_PRICE, OUTPUT_PRICE = (
    COLUMNS.index(column) for column in (LanguageModel.input_price, LanguageModel.output_price)
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: with an answer, the bytes of a stream, or an error."""

    status: int = 200
    code: str = ""
    answered: dict[str, Any] | bytes = b""

    @property
    def failed(self) -> bool:
        return self.status >= 400 and self.status != CLIENT_LEFT

    @classmethod
    def refused(cls, error: GatewayError) -> Ended:
        return cls(error.status, error.code, error.content())


class Charge:
    """Begins with the call; `settle` ends it. `upstream` is the one that answers.

    Raises GatewayError 429, DatabaseUnavailable.
    """

    def __init__(self, caller: Caller, endpoint: str, body: Body, *, makes_text: bool) -> None:
        self.upstream: Upstream | None = None
        # Of upstreams whose answers were lost on the way.
        self._lost, self._lost_cost = counts.Tokens(), 0
        self.records_texts = bool(caller.records_texts)
        self._endpoint, self._body, self._makes_text = endpoint, body, makes_text
        most = body.most_tokens(makes_text=makes_text)
        self._most_output = most[1]
        self._caller, self._at, self._address = caller, g.called_at, address()
        self._key_id = ids.of(caller.key_id)
        self._recorder: Recorder = current_app.extensions["forjinn.gateway_usage"]
        self._quota: Quota = current_app.extensions["forjinn.gateway_quota"]
        self._limits = Limits(caller.requests_per_minute or UNLIMITED, caller.tokens_per_minute or UNLIMITED)
        self._expected = body.input_tokens
        self._window = self._enter()
        self._reservation = self._reserve_or_give_back(most)
        # From here on the call counts through `settle`.
        g.charged = True

    @property
    def headers(self) -> dict[str, str]:
        return self._window.headers(self._limits) if self._window else {}

    def lose(self, upstream: Upstream, received: int) -> None:
        """An upstream worked, though its answer, of which so many bytes had come, is of no use."""
        made = min(counts.of_bytes(received), self._most_output)
        tokens = counts.Tokens(self._body.input_tokens, made)
        self._lost += tokens
        self._lost_cost += _cost(tokens, upstream)

    def estimated(self, generated: int) -> counts.Tokens:
        """Of an answer of so many bytes of text that nobody counted."""
        return counts.Tokens(self._body.input_tokens, counts.of_bytes(generated) if self._makes_text else 0)

    def settle(self, tokens: counts.Tokens, ended: Ended) -> None:
        cost = self._lost_cost + (_cost(tokens, self.upstream) if self.upstream else 0)
        tokens += self._lost
        if self._reservation is not None:
            self._quota.budgets.charge(Spent(self._reservation, self._key_id, tokens.total, cost))
        self._count_in_minute(tokens.total - self._expected)
        self._recorder.record(
            Called(
                self._caller.key_id,
                self._caller.model or "",
                self._at,
                ended.failed,
                tokens.input,
                tokens.output,
                cost,
                self._address,
                self._endpoint,
                ended.status,
                ended.code,
                _milliseconds_since(self._at),
                self._texts(ended.answered) if self.records_texts else None,
            )
        )

    def _texts(self, answered: dict[str, Any] | bytes) -> Texts:
        credential = self.upstream.credential if self.upstream else None
        # A whole answer was parsed already; as long as what was asked is near enough.
        size = len(self._body.text) + (len(answered) if isinstance(answered, bytes) else 0)
        return Texts(self._body.members, answered, size, credential)

    def _enter(self) -> Window | None:
        if self._limits == Limits(UNLIMITED, UNLIMITED):
            return None
        window = self._quota.minutes.take(self._key_id, self._limits, self._expected)
        if not window.admitted:
            raise window.refusal(self._limits)
        return window

    def _count_in_minute(self, more: int) -> None:
        """Beyond what was expected of the call; below zero it is given back."""
        if self._window is not None and more:
            self._quota.minutes.add(self._key_id, self._limits, self._window, more)

    def _reserve_or_give_back(self, most: tuple[int, int]) -> UUID | None:
        try:
            return self._reserve(most)
        except BaseException:
            self._count_in_minute(-self._expected)
            raise

    def _reserve(self, most: tuple[int, int]) -> UUID | None:
        budget = (self._caller.budget_tokens, self._caller.budget_money)
        if budget == (None, None):
            return None
        dearest = (_dearest(self._caller, INPUT_PRICE), _dearest(self._caller, OUTPUT_PRICE))
        return self._quota.budgets.reserve(self._key_id, budget, (sum(most), money.cost(*most, dearest)))


def _cost(tokens: counts.Tokens, upstream: Upstream) -> int:
    return money.cost(tokens.input, tokens.output, (upstream.input_price, upstream.output_price))


def _dearest(caller: Caller, price: int) -> int:
    """The highest price of an upstream that may answer."""
    prices: list[Any] = [row[price] for row in caller.upstreams]
    return int(max(prices, default=0))


def count_refused(response: Response) -> Response:
    """after_request: a call of a known key that came to no upstream, such as one of a deleted key."""
    caller: Caller | None = g.get("caller")
    if caller is not None and not g.get("charged"):
        recorder: Recorder = current_app.extensions["forjinn.gateway_usage"]
        status = response.status_code
        endpoint = request.path.rpartition("/v1/")[2] if request.method == "POST" else "models"
        recorder.record(
            Called(
                caller.key_id,
                caller.model or "",
                g.called_at,
                status >= 400,
                0,
                0,
                0,
                address(),
                endpoint,
                status,
                g.get("refusal", ""),
                _milliseconds_since(g.called_at),
            )
        )
    return response


def refused(error: GatewayError) -> Response:
    """The answer; why is counted with it."""
    g.refusal = error.code
    return problem(error)


def _milliseconds_since(at: float) -> int:
    return max(0, round((time.time() - at) * 1000))
