"""How much one run may do: nodes, seconds, and steps of an Agent; each is a setting."""

from __future__ import annotations

import time

from flask import Flask

from tests.calls import Sql, eventually
from tests.flows.conftest import Failed, Run
from tests.flows.drawing import in_a_row, llm, reply
from tests.providers import Provider, completion


def test_the_nodes_of_a_run_are_limited(app: Flask, run: Run, failed: Failed) -> None:
    replies = [reply(f"r{number}", str(number)) for number in range(99)]
    assert run(in_a_row(*replies))["text"] == "98"

    said = failed(in_a_row(*replies, reply("over", "x")))
    assert said == "over: The flow ran 100 nodes, which is the limit."
    app.config["FORJINN_RUN_NODES"] = 2
    assert failed(in_a_row(*replies)) == "r1: The flow ran 2 nodes, which is the limit."


def test_a_provider_is_not_waited_for_longer_than_a_run_may_take(
    app: Flask, failed: Failed, model: str, provider: Provider
) -> None:
    app.config["FORJINN_RUN_SECONDS"] = 0.4
    provider.says(completion("late"), seconds=1.5)
    start = time.monotonic()

    assert failed(in_a_row(llm("w"))) == "w: the flow ran longer than it may."
    assert time.monotonic() - start < 1.2


def test_a_run_that_took_all_its_time_begins_no_other_node(
    app: Flask, failed: Failed, model: str, provider: Provider
) -> None:
    app.config["FORJINN_RUN_SECONDS"] = 0.5
    provider.says(completion("in time"), seconds=0.2)

    said = failed(in_a_row(*(llm(f"w{number}") for number in range(5))))
    assert said.endswith("the flow ran longer than it may.")
    assert len(provider.received) < 5


def test_a_run_that_fails_keeps_its_trace_with_the_reason(failed: Failed, app: Flask, sql: Sql) -> None:
    app.config["FORJINN_RUN_NODES"] = 2
    said = failed(in_a_row(reply("a", "A"), reply("b", "B")))

    eventually(lambda: sql("SELECT count(*) FROM runs") == [(1,)])
    assert sql("SELECT outcome, error FROM runs") == [("ERROR", said)]


def test_a_text_of_megabytes_is_stopped(failed: Failed) -> None:
    texts = [reply("r0", "x" * 1000)]
    texts += [reply(f"r{n}", f"{{{{ r{n - 1} }}}}" * 10) for n in range(1, 9)]

    assert failed(in_a_row(*texts)) == (
        "r4: a value has more than 4,194,304 characters when its variables are filled in."
    )


def test_a_trace_of_many_megabytes_is_stopped(failed: Failed) -> None:
    texts = [reply("r0", "x" * 500_000), *(reply(f"r{n}", "{{ r0 }}{{ r0 }}") for n in range(1, 20))]

    assert failed(in_a_row(*texts)) == "The trace of this run would be longer than 16 MB."
