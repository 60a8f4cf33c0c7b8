"""A person's canvas of a flow: its forms, as the page sends them, and what is drawn."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows.models import Flow
from forjinn.workspaces.models import Workspace
from tests.people import Person, field


class Canvas:
    """Each form carries the revision of the last answer, as the page's does."""

    def __init__(self, person: Person, flow: Flow | UUID, slug: str = "production") -> None:
        self.person = person
        self.flow_id = flow.id if isinstance(flow, Flow) else flow
        self.flow_page = f"/w/{slug}/flows/{self.flow_id}"
        self.base = f"{self.flow_page}/canvas"
        self.csrf = field(person.get("/profile").text, "csrf_token")
        self.revision = ""
        self.open()

    def open(self) -> str:
        answer = self.person.get(self.base)
        assert answer.status_code == 200, answer.text
        self.revision = revision(answer.text)
        return answer.text

    def send(self, verb: str, *, htmx: bool = True, **fields: Any) -> TestResponse:
        """One form. A list is a field that comes several times."""
        headers = {"HX-Request": "true", "X-Canvas": "1"} if htmx else {}
        form = {"csrf_token": self.csrf, "revision": self.revision} | fields
        return self.person.client.post(f"{self.base}/{verb}", data=form, headers=headers)

    def does(self, verb: str, **fields: Any) -> str:
        """Send a form that must succeed; gives the answer."""
        answer = self.send(verb, **fields)
        assert answer.status_code == 200, answer.text
        self.revision = revision(answer.text)
        return answer.text

    def is_refused(self, verb: str, status: int = 422, **fields: Any) -> str:
        """Send a form that must not change anything; gives what was said, without marks."""
        answer = self.send(verb, **fields)
        assert answer.status_code == status, answer.text
        assert answer.headers["HX-Retarget"] == "#canvas-problem"
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())

    def saved(self) -> str:
        """The flow's file."""
        return self.person.get(f"{self.flow_page}/export").text

    def save(self) -> str:
        """Save the draft; gives the file."""
        self.does("save")
        return self.saved()

    def another(self) -> Self:
        """Another tab of the same person."""
        return type(self)(self.person, self.flow_id)


def revision(text: str) -> str:
    found = re.search(r'data-revision="([^"]*)"', text)
    assert found, text
    return found[1]


def cards(text: str) -> dict[str, dict[str, str]]:
    """The attributes of each node in a page or an answer, by the node's id."""
    found = [attributes(tag) for tag in re.findall(r"<article\b[^>]*>", text)]
    return {card["data-node"]: card for card in found}


def curves(text: str) -> dict[str, dict[str, str]]:
    """The attributes of each edge in a page or an answer, by the edge's id."""
    found = [attributes(tag) for tag in re.findall(r"<g\b[^>]*data-edge=[^>]*>", text)]
    return {curve["data-edge"]: curve for curve in found}


def attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}


# Make the canvas of a new flow of Production, as Alice sees it.
Draw = Callable[..., Canvas]


@pytest.fixture
def draw(app: Flask, alice: Person, production: Workspace) -> Draw:
    def draw(graph: str, name: str = "Under test", **how: Any) -> Canvas:
        with app.app_context():
            return Canvas(alice, flows.import_agentflow(production, graph, name=name, **how))

    return draw
