"""What people write is shown as text: it adds no element and no attribute to a page."""

from __future__ import annotations

from flask import Flask

from forjinn.accounts import service as accounts
from forjinn.flows import service as flows
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import Element, parse
from tests.apikeys.screen import Screen
from tests.conftest import member
from tests.people import Person, field
from tests.samples import DIRECT_REPLY

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '" hx-get="/evil" hx-trigger="load',
    "' onfocus='alert(1)' autofocus='",
    "</title></code></option><script>alert(1)</script>",
    '</div><hx-partial hx-target="body">gone</hx-partial>',
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "&lt;b&gt; &amp;amp; \u201cx\u201d",
)


def test_the_name_of_a_key_is_text_wherever_it_stands(screen: Screen) -> None:
    innocent = shapes(screen, "Innocent")
    for name in HOSTILE:
        assert shapes(screen, name) == innocent, name


def shapes(screen: Screen, name: str) -> dict[str, list[str]]:
    """Make, look at, rename and delete a key of this name: the elements and attributes of each answer."""
    answers = {"created": screen.person.create_key("production", name, htmx=True)}
    answers["taken"] = screen.person.create_key("production", name)
    answers["list"] = screen.answer()
    answers["nothing found"] = screen.answer(q=name + "?")
    screen.create("other")
    for htmx in (True, False):
        answers[f"delete {htmx}"] = screen.get(name, "delete", htmx=htmx)
        answers[f"rename {htmx}"] = screen.get(name, "rename", htmx=htmx)
        answers[f"taken again {htmx}"] = screen.post("other", "rename", htmx=htmx, name=name)
    answers["renamed by htmx"] = screen.post(name, "rename", htmx=True, name=name)
    screen.post(name, "rename", name=name)
    answers["flash of rename"] = screen.answer()
    screen.post("other", "delete")
    screen.answer()
    screen.post(name, "delete")
    answers["flash of delete"] = screen.answer()
    answers["page"] = screen.person.create_key("production", name)
    answers["deleted by htmx"] = screen.post(name, "delete", htmx=True)
    pages = {where: parse(answer.text) for where, answer in answers.items()}
    for where, page in pages.items():
        assert " ".join(name.split()) in page.text or name in values(page), where
    return {where: shape(page) for where, page in pages.items()}


def test_names_of_people_workspaces_and_flows_are_text_beside_the_keys(app: Flask) -> None:
    def page(name: str) -> list[str]:
        with app.app_context():
            workspace = workspaces.create(name)
            flows.import_agentflow(workspace, DIRECT_REPLY, name=name)
        person = somebody(app, workspace, name)
        screen = Screen(person, workspace.slug)
        reveal = person.create_key(workspace.slug, "CI integration").text
        assert name in parse(reveal).one("select", id="flow").raw_text
        assert f"by {name}" in screen.row("CI integration").created.raw_text
        texts = (reveal, screen.answer().text)
        return [line for text in texts for line in shape(parse(text.replace(f"/w/{workspace.slug}", "/w/x")))]

    innocent = page("Innocent")
    for name in HOSTILE:
        assert page(name) == innocent, name


def test_what_is_no_host_is_in_no_sample(screen: Screen) -> None:
    form = screen.person.get(f"{screen.path}/new").text
    fields = {"csrf_token": field(form, "csrf_token"), "name": "Innocent"}
    for number, host in enumerate(('a"><script>x', "<img src=x onerror=alert(1)>", "x' onload='alert(1)")):
        answer = screen.person.client.post(
            f"{screen.path}/new", data=fields | {"once": f"{number}" * 30}, headers={"Host": host}
        )
        # It is shown nowhere, not even as text.
        assert answer.status_code == 400
        assert host not in answer.text
        assert "script>x" not in answer.text
        assert "alert" not in answer.text


def shape(page: Element) -> list[str]:
    """Each element with the names of its attributes, and where it would get something from."""
    return [f"{one.tag} {sorted(one.attributes)} {_loads(one)}" for one in page.walk()]


def _loads(element: Element) -> list[str]:
    sources = ("src", "hx-get", "hx-post", "hx-target", "hx-trigger", "action")
    # Ids differ from key to key, flow to flow and workspace to workspace.
    return [
        "/".join(part for part in element.attributes.get(name, "").split("/")[:3] if len(part) < 30)
        for name in sources
    ]


def values(page: Element) -> list[str]:
    return [one.attributes["value"] for one in page.walk() if "value" in one.attributes]


def somebody(app: Flask, workspace: Workspace, name: str) -> Person:
    person = member(app, f"{workspace.slug}@example.com", workspace, "Admin")
    with app.app_context():
        accounts.rename(person.user, name)
    return person
