"""A node's panel as a browser without a script sees it: a form that is filled in and sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from forjinn.flows import service as flows
from forjinn.flows.canvas import drafts
from forjinn.flows.models import Flow
from forjinn.gateway import service as models
from forjinn.workspaces.models import Workspace
from tests.people import Person


class Form(HTMLParser):
    """What a browser sends of the panel's form, its choices, the buttons of its lists, and what is wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.options: dict[str, dict[str, str]] = {}
        self.rows: list[str] = []
        # By the name of the field; "" is what stands above the form.
        self.errors: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._inside = False
        self._select = self._textarea = ""
        self._option: str | None = None
        self._error: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = about.get("id") == "panel-form"
        elif about.get("id") == "panel-problems":
            self._error = ""
        elif about.get("id", "").endswith("-error"):
            self._error = self._names[about["id"].removesuffix("-error")]
        elif self._inside:
            self._names[about.get("id", "")] = about.get("name", "")
            self._field(tag, about.get("name", ""), about)

    def _field(self, tag: str, name: str, about: dict[str, str]) -> None:
        if tag == "input" and (about.get("type") != "checkbox" or "checked" in about):
            self.values[name] = about.get("value", "")
        elif tag == "textarea":
            self._textarea, self.values[name] = name, ""
        elif tag == "select":
            self._select, self.options[name] = name, {}
        elif tag == "option":
            self._option = about["value"]
            self.options[self._select][self._option] = ""
            if "selected" in about or self._select not in self.values:
                self.values[self._select] = self._option
        elif tag == "button" and name == "do":
            self.rows.append(about["value"])

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data
        elif self._option is not None:
            self.options[self._select][self._option] += data
        elif self._error is not None and data.strip():
            self.errors[self._error] = f"{self.errors.get(self._error, '')} {data.strip()}".strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the first line break, and sends all others as CR LF.
            text = self.values[self._textarea].removeprefix("\n")
            self.values[self._textarea] = text.replace("\n", "\r\n")
            self._textarea = ""
        elif tag == "option":
            self._option = None
        elif tag == "form":
            self._inside = False
        elif tag == "div":
            self._error = None


class Panel:
    """A person looks at the settings of one node."""

    def __init__(self, app: Flask, person: Person, workspace: Workspace, flow_id: UUID, node_id: str) -> None:
        self.app, self.person, self.workspace, self.flow_id = app, person, workspace, flow_id
        self.node_id = node_id
        self.path = f"/w/{workspace.slug}/flows/{flow_id}/canvas/node"
        self.look()

    def look(self) -> Panel:
        answer = self.person.client.get(self.path, query_string={"node": self.node_id})
        assert answer.status_code == 200, answer.text
        return self.show(answer)

    def show(self, answer: TestResponse) -> Panel:
        self.html = answer.text
        self.form = Form(self.html)
        return self

    def send(
        self, changes: Mapping[str, str] | None = None, *, do: str = "", htmx: bool = False
    ) -> TestResponse:
        """Send the form with these fields changed; "" turns a switch off."""
        fields = self.form.values | dict(changes or {}) | ({"do": do} if do else {})
        switches = {name for name, text in self.form.values.items() if text == "on"}
        fields = {name: text for name, text in fields.items() if text or name not in switches}
        headers = {"HX-Request": "true"} if htmx else {}
        path = f"{self.path}/rows" if do else self.path
        where = {"node": self.node_id}
        return self.person.client.post(path, query_string=where, data=fields, headers=headers)

    def apply(self, changes: Mapping[str, str]) -> dict[str, Any]:
        """Send it, which must be possible, and give the node as it is then."""
        answer = self.send(changes)
        assert answer.status_code == 303, answer.text
        return self.look().node()

    def do(self, what: str, changes: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Press a button of a list, and give the node as it is then."""
        answer = self.send(changes, do=what)
        assert answer.status_code == 303, answer.text
        return self.look().node()

    def refused(self, changes: Mapping[str, str], *, do: str = "") -> dict[str, str]:
        """Send it, which must not be possible and change nothing, and give what is said beside the fields."""
        before = self.text()
        answer = self.send(changes, do=do)
        assert answer.status_code == 422, answer.text
        assert self.text() == before
        return self.show(answer).form.errors

    def text(self) -> str:
        """The draft, as it would be saved."""
        with self.app.app_context():
            flow = flows.get(self.workspace, self.flow_id)
            return drafts.open_(self.workspace, flow, self.person.user).text

    def node(self) -> dict[str, Any]:
        found = [one for one in json.loads(self.text())["nodes"] if one["id"] == self.node_id]
        data: dict[str, Any] = found[0]["data"]
        return data


class Panels:
    """Opens the settings of a node of a flow that is imported for it."""

    def __init__(self, app: Flask, person: Person, workspace: Workspace) -> None:
        self.app, self.person, self.workspace = app, person, workspace

    def imported(self, graph: str) -> Flow:
        with self.app.app_context():
            return flows.import_agentflow(self.workspace, graph, name="Under test", deployed=False)

    def register(self, *names: str) -> None:
        with self.app.app_context():
            for name in names:
                models.add(self.workspace, name, base_url="https://models.example.com/v1", upstream=name)

    def of(self, flow: Flow, node_id: str, person: Person | None = None) -> Panel:
        return Panel(self.app, person or self.person, self.workspace, flow.id, node_id)
