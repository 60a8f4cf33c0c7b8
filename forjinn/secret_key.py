"""The secret key: taken from the environment, or made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from forjinn.settings import SettingError

MINIMUM = 32
# Longer words first: what is left of a key after these is what somebody would have to guess.
WELL_KNOWN = (
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",  # Flask's documentation
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "12345678",
    *("production", "insecure", "password", "default", "django", "flask", "forjinn", "example"),
    *("replace", "please", "change", "secret", "super", "really", "random", "long", "this", "your"),
    *("must", "some", "with", "very", "value", "string", "token", "here", "session", "key", "dev", "test"),
    *("prod", "app", "not", "for", "the", "abcdef", "me", "my", "in", "to"),
)


def resolve(given: str, instance: Path) -> str:
    """Return the key in force. A weak one is refused: it would let anybody forge a session."""
    if given:
        _check(given, "FORJINN_SECRET_KEY")
        return given
    file = instance / "secret_key"
    key = _make_once(file)
    _check(key, str(file))
    return key


def _make_once(file: Path) -> str:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    if not file.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48) + "\n")
        try:
            # A link never overwrites: of several processes that start at once, one key wins whole.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()


def _check(key: str, where: str) -> None:
    advice = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if len(key) < MINIMUM:
        raise SettingError(
            f"{where}: {len(key)} characters are too few, at least {MINIMUM} are needed; {advice}"
        )
    if len(set(key)) < 10 or _is_well_known(key):
        raise SettingError(f"{where}: this key can be guessed; {advice}")


def _is_well_known(key: str) -> bool:
    """Whether a key is little more than words that people put in examples."""
    rest = key.lower()
    for word in WELL_KNOWN:
        rest = rest.replace(word, "")
    return len(set(rest)) < 10
