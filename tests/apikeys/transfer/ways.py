"""The two ways to import: a person in the browser, and an operator on the command line."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from werkzeug.test import TestResponse

from tests.apikeys.conftest import Cli
from tests.apikeys.dom import Element, parse
from tests.apikeys.transfer.files import raw
from tests.people import Person
from tests.people import field as hidden

REFUSED = "refused"


@dataclass
class Outcome:
    """`rows` are what was done, or what is refused; `problems` are what is wrong with the file."""

    worked: bool
    rows: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def done(self) -> list[tuple[str, str]]:
        assert self.worked, self.said
        return sorted(self.rows)

    @property
    def refused(self) -> list[str]:
        """The names of the refused entries; nothing was imported."""
        assert not self.worked
        assert self.rows
        return sorted(name for action, name in self.rows if action == REFUSED)


class Way(Protocol):
    def __call__(self, content: Any, mode: str) -> Outcome: ...


class Browser:
    """Uploads a file, looks at the plan, and imports."""

    def __init__(self, person: Person, slug: str = "production", workspace: str = "Production") -> None:
        self.person, self.workspace = person, workspace
        self.path = f"/w/{slug}/api-keys/import"

    def upload(self, content: Any, mode: str, *, htmx: bool = False) -> TestResponse:
        file = (io.BytesIO(raw(content)), "keys.json")
        return self.person.post(self.path, htmx=htmx, file=file, mode=mode)

    def planned(self, content: Any, mode: str) -> Planned:
        answer = self.upload(content, mode)
        assert answer.status_code == 303, answer.text
        return Planned(self, answer.location)

    def __call__(self, content: Any, mode: str) -> Outcome:
        answer = self.upload(content, mode)
        if answer.status_code != 303:
            assert answer.status_code == 422, answer.text
            problems = [item.text for item in parse(answer.text).one("ul", class_="problems").all("li")]
            return Outcome(False, problems=problems, said=answer.text)
        plan = Planned(self, answer.location)
        shown, rows = plan.get(), plan.rows
        applied = plan.apply(workspace=self.workspace)
        assert applied.status_code == (409 if any(row[0] == REFUSED for row in rows) else 303), applied.text
        return Outcome(applied.status_code == 303, rows, said=shown.text)


class Planned:
    """A plan that was shown, as long as it waits."""

    def __init__(self, browser: Browser, path: str) -> None:
        self.person, self.path = browser.person, path
        self.shown = self.get().text

    def get(self, query: str = "") -> TestResponse:
        answer = self.person.get(self.path + query)
        assert answer.status_code == 200, answer.text
        return answer

    @property
    def page(self) -> Element:
        return parse(self.shown)

    @property
    def rows(self) -> list[tuple[str, str]]:
        return rows(self.page)

    def apply(self, *, htmx: bool = False, **fields: Any) -> TestResponse:
        """Press Import under the plan as it was shown."""
        return self.person.post(self.path, htmx=htmx, plan=hidden(self.shown, "plan"), **fields)


def rows(page: Element) -> list[tuple[str, str]]:
    """(action, name) of each row of a plan."""
    body = page.all("tbody")
    found = [
        [cell.all("span")[0].text for cell in row.all("td")[:2]] for one in body for row in one.all("tr")
    ]
    return [(action.lower(), name) for action, name in found]


def totals(page: Element) -> dict[str, int]:
    items = (item.text.split() for item in page.one("ul", aria_label="Totals").all("li"))
    return {action: int(count.replace(",", "")) for count, action in items}


class CommandLine:
    """`flask apikeys import FILE … --yes`."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli, self.folder = cli, folder

    def __call__(self, content: Any, mode: str, *more: str) -> Outcome:
        file = self.folder / "keys.json"
        file.write_bytes(raw(content))
        arguments = ("--workspace", "production", "--mode", mode, *(more or ("--yes",)))
        done = self.cli("apikeys", "import", str(file), *arguments)
        if done.exit_code == 0:
            *lines, _totals = [line.split("\t") for line in done.stdout.splitlines()]
            return Outcome(True, [(action, name) for action, name in lines], said=done.output)
        assert (done.exit_code, done.stdout) == (1, "")
        *problems, last = done.stderr.splitlines()
        assert last.startswith("Error: "), last
        refused = [line.split("\t") for line in problems if line.startswith("refused\t")]
        if refused:
            return Outcome(False, [(action, name) for action, name, _why in refused], said=done.stderr)
        return Outcome(False, problems=problems or [last.removeprefix("Error: ")], said=done.stderr)
