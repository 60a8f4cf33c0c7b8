from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forjinn.flows.models import Flow
from tests.apikeys.screen import Screen
from tests.people import Person

Call = Callable[..., TestResponse]


@pytest.fixture
def screen(alice: Person) -> Screen:
    """The API Keys of Production, as its admin sees them."""
    return Screen(alice)


@pytest.fixture
def call(app: Flask, client: FlaskClient, echo_flow: Flow) -> Call:
    """Call the flow Echo of Production with a key; the call is counted when this returns."""

    def call(secret: str, *, address: str = "127.0.0.1") -> TestResponse:
        answer = client.post(
            f"/api/v1/prediction/{echo_flow.id}",
            json={"question": "hi"},
            headers={"Authorization": f"Bearer {secret}"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        app.extensions["forjinn.usage"].flush()
        return answer

    return call


class Cli(Protocol):
    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def cli(app: Flask) -> Cli:
    """`flask` with these arguments, in this process and without a terminal."""

    def cli(*arguments: str) -> Result:
        done = app.test_cli_runner().invoke(args=arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return cli


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
