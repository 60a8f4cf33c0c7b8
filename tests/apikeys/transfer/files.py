"""Files of keys as others write them. Every key here was made for these tests."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any


def value(word: str) -> str:
    """A key as Flowise makes them: the same for the same word, and nobody else's."""
    return base64.urlsafe_b64encode(hashlib.sha256(word.encode()).digest()).decode().rstrip("=")


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def plain(**keys: str) -> list[dict[str, Any]]:
    """A plain array: `plain(CI="one")` has a key named CI with the value of “one”."""
    return [{"name": name, "key": value(word)} for name, word in keys.items()]


def numbered(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"name": f"key {n:05}", "key": value(str(n))} for n in range(first, first + count)]


def flowise(name: str, key: str, **members: Any) -> dict[str, Any]:
    """An entry of `api.json`."""
    return {
        "keyName": name,
        "apiKey": key,
        "apiSecret": digest("salt" + key) * 2 + ".d6703c9b3650639e",
        "createdAt": "26-Jul-24",
        "id": digest("id" + key)[:32],
        **members,
    }


def listed(name: str, key: str) -> dict[str, Any]:
    """An entry of the key listing, which says no `createdAt`."""
    entry = flowise(name, key, updatedDate="2026-01-05T10:00:00.000Z", permissions=["apikeys:delete"])
    del entry["createdAt"]
    return entry | {
        "id": "17fa8fc8-c1db-4442-a634-6f5c4d96ea89",
        "workspaceId": "ded27fc8-bdc8-41d0-9106-5ab65297aaa0",
        "chatFlows": [{"flowName": "x", "category": None, "updatedDate": "2026-01-05T10:00:00.000Z"}],
    }


def export(*keys: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Our own export."""
    head = {"format": "forjinn-apikeys", "version": 1, "workspace": "elsewhere"}
    return head | {"exported_at": "2026-01-31T12:00:00+00:00", "keys": list(keys)} | members


def exported(name: str, key: str, **members: Any) -> dict[str, Any]:
    entry = {"name": name, "digest": digest(key), "hint": f"{key[:7]}…{key[-4:]}"}
    return entry | {"created_at": "2025-12-31T23:59:59+00:00"} | members


def raw(content: Any) -> bytes:
    """What is in the file: bytes and text as they are, anything else as JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()
