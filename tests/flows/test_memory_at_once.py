"""Questions of one conversation that are asked at the same time keep the order of their arrival."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from flask import Flask
from werkzeug.test import TestResponse

from forjinn.flows.models import Flow
from tests.calls import Sql, answered, ask, eventually
from tests.providers import Provider, completion


def test_two_at_once_keep_the_order_of_arrival(
    app: Flask, llm_flow: Flow, production_key: str, provider: Provider, sql: Sql
) -> None:
    def asked(question: str) -> TestResponse:
        return ask(app.test_client(), llm_flow, production_key, question, chatId="s")

    provider.says(completion("slow"), seconds=1.5)
    with ThreadPoolExecutor(2) as pool:
        first: Future[TestResponse] = pool.submit(asked, "first")
        eventually(lambda: len(provider.received) == 1)
        provider.says(completion("fast"))
        second = asked("second")
        # It did not wait for the first one.
        assert not first.done()
        answered(second)
        answered(first.result())

    # The first question was told, its answer was not yet there.
    assert [one["content"] for one in provider.messages] == ["Be brief.", "first", "second"]
    assert sql("SELECT question, answer FROM exchanges ORDER BY id") == [
        ("first", "slow"),
        ("second", "fast"),
    ]
    asked("third")
    assert [one["content"] for one in provider.messages] == [
        *("Be brief.", "first", "slow", "second", "fast", "third"),
    ]


def test_many_at_once_are_all_kept_once(
    app: Flask, llm_flow: Flow, production_key: str, provider: Provider, sql: Sql
) -> None:
    def asked(number: int) -> int:
        return ask(app.test_client(), llm_flow, production_key, f"q{number}", chatId="s").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(asked, range(24))) == {200}
    kept = sql("SELECT question, answer FROM exchanges ORDER BY id")
    assert {question for question, _answer in kept} == {f"q{number}" for number in range(24)}
    assert {answer for _question, answer in kept} == {"Hello from the model"}
