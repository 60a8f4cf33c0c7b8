"""Why a key or a model is refused: one sentence for a person at 2 a.m."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from forjinn.apikeys import token
from forjinn.gateway.api.answers import GatewayError, unauthorized

MOST_NAMES = 50


def missing() -> GatewayError:
    sentence = "No gateway key was sent. Send the header: Authorization: Bearer <your-gateway-key>"
    return unauthorized("key_missing", sentence)


def malformed() -> GatewayError:
    sentence = "The Authorization header must be the word Bearer, one space, and the gateway key."
    return unauthorized("key_malformed", sentence)


def unknown(secret: str) -> GatewayError:
    if token.SHAPE.fullmatch(secret) and token.has_right_checksum(secret):
        return unauthorized(
            "wrong_key_type",
            "This is an API key, which calls flows. Calling a model needs a gateway key, "
            "which begins with fjgw_.",
        )
    if token.GATEWAY_SHAPE.fullmatch(secret) and token.has_right_checksum(secret):
        sentence = "No such gateway key. It may belong to another Forjinn installation."
    elif secret.startswith(token.GATEWAY_PREFIX):
        sentence = "No such gateway key: it is mistyped or cut off."
    else:
        sentence = "No such gateway key. Gateway keys begin with fjgw_."
    return unauthorized("key_unknown", sentence)


def dead(deleted_at: Any, paused_at: Any, expires_at: Any) -> GatewayError:
    """Why a key that was once good is refused; moments as the driver gives them."""
    if deleted_at is not None:
        return unauthorized("key_deleted", f"This gateway key was deleted on {_utc(deleted_at)}.")
    if paused_at is not None:
        return unauthorized("key_paused", f"This gateway key was paused on {_utc(paused_at)}.")
    return unauthorized("key_expired", f"This gateway key expired on {_utc(expires_at)}.")


def wrong_gateway(slug: str, configuration: str, asked_slug: str) -> GatewayError:
    """Who holds the key may know its own configuration; of another workspace not even that it is there."""
    sentence = "This gateway key belongs to another workspace than the one of this address."
    if asked_slug == slug:
        sentence = (
            f"This gateway key belongs to the configuration {configuration}, not to the one of this address: "
            f"its base URL ends with /gateway/{slug}/{configuration}/v1."
        )
    return GatewayError(403, "wrong_gateway", sentence)


def no_model(name: str, offered: Sequence[str]) -> GatewayError:
    shown = name if name.isprintable() and len(name) <= 100 else "of this name"
    names = ", ".join(offered[:MOST_NAMES]) or "none yet"
    return GatewayError(
        404, "model_not_found", f"There is no model {shown} for this key. It may call: {names}."
    )


def _utc(moment: Any) -> str:
    return f"{instant(moment):%Y-%m-%d %H:%M:%S} UTC"


def instant(moment: Any) -> datetime:
    """A moment as the driver gives it: text on SQLite, where it is UTC without a zone."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)
    utc: datetime = moment.astimezone(UTC)
    return utc
