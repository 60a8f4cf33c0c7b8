"""Fifty people type the same name at the same moment: one of them gets the key."""

from __future__ import annotations

import threading
from collections import Counter

from flask import Flask

from forjinn.apikeys import service as apikeys
from forjinn.errors import Refused
from forjinn.extensions import db
from forjinn.workspaces.models import Workspace
from tests.apikeys.dom import parse
from tests.apikeys.screen import Screen
from tests.apikeys.visitor import Visitor
from tests.people import Person
from tests.processes import Server

FIFTY = ["CI integration" if number % 2 else "ci INTEGRATION" for number in range(50)]
TAKEN = "in this workspace already. Choose another name."


def test_in_threads_one_creation_succeeds_and_49_are_told_why(
    app: Flask, production: Workspace, screen: Screen
) -> None:
    said: list[str] = []
    start = threading.Barrier(len(FIFTY))

    def create(name: str) -> None:
        with app.app_context():
            start.wait()
            try:
                apikeys.issue(production, name, by=None)
                said.append("created")
            except Refused as refused:
                said.append(str(refused))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=create, args=(name,)) for name in FIFTY]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("created") == 1
    assert sum(TAKEN in sentence for sentence in said) == 49, Counter(said)
    assert len(screen.rows()) == 1


def test_on_a_server_one_creation_succeeds_and_49_are_told_why(
    server: Server, alice: Person, screen: Screen
) -> None:
    answers = Visitor(server, alice.email).create_keys_at_once(FIFTY)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 422: 49}
    for answer in answers:
        if answer.status_code == 422:
            assert TAKEN in parse(answer.text).one(class_="invalid-feedback").text
    assert len(screen.rows()) == 1
    log = server.log.read_text()
    assert "locked" not in log
    assert "Traceback" not in log


def test_on_a_server_fifty_different_names_all_get_their_key(
    server: Server, alice: Person, screen: Screen
) -> None:
    names = [f"key {number:02}" for number in range(50)]
    answers = Visitor(server, alice.email).create_keys_at_once(names)
    assert Counter(answer.status_code for answer in answers) == {200: 50}
    assert sorted(screen.names()) == names
