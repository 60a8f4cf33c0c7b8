"""What the tests of this folder do at the sign-in page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import PASSWORD, Person, field

WRONG = "not the password"

Ago = Callable[..., str]


class Sql(Protocol):
    def __call__(self, statement: str, **values: object) -> list[tuple[Any, ...]]: ...


def sign_in(
    app: Flask,
    email: str,
    password: str = PASSWORD,
    *,
    address: str = "127.0.0.1",
    client: FlaskClient | None = None,
    **fields: str,
) -> TestResponse:
    """Fill in the form in this browser, else in one of its own."""
    client = client or app.test_client()
    fields |= {"email": email, "password": password}
    fields["csrf_token"] = field(client.get("/login").text, "csrf_token")
    return client.post("/login", data=fields, environ_overrides={"REMOTE_ADDR": address})


def is_signed_in(person: Person) -> bool:
    return person.get("/profile").status_code == 200


def session_ids(person: Person) -> list[str]:
    """The sessions that the profile offers to end: all but the one in use."""
    return re.findall(r"/profile/sessions/([0-9a-f-]{36})/end", person.get("/profile").text)


def without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)
