"""Why a key is refused: one sentence for a person at 2 a.m. (WIRE, “Errors”)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from forjinn.apikeys import token
from forjinn.prediction.answers import ApiError, unauthorized


def bearer_missing() -> ApiError:
    sentence = "No API key was sent. Send the header: Authorization: Bearer <your-api-key>"
    return unauthorized("key_missing", sentence)


def unknown(secret: str) -> ApiError:
    if token.GATEWAY_SHAPE.fullmatch(secret) and token.has_right_checksum(secret):
        return unauthorized(
            "wrong_key_type",
            "This is a gateway key. Calling a flow needs an API key, which begins with fj_.",
        )
    if token.SHAPE.fullmatch(secret):
        if token.has_right_checksum(secret):
            return unauthorized(
                "key_unknown", "No such API key. It may belong to another Forjinn installation."
            )
        return unauthorized(
            "key_unknown", "No such API key: it is mistyped or cut off, its checksum is wrong."
        )
    if secret.startswith(token.PREFIX):
        return unauthorized(
            "key_unknown",
            f"No such API key: it is mistyped or cut off. A key has 41 characters, this has {len(secret)}.",
        )
    return unauthorized("key_unknown", "No such API key.")


def dead(deleted_at: Any, disabled_at: Any, expires_at: Any) -> ApiError:
    """Why a key that was once good is refused; moments as the driver gives them."""
    for code, word, moment in (
        ("key_deleted", "deleted", deleted_at),
        ("key_disabled", "disabled", disabled_at),
    ):
        if moment is not None:
            return unauthorized(code, f"This API key was {word} on {_utc(moment)}.")
    return unauthorized("key_expired", f"This API key expired on {_utc(expires_at)}.")


def _utc(moment: Any) -> str:
    """A moment as the driver gives it: text on SQLite, where it is UTC without a zone."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
