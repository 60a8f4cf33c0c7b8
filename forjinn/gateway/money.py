"""Money, kept as whole millionths of a dollar, so that sums of many small costs stay exact."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from forjinn.errors import Refused

DOLLAR = 1_000_000
MOST = 1_000_000_000
# Of what is written, in characters.
LONGEST = 100


def parsed(text: str, field: str) -> int:
    """The millionths of what a person wrote, such as `2.50` or `$0.15`. Raises Refused with the field."""
    try:
        if len(text) > LONGEST:
            raise InvalidOperation
        amount = Decimal(text.strip().removeprefix("$").strip())
        # What is too small for a Decimal becomes nothing when it is multiplied.
        if not 0 <= amount <= MOST or (amount and amount * DOLLAR < 1):
            raise InvalidOperation
        millionths = amount * DOLLAR
        if millionths != int(millionths):
            raise InvalidOperation
    except (InvalidOperation, ValueError, OverflowError):
        raise Refused("Enter an amount of dollars such as 2.50, with at most six decimals.", field) from None
    return int(millionths)


def shown(millionths: int) -> str:
    """`$1.25`; small amounts with as many decimals as they need."""
    whole, part = divmod(millionths, DOLLAR)
    decimals = f"{part:06}".rstrip("0").ljust(2, "0")
    return f"${whole:,}.{decimals}"


def written(millionths: int) -> str:
    """As `parsed` reads it; nothing for nothing."""
    return shown(millionths).removeprefix("$").replace(",", "") if millionths else ""


def cost(input_tokens: int, output_tokens: int, prices: tuple[int, int]) -> int:
    """The millionths that so many tokens cost; prices are for a million tokens. Rounded up."""
    return -(-(input_tokens * prices[0] + output_tokens * prices[1]) // 1_000_000)
