from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from forjinn.accounts import service as accounts
from tests.people import PASSWORD, Person


@pytest.fixture
def person(app: Flask) -> Callable[..., Person]:
    """Somebody new, signed in, who belongs to no workspace yet."""

    def make(email: str, *, is_admin: bool = False) -> Person:
        with app.app_context():
            user = accounts.create_user(email, PASSWORD, is_admin=is_admin)
        return Person(app, user).signed_in()

    return make
