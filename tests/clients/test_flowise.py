"""The published Python client (PyPI `flowise`), unchanged, against a real server."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from flowise import Flowise, IFileUpload, IMessage, PredictionData

from tests.clients.conftest import ANSWER
from tests.served import Served


def test_it_is_answered(served: Served) -> None:
    [answer] = predict(served, served.key, question="Where is my order?")

    assert answer["text"] == "You asked: Where is my order?"
    assert UUID(answer["chatId"]).version == 4


def test_it_streams(served: Served, chatflow: UUID, agentflow: UUID) -> None:
    for flow, first in ((chatflow, "start"), (agentflow, "agentFlowEvent")):
        told = [json.loads(event) for event in predict(served, served.key, flow=flow, streaming=True)]

        assert told[0]["event"] == first
        assert told[-1] == {"event": "end", "data": "[DONE]"}
        assert "".join(one["data"] for one in told if one["event"] == "token") == ANSWER


def test_a_wrong_key_is_its_http_error_when_it_streams(served: Served, chatflow: UUID) -> None:
    key = served.new_key("Streaming, short-lived")
    served.delete_key("Streaming, short-lived")
    for wrong in ("fj_wrong", key, ""):
        with pytest.raises(requests.HTTPError) as error:
            predict(served, wrong, flow=chatflow, streaming=True)
        assert error.value.response.status_code == 401


def test_everything_that_it_can_send_is_accepted(served: Served) -> None:
    [answer] = predict(
        served,
        served.key,
        question="hi",
        chatId="chat-7",
        overrideConfig={"sessionId": "session-7", "vars": {"a": 1}},
        history=[
            IMessage("Hello", "userMessage"),
            IMessage("Hi", "apiMessage", role="apiMessage", content="Hi"),
        ],
        uploads=[IFileUpload("data:text/plain;base64,aGk=", "file", "hi.txt", "text/plain")],
    )
    assert (answer["chatId"], answer["text"]) == ("chat-7", "You asked: hi")


def test_a_wrong_key_is_its_http_error(served: Served) -> None:
    for key in ("fj_wrong", served.key[:-1], ""):
        assert refusal(served, key).status_code == 401


def test_a_key_that_was_deleted_in_the_meantime_is_refused_at_once(served: Served) -> None:
    key = served.new_key("Short-lived")
    predict(served, key, question="hi")
    served.delete_key("Short-lived")
    refused = refusal(served, key)

    assert refused.status_code == 401
    assert refused.json()["code"] == "key_deleted"


def test_a_flow_that_is_not_there_is_its_http_error(served: Served) -> None:
    with pytest.raises(requests.HTTPError) as error:
        predict(served, served.key, flow=uuid4(), question="hi")
    assert "404" in str(error.value)


def predict(served: Served, key: str, *, flow: UUID | None = None, **data: Any) -> list[Any]:
    data = {"question": "hi"} | data
    client = Flowise(base_url=served.server.url, api_key=key)
    return list(client.create_prediction(PredictionData(chatflowId=str(flow or served.flow), **data)))


def refusal(served: Served, key: str) -> Any:
    with pytest.raises(requests.HTTPError) as error:
        predict(served, key, question="hi")
    return error.value.response
