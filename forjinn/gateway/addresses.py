"""What an admin may enter for an endpoint: its address, and the credential that its header carries."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from forjinn.bounds import bound
from forjinn.errors import Refused

LONGEST_ADDRESS = bound("The base URL of a model", 500, "characters")
# Visible ASCII without a backslash, which some readers of addresses take for a slash.
PLAIN = re.compile(r"[!-\[\]-~]+")


def checked_address(base_url: str) -> str:
    """The address without a slash at its end. Raises Refused with the field `base_url`."""
    if len(base_url) > LONGEST_ADDRESS or not PLAIN.fullmatch(base_url):
        raise _no_address()
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise _no_address() from None
    if not usable:
        raise _no_address()
    if "@" in parts.netloc or "?" in base_url:
        raise Refused(
            "The address must not hold a credential; it has a field of its own (on the command line: "
            "FORJINN_MODEL_CREDENTIAL).",
            "base_url",
        )
    if "#" in base_url:
        # It would cut off the path of a call, so that another one is asked.
        raise Refused("The address must end with its path, without a # and what follows it.", "base_url")
    return base_url.rstrip("/")


def _no_address() -> Refused:
    # Not repeated: somebody may have put a password into it.
    return Refused("This is not an http(s) address such as https://api.openai.com/v1.", "base_url")


def header_value(credential: str) -> str:
    """The credential, trimmed. Raises Refused with the field `credential`."""
    credential = credential.strip()
    if not credential.isascii() or not credential.isprintable():
        raise Refused("A credential has only visible ASCII characters.", "credential")
    return credential
