"""The API Keys screen as a person sees it: rows, buttons, and what follows from pressing them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.apikeys.dom import Element, parse
from tests.people import Person

SECRET = re.compile(r"fj_[0-9A-Za-z]{38}")
# What just happened, on a machine that may be slow.
JUST_NOW = r"(now|a second ago|\d+ seconds ago)"


@dataclass
class Row:
    id: str
    name: str
    badge: str
    hint: str
    created: Element
    last_used: Element
    calls: str
    actions: list[str]


class Screen:
    """The keys of one workspace, through one person's browser."""

    def __init__(self, person: Person, slug: str = "production") -> None:
        self.person = person
        self.path = f"/w/{slug}/api-keys"
        self.slug = slug

    def answer(self, **query: str) -> TestResponse:
        answer = self.person.get(f"{self.path}?{urlencode(query)}")
        assert answer.status_code == 200, answer.text
        return answer

    def page(self, **query: str) -> Element:
        return parse(self.answer(**query).text)

    def rows(self, **query: str) -> list[Row]:
        return rows(self.page(**query))

    def names(self, **query: str) -> list[str]:
        return [row.name for row in self.rows(**query)]

    def row(self, name: str) -> Row:
        (found,) = [row for row in self.rows() if row.name == name]
        return found

    def create(self, name: str) -> str:
        """Make a key; return its secret."""
        answer = self.person.create_key(self.slug, name)
        assert answer.status_code == 200, answer.text
        return parse(answer.text).one("input", id="secret")["value"]

    def get(self, name: str, verb: str, /, *, htmx: bool = False) -> TestResponse:
        return self.person.get(self._of(name, verb), htmx=htmx)

    def post(self, name: str, verb: str, /, *, htmx: bool = False, **fields: Any) -> TestResponse:
        return self.person.post(self._of(name, verb), htmx=htmx, **fields)

    def _of(self, name: str, verb: str) -> str:
        return f"{self.path}/{self.row(name).id}/{verb}"


def rows(page: Element) -> list[Row]:
    return [_row(element) for element in page.all("tr") if "id" in element.attributes]


def _row(element: Element) -> Row:
    name, hint, created, last_used, calls, actions = element.all("td")
    badges = name.all(class_="badge")
    return Row(
        id=element["id"].removeprefix("key-"),
        name=name.one("span", class_="fw-medium").raw_text,
        badge=badges[0].text if badges else "",
        hint=hint.text,
        created=created,
        last_used=last_used,
        calls=calls.text,
        actions=[one["aria-label"] for one in actions.walk() if "aria-label" in one.attributes],
    )
