"""The list of flows: its pages, its types, and what it tells of each flow's use."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from forjinn.database import now, writing
from forjinn.flows import listing
from forjinn.flows.models import AGENTFLOW, CHATFLOW, Flow
from forjinn.workspaces.models import Workspace
from tests.calls import Sql, ask, eventually
from tests.conftest import new_key
from tests.people import Person
from tests.samples import DIRECT_REPLY

LIST = "/w/production/flows"
AddMany = Callable[..., None]


def test_pages_follow_the_names_there_and_back(alice: Person, add_many: AddMany) -> None:
    add_many(120)
    first = alice.get(LIST).text
    assert shown(first) == names(0, 50)
    assert "Previous" not in first

    second = alice.get(link(first, "Next")).text
    third = alice.get(link(second, "Next")).text
    assert (shown(second), shown(third)) == (names(50, 100), names(100, 120))
    assert "Next" not in third
    assert shown(alice.get(link(third, "Previous")).text) == names(50, 100)
    assert shown(alice.get(link(second, "Previous")).text) == names(0, 50)


def test_flows_of_one_name_stand_on_one_page_each(alice: Person, add_many: AddMany) -> None:
    add_many(60, name="Same")
    first = alice.get(LIST).text
    second = alice.get(link(first, "Next")).text

    ids = [*re.findall(r'<tr id="flow-(\S+)"', first), *re.findall(r'<tr id="flow-(\S+)"', second)]
    assert len(set(ids)) == len(ids) == 60


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "%00", "x" * 5000, "/w=="])
def test_an_unreadable_cursor_gives_the_first_page(alice: Person, add_many: AddMany, cursor: str) -> None:
    add_many(3)
    for which in ("after", "before"):
        assert shown(alice.get(f"{LIST}?{which}={cursor}").text) == names(0, 3)


def test_a_page_whose_last_flow_is_gone_becomes_the_first(alice: Person, add_many: AddMany, sql: Sql) -> None:
    add_many(51)
    last = link(alice.get(LIST).text, "Next")
    sql("DELETE FROM flows WHERE name = 'Flow 00050'")
    assert shown(alice.get(last).text) == names(0, 50)


def test_the_list_is_narrowed_to_a_type_and_keeps_the_search(
    alice: Person, echo_flow: Flow, add_many: AddMany
) -> None:
    add_many(60, kind=CHATFLOW)
    assert shown(alice.get(f"{LIST}?type=agentflow").text) == ["Echo"]
    chatflows = alice.get(f"{LIST}?type=chatflow").text
    assert shown(chatflows) == names(0, 50)
    assert shown(alice.get(link(chatflows, "Next")).text) == names(50, 60)
    assert shown(alice.get(f"{LIST}?type=chatflow&q=00059").text) == names(59, 60)
    nothing = alice.get(f"{LIST}?type=agentflow&q=flow").text
    assert "No agentflow matches" in nothing
    assert f'href="{LIST}?q=flow">Search all flows</a>' in nothing
    assert len(shown(alice.get(f"{LIST}?type=%3Cimg%3E").text)) == 50


def test_each_type_has_its_entry_beside_the_pages_and_says_when_it_is_empty(
    alice: Person, echo_flow: Flow
) -> None:
    chatflows, agentflows = (alice.get(f"{LIST}?type={kind}").text for kind in ("chatflow", "agentflow"))
    for page, word in ((chatflows, "Chatflows"), (agentflows, "Agentflows")):
        assert f'<h1 class="page-title" id="page-title" tabindex="-1">{word}</h1>' in page
        assert current(page) == {word}
    assert "No chatflows yet" in chatflows
    assert "Create the first chatflow" in chatflows
    assert shown(agentflows) == ["Echo"]
    for part in ("", "/try", "/runs", "/conversations", "/rename", "/delete"):
        assert "Agentflows" in current(alice.get(f"{LIST}/{echo_flow.id}{part}").text), part
    assert current(alice.get(f"{LIST}/new?type=chatflow").text) == {"Chatflows"}
    assert current(alice.get(LIST).text) == set()


def test_it_tells_when_a_flow_was_called_and_how_many_keys_called_it(
    app: Flask, alice: Person, client: FlaskClient, production: Workspace, echo_flow: Flow, sql: Sql
) -> None:
    assert "Not in 30 days" in alice.get(LIST).text
    for name in ("One", "Two"):
        key = new_key(app, production, name)
        for _ in range(2):
            ask(client, echo_flow, key)
    eventually(lambda: sql("SELECT sum(calls) FROM api_key_usage") == [(4,)])
    eventually(lambda: sql("SELECT count(*) FROM runs") == [(4,)])
    page = alice.get(LIST).text

    assert "Not in 30 days" not in page
    assert '<td data-label="Keys, 7 days" class="text-end">2</td>' in page


def test_what_is_longer_ago_than_a_week_and_keys_of_others_do_not_count(
    app: Flask,
    production: Workspace,
    production_key: str,
    staging_key: str,
    client: FlaskClient,
    echo_flow: Flow,
    sql: Sql,
) -> None:
    ask(client, echo_flow, production_key)
    ask(client, echo_flow, staging_key)
    eventually(lambda: sql("SELECT sum(calls) FROM api_key_usage") == [(2,)])
    with app.app_context():
        assert listing.page(production).rows[0].keys_7d == 1
    sql("UPDATE api_key_usage SET hour = hour - 169")
    with app.app_context():
        assert listing.page(production).rows[0].keys_7d == 0


def test_with_10_000_flows_every_page_and_every_search_is_fast(
    app: Flask, production: Workspace, add_many: AddMany
) -> None:
    add_many(10_000)
    last = listing._cursor("flow 09990", UUID(int=0))
    with app.app_context():
        for how in (
            {},
            {"after": last},
            {"before": last},
            {"q": "0999"},
            {"q": "nowhere"},
            {"kind": "chatflow"},
        ):
            listing.page(production, **how)
            began = time.perf_counter()
            listing.page(production, **how)
            assert time.perf_counter() - began < 0.25, how


def test_keys_are_shown_flows_that_answer_past_many_that_do_not(
    app: Flask, production: Workspace, add_many: AddMany, echo_flow: Flow
) -> None:
    add_many(600, name="A draft")
    with app.app_context():
        assert [flow.name for flow in listing.to_call(production)] == ["Echo"]
        assert len(listing.every(production)) == 601


@pytest.fixture
def add_many(app: Flask, production: Workspace) -> AddMany:
    def add(count: int, *, kind: str = AGENTFLOW, name: str = "") -> None:
        called = [name or f"Flow {number:05}" for number in range(count)]
        rows = [
            {
                "workspace_id": production.id,
                "name": one,
                "name_key": one.lower(),
                "type": kind,
                "graph": DIRECT_REPLY,
                "description": "",
                "updated_at": now() - timedelta(days=number % 50),
            }
            for number, one in enumerate(called)
        ]
        with app.app_context(), writing() as session:
            session.execute(insert(Flow), rows)

    return add


def names(first: int, end: int) -> list[str]:
    return [f"Flow {number:05}" for number in range(first, end)]


def shown(page: str) -> list[str]:
    return re.findall(r'<a class="fw-medium" href="[^"]*">(.*?)</a>', page)


def current(page: str) -> set[str]:
    """The words of the sidebar's entry that the page belongs to."""
    sidebar = page[page.index("<aside") : page.index("</aside>")]
    return set(re.findall(r'aria-current="page">.*?<span class="nav-link-title">(\w+)<', sidebar, re.DOTALL))


def link(page: str, words: str) -> str:
    found = {
        re.sub(r"<.*?>|\s", "", inside): address
        for address, inside in re.findall(r'<a class="btn[^"]*" href="([^"]*)">(.*?)</a>', page, re.DOTALL)
    }
    return found[words].replace("&amp;", "&")
