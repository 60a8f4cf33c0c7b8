"""Credentials of model providers and secret variables of flows, encrypted at rest."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from forjinn.errors import DomainError


class CredentialUnreadable(DomainError):
    """The secret key is not the one that the credential was encrypted with."""


def encrypt(credential: str) -> bytes:
    return _fernet().encrypt(credential.encode())


def decrypt(encrypted: bytes) -> str:
    try:
        return _fernet().decrypt(encrypted).decode()
    except InvalidToken as error:
        raise CredentialUnreadable(
            "The model's credential cannot be read with this secret key; register the model again."
        ) from error


def _fernet() -> Fernet:
    return _fernet_of(str(current_app.config["SECRET_KEY"]).encode())


# Kept, because deriving the key costs more than the decryption.
@lru_cache(maxsize=8)
def _fernet_of(secret: bytes) -> Fernet:
    # A key of its own for this purpose, so that a signature can never serve as a decryption.
    key = HKDF(SHA256(), 32, salt=None, info=b"forjinn model credentials").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
