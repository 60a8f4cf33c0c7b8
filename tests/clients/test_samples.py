"""What the pages tell people to paste works as it stands: curl, Python, JavaScript."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from forjinn.errors import NotFound
from tests.conftest import member
from tests.machine import skip_or_fail
from tests.people import Person
from tests.served import Served

ANSWER = "You asked: What is the status of my order?"


def test_the_curl_lines_answer(reveal: Pages, panel: Pages) -> None:
    if not shutil.which("curl"):
        skip_or_fail("curl is not installed")
    for page in (reveal, panel):
        ended = output("bash", "-c", page["curl"])
        assert json.loads(ended)["text"] == ANSWER


def test_the_python_samples_answer(reveal: Pages, panel: Pages) -> None:
    for page in (reveal, panel):
        assert ANSWER in output(sys.executable, "-W", "error", "-c", page["python"])


def test_the_javascript_samples_answer(reveal: Pages, panel: Pages) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for page in (reveal, panel):
        program = page["javascript"] + "\nconsole.log(data.text);"
        assert output(node, "--input-type=module", "-e", program).strip() == ANSWER


def test_the_curl_line_of_a_deleted_key_says_so(served: Served, reveal: Pages) -> None:
    """The end of the story that the pages tell: the key is deleted, and the same line gets 401."""
    if not shutil.which("curl"):
        skip_or_fail("curl is not installed")
    served.delete_key("Pasted")
    problem = json.loads(output("bash", "-c", reveal["curl"]))

    assert (problem["statusCode"], problem["code"]) == (401, "key_deleted")


# The samples of a page, by language.
Pages = dict[str, str]


def samples(page: str) -> Pages:
    found = re.findall(r'<code id="sample-(\w+)">(.*?)</code>', page, re.DOTALL)
    assert [language for language, _ in found] == ["curl", "python", "javascript"]
    return {language: html.unescape(re.sub(r"</?span[^>]*>", "", text)) for language, text in found}


def output(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def reveal(served: Served, admin: Person) -> Iterator[Pages]:
    """As the page shows them when it shows a new key."""
    shown = admin.create_key(served.workspace.slug, "Pasted")
    assert shown.status_code == 200
    yield samples(shown.text)
    with suppress(NotFound):
        served.delete_key("Pasted")


@pytest.fixture
def panel(served: Served, admin: Person) -> Pages:
    """As the flow's settings panel shows them, with a key put in."""
    page = admin.get(f"/w/{served.workspace.slug}/flows/{served.flow}").text
    return {language: text.replace("<your-api-key>", served.key) for language, text in samples(page).items()}


@pytest.fixture(scope="session")
def admin(served: Served) -> Person:
    """Somebody who looks at the pages at the server's address."""
    served.app.config["FORJINN_BASE_URL"] = served.server.url
    return member(served.app, "ada@example.com", served.workspace, "Admin")
