"""What a person writes for the terms of a key, in a form or on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from forjinn.errors import Refused
from forjinn.gateway import money
from forjinn.gateway.keys.service import Terms

MOST = 1_000_000_000
MOST_TOKENS = 10**15
# Zeros in front included. Python turns no text of thousands of them into a number.
MOST_DIGITS = 30


def read(
    *,
    models: Sequence[str] = (),
    requests_per_minute: str | None = None,
    tokens_per_minute: str | None = None,
    budget_tokens: str | None = None,
    budget_money: str | None = None,
    expires: str | None = None,
) -> Terms:
    """Nothing written means no limit. Raises Refused with the name of the field."""
    return Terms(
        models=tuple(models),
        requests_per_minute=_count(requests_per_minute, "requests_per_minute", MOST),
        tokens_per_minute=_count(tokens_per_minute, "tokens_per_minute", MOST),
        budget_tokens=_count(budget_tokens, "budget_tokens", MOST_TOKENS),
        budget_money=_amount(budget_money),
        expires_at=_day(expires),
    )


def _count(text: str | None, field: str, most: int) -> int | None:
    digits = (text or "").strip().replace(",", "").replace("_", "")
    if not digits:
        return None
    is_number = len(digits) <= MOST_DIGITS and digits.isascii() and digits.isdigit()
    if not is_number or not 1 <= int(digits) <= most:
        raise Refused(f"Enter a whole number between 1 and {most:,}, or nothing for no limit.", field)
    return int(digits)


def _amount(text: str | None) -> int | None:
    if not (text or "").strip():
        return None
    amount = money.parsed(text or "", "budget_money")
    if not amount:
        raise Refused("A budget of nothing would refuse every call. Leave it empty for none.", "budget_money")
    return amount


def _day(text: str | None) -> datetime | None:
    if not (text or "").strip():
        return None
    try:
        day = datetime.strptime((text or "").strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("Enter a day such as 2027-01-31.", "expires") from None
    if day <= datetime.now(UTC):
        raise Refused("This day is past or today; the key would never work.", "expires")
    return day
