"""Which conversation a call belongs to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from forjinn.flows.models import Flow
from tests.calls import answered, ask, refused

GIVEN: list[tuple[dict[str, Any], str]] = [
    ({"chatId": "chat-1"}, "chat-1"),
    ({"sessionId": "session-1"}, "session-1"),
    ({"overrideConfig": {"sessionId": "override-1"}}, "override-1"),
    ({"chatId": "chat-1", "sessionId": "session-1"}, "chat-1"),
    ({"sessionId": "session-1", "overrideConfig": {"sessionId": "override-1"}}, "session-1"),
    ({"chatId": None, "sessionId": "session-1"}, "session-1"),
    ({"chatId": "", "overrideConfig": {"sessionId": "override-1"}}, "override-1"),
    ({"chatId": "Größe 4 / ✓"}, "Größe 4 / ✓"),
]


def test_the_answer_gives_the_conversation_back(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for sent, used in GIVEN:
        with subtests.test(ascii(sent)[:50]):
            answer = answered(ask(client, echo_flow, production_key, **sent))

            assert (answer["chatId"], answer["sessionId"]) == (used, used)


NOT_GIVEN: list[dict[str, Any]] = [{}, {"chatId": None}, {"overrideConfig": None}, {"overrideConfig": {}}]


def test_a_call_without_one_begins_a_new_conversation(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for sent in NOT_GIVEN:
        with subtests.test(ascii(sent)[:50]):
            answers = [answered(ask(client, echo_flow, production_key, **sent)) for _ in range(2)]

            assert all(UUID(answer["chatId"]).version == 4 for answer in answers)
            assert all(answer["chatId"] == answer["sessionId"] for answer in answers)
            assert answers[0]["chatId"] != answers[1]["chatId"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"chatId": 7}, "chatId"),
    ({"chatId": ["a"]}, "chatId"),
    ({"sessionId": {"a": 1}}, "sessionId"),
    ({"sessionId": "x" * 201}, "sessionId"),
    ({"chatId": "a\nb"}, "chatId"),
    ({"overrideConfig": {"sessionId": True}}, "overrideConfig.sessionId"),
    ({"overrideConfig": "fast"}, "overrideConfig"),
    ({"history": "hello"}, "history"),
    ({"history": ["hello"]}, "history[0]"),
    ({"history": [{"message": "a", "type": "userMessage"}, {"message": "b"}]}, "history[1]"),
    ({"history": [{"message": 5, "type": "userMessage"}]}, "history[0]"),
    ({"history": [{"message": "a", "type": "robot"}]}, "history[0]"),
]


def test_a_conversation_that_is_none_is_refused_by_name(
    subtests: pytest.Subtests, client: FlaskClient, production_key: str, echo_flow: Flow
) -> None:
    for sent, named in WRONG:
        with subtests.test(ascii(sent)[:50]):
            said = refused(ask(client, echo_flow, production_key, **sent), 400, "invalid_request")

            assert said.startswith(f"{named} ")
