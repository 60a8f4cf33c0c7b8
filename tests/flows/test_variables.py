"""`{{ … }}` in a node's text is filled once, with what is known."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Run
from tests.providers import Provider
from tests.samples import START, chain, node

FORM_START = node("startAgentflow", "Start", {"startInputType": "formInput"})


WRITTEN = ["{{question}}", "{{ question }}", "{{   question\n}}"]


def test_the_question_is_filled_in(subtests: pytest.Subtests, run: Run) -> None:
    for written in WRITTEN:
        with subtests.test(ascii(written)[:50]):
            assert reply(run, f"-{written}-{written}-", "why?") == "-why?-why?-"


QUESTIONS = [
    "{{ question }}",
    "{{question}} {{ $flow.chatId }}",
    "{{ startAgentflow_0 }}",
    r"\1 \g<0> $1 %s {0}",
    "{{",
    "}}",
]


def test_a_question_is_never_read_as_a_template(subtests: pytest.Subtests, run: Run) -> None:
    for question in QUESTIONS:
        with subtests.test(ascii(question)[:50]):
            assert reply(run, "You asked: {{ question }}", question) == f"You asked: {question}"


UNKNOWN = [
    "{{ nobody }}",
    "{{ question.length }}",
    "{{ $vars.secret }}",
    "{{ $form.a.b }}",
    "{{ $flow.__class__ }}",
    "{{ question.__class__ }}",
    "{{ }}",
    "{{ a{b }}",
    "{ question }",
    "{{ 7*7 }}",
]


def test_an_unknown_variable_stays_so_that_its_author_finds_it(subtests: pytest.Subtests, run: Run) -> None:
    for unknown in UNKNOWN:
        with subtests.test(ascii(unknown)[:50]):
            assert reply(run, f"Dear {unknown}!") == f"Dear {unknown}!"


def test_the_conversation_can_be_named(run: Run) -> None:
    graph = chain(
        START,
        node(
            "directReplyAgentflow",
            "Reply",
            {"directReplyMessage": "{{ $flow.chatId }}/{{ $flow.sessionId }}"},
        ),
    )
    assert run(graph, chatId="chat-1")["text"] == "chat-1/chat-1"


def test_a_form_is_filled_in_by_name(run: Run) -> None:
    message = "{{ $form.name }}, {{ form.age }}, {{ $form.vip }}, {{ $form.tags }}, {{ $form.home.city }}"
    graph = chain(FORM_START, node("directReplyAgentflow", "Reply", {"directReplyMessage": message}))
    form = {"name": "Ada", "age": 36, "vip": True, "tags": ["ü", 1], "home": {"city": "London"}}

    assert run(graph, form=form)["text"] == 'Ada, 36, true, ["ü", 1], London'


def test_a_value_in_a_form_is_never_read_as_a_template(run: Run) -> None:
    graph = chain(
        FORM_START, node("directReplyAgentflow", "Reply", {"directReplyMessage": "{{ $form.name }}"})
    )
    assert run(graph, form={"name": "{{ $form.name }}"})["text"] == "{{ $form.name }}"


def test_what_an_earlier_node_said_is_known_by_its_id(run: Run, model: str, provider: Provider) -> None:
    graph = chain(
        START,
        node("llmAgentflow", "Writer", {"llmModel": model}),
        node("directReplyAgentflow", "Reply", {"directReplyMessage": "It said: {{ llmAgentflow_0 }}"}),
    )
    assert run(graph)["text"] == "It said: Hello from the model"


def reply(run: Run, message: str, question: str = "hi") -> object:
    graph = chain(START, node("directReplyAgentflow", "Reply", {"directReplyMessage": message}))
    return run(graph, question)["text"]
