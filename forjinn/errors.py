"""The domain's errors. They know no HTTP; `forjinn.problems` and the prediction API show them."""

from __future__ import annotations


class DomainError(Exception):
    """Something a person asked for that cannot be done; the message says why, in one sentence."""


class NotFound(DomainError):
    """No such thing here, or not for this person."""


class Refused(DomainError):
    """The state of the data forbids it, such as a name that is taken. `field` names the input at fault."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class AlreadyDone(DomainError):
    """The same form was submitted twice; the first one counted."""


class MissingPermission(DomainError):
    """The person is a member, but their role does not carry the permission."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions
        super().__init__(f"This needs the permission {' or '.join(permissions)}.")


class DatabaseUnavailable(DomainError):
    """The database cannot answer now."""
