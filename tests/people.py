"""People who use Forjinn through a browser: a client each, with its cookies."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from forjinn.accounts.models import User

PASSWORD = "correct horse battery"


class Person:
    def __init__(self, app: Flask, user: User) -> None:
        self.user = user
        self.email = user.email
        self.client = app.test_client()

    def signed_in(self, password: str = PASSWORD) -> Person:
        answer = self.post("/login", page="/login", email=self.email, password=password)
        assert answer.status_code == 303, answer.text
        return self

    def get(self, path: str, *, htmx: bool = False) -> TestResponse:
        return self.client.get(path, headers=_headers(htmx))

    def post(self, path: str, *, page: str = "/profile", htmx: bool = False, **fields: Any) -> TestResponse:
        """Send a form as a browser does: with the CSRF token of a page that was shown."""
        fields["csrf_token"] = field(self.client.get(page).text, "csrf_token")
        return self.client.post(path, data=fields, headers=_headers(htmx))

    def create_key(
        self, slug: str, name: str, *, htmx: bool = False, once: str | None = None
    ) -> TestResponse:
        """Fill in the form of Add New Key. `once` repeats the form token of an earlier page."""
        path = f"/w/{slug}/api-keys/new"
        shown = self.client.get(path).text
        fields = {
            "csrf_token": field(shown, "csrf_token"),
            "once": once or field(shown, "once"),
            "name": name,
        }
        return self.client.post(path, data=fields, headers=_headers(htmx))


def field(html: str, name: str) -> str:
    """The value of a hidden field."""
    for tag in re.findall(r"<input[^>]*>", html):
        if f'name="{name}"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            assert found, tag
            return found[1]
    raise AssertionError(f"no field {name} in the page")


def without_tokens(html: str) -> str:
    """The page without its CSRF tokens, which are others a second later."""
    return re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", html)


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if htmx else {}
