"""Which tokens a stored digest may stand for.

A digest can be imported, and somebody may have made it of anything: of a word that can be guessed, or of
another kind of key. So each key says what shape its token has, and no other token is taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from forjinn.apikeys import token

FORJINN, FLOWISE, GENERATED, PLAIN = "forjinn", "flowise", "generated", "plain"

SHORTEST = 32
LONGEST = 512
# 32 random bytes as Flowise writes them, in base64 for URLs; and as its older versions did, in plain base64.
FLOWISE_TOKEN = re.compile(r"[0-9A-Za-z_-]{43}|[0-9A-Za-z+/]{43}=")


def is_forjinn(secret: str) -> bool:
    return token.SHAPE.fullmatch(secret) is not None and token.has_right_checksum(secret)


def is_flowise(secret: str) -> bool:
    return FLOWISE_TOKEN.fullmatch(secret) is not None


def is_generated(secret: str) -> bool:
    return is_forjinn(secret) or is_flowise(secret)


def is_plain(secret: str) -> bool:
    """Whether an import would take it as a key; what kind of characters it holds, the header has shown."""
    return SHORTEST <= len(secret) <= LONGEST


# FORJINN: our own. FLOWISE: Flowise's. GENERATED: one of these two, when a file does not say which.
# PLAIN: any other that was imported in the clear, and the keys from before shapes were kept.
SHAPES: dict[str, Callable[[str], bool]] = {
    FORJINN: is_forjinn,
    FLOWISE: is_flowise,
    GENERATED: is_generated,
    PLAIN: is_plain,
}


def fits(secret: str, shape: str) -> bool:
    """Whether a presented token can be that of a key of this shape. A gateway key never can."""
    return not secret.startswith(token.GATEWAY_PREFIX) and SHAPES[shape](secret)


def shape_of(secret: str) -> str:
    """The narrowest shape of a token that is known."""
    return next(shape for shape in (FORJINN, FLOWISE, PLAIN) if shape == PLAIN or SHAPES[shape](secret))
