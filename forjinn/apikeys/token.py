"""The shape of a key: `fj_`, 32 random base62 characters (190 bits), 6 of checksum.

The checksum is CRC-32 over what precedes. It protects nothing; it lets us tell somebody that a key
was cut off, and lets a secret scanner tell a key from noise.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = "fj_"
GATEWAY_PREFIX = "fjgw_"
RANDOM = 32
CHECKSUM = 6
SHAPE = re.compile(r"fj_[0-9A-Za-z]{38}")
GATEWAY_SHAPE = re.compile(r"fjgw_[0-9A-Za-z]{38}")


def new(prefix: str = PREFIX) -> str:
    """A new secret, from the system's CSPRNG."""
    body = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + checksum(body)


def checksum(body: str) -> str:
    number, out = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM):
        number, digit = divmod(number, len(ALPHABET))
        out = ALPHABET[digit] + out
    return out


def has_right_checksum(token: str) -> bool:
    return checksum(token[:-CHECKSUM]) == token[-CHECKSUM:]


def is_gateway_key(token: str) -> bool:
    """Whether it has the shape and the checksum of a gateway key."""
    return GATEWAY_SHAPE.fullmatch(token) is not None and has_right_checksum(token)


def digest(token: str) -> bytes:
    """What is stored: 32 bytes. The secret has 190 bits, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).digest()


def hint(token: str) -> str:
    """What is shown of a key once its secret is gone."""
    return f"{token[:7]}…{token[-4:]}"
