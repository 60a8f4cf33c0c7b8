"""The messages that an LLM sends: its own, those before, and always the question."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Run
from tests.flows.drawing import box, in_a_row, llm, reply, told
from tests.providers import Provider

pytestmark = pytest.mark.usefixtures("model")


def test_a_node_without_messages_is_told_the_question(run: Run, provider: Provider) -> None:
    run(in_a_row(llm("w")), "why?")

    assert provider.messages == [{"role": "user", "content": "why?"}]


def test_a_form_is_told_a_line_each_field(run: Run, provider: Provider) -> None:
    begin = box("start", "start", startInputType="formInput")
    run(in_a_row(begin, llm("w")), None, form={"age": 36, "name": "Ada"})

    assert provider.messages == [{"role": "user", "content": "age: 36\nname: Ada"}]


def test_html_is_told_as_its_author_saw_it(run: Run, provider: Provider) -> None:
    html = (
        '<p>Say &lt;b&gt;<br>to <span class="variable" data-id="question">{{ question }}</span></p>'
        "<script>x < 1</script><!-- kept -->"
    )
    run(in_a_row(llm("w", UserMessage=html)), "<i>me</i>")

    assert provider.messages[0]["content"] == ("Say <b>\nto <i>me</i>\n<script>x < 1</script><!-- kept -->")


ODD_HTML = [
    "<![",
    "<p",
    "<a " * 30_000,
    "</" * 30_000,
    "<p x='" * 30_000,
    "&#" + "1" * 5000 + ";",
    "<!--" * 30_000,
]


def test_odd_html_is_text(subtests: pytest.Subtests, run: Run, provider: Provider) -> None:
    for odd in ODD_HTML:
        with subtests.test(odd[:20]):
            run(in_a_row(llm("w", UserMessage=f"<p>a</p>{odd}")))
            assert provider.messages[0]["content"] == f"a\n{odd}"


BRACES = [
    "{{",
    "{{ '{{' }}",
    "}}",
    "{{" + " " * 20_000,
    "{{" * 20_000,
    "{% x %}",
    "{{ a }",
    "{{{ question }}",
]


def test_braces_that_are_no_variable_stay(subtests: pytest.Subtests, run: Run, provider: Provider) -> None:
    for text in BRACES:
        with subtests.test(text[:20]):
            run(in_a_row(llm("w", UserMessage=text.replace("question", "nobody"))))
            assert provider.messages[0]["content"] == text.replace("question", "nobody")


def test_variables_are_filled_in_every_message(run: Run, provider: Provider) -> None:
    roles = ["system", "developer", "user", "assistant"]
    messages = [{"role": role, "content": f"{role} {{{{ question }}}}"} for role in roles]
    run(in_a_row(llm("w", Messages=messages, UserMessage="last {{question}}")), "q")

    assert [message["content"] for message in provider.messages] == [
        *("system q", "developer q", "user q", "assistant q", "last q"),
    ]
    assert [message["role"] for message in provider.messages][:2] == ["system", "system"]


def test_the_second_node_knows_what_the_first_said(run: Run, provider: Provider) -> None:
    provider.says_next("first")
    run(
        in_a_row(llm("a"), llm("b", EnableMemory=True)),
        "q",
        history=[{"role": "apiMessage", "content": "old"}],
    )

    # As a user's message: that is how the format returns a response.
    assert provider.messages == [{"role": "user", "content": "q"}, {"role": "user", "content": "first"}]


IDS = ["llm-1", "llm.1", "a b", "ü", "a[0]x", "llmAgentflow_0.output", "a.b.c"]


def test_a_node_is_known_by_any_id(subtests: pytest.Subtests, run: Run, provider: Provider) -> None:
    for node_id in IDS:
        with subtests.test(node_id):
            provider.says_next('{"x": [1]}')
            answer = run(
                in_a_row(llm(node_id), reply("end", f"{{{{ {node_id} }}}} {{{{ {node_id}.x[0] }}}}"))
            )
            assert answer["text"] == '{"x": [1]} 1'


def test_the_longer_of_two_ids_counts(run: Run, provider: Provider) -> None:
    graph = in_a_row(reply("a", "short"), reply("a.b", "long"), reply("end", "{{ a }} {{ a.b }} {{ a.bc }}"))

    assert run(graph)["text"] == "short long {{ a.bc }}"


LABELS = ["<b>x</b>", "{{ question }}", "ü" * 200, "'\"%s{0}"]


def test_a_label_may_be_any_text(subtests: pytest.Subtests, run: Run) -> None:
    for label in LABELS:
        with subtests.test(ascii(label)[:20]):
            end = reply("end", "ok")
            end["data"]["label"] = label
            assert run(in_a_row(end))["agentFlowExecutedData"][1]["nodeLabel"] == label


def test_a_label_stays_on_its_line(run: Run) -> None:
    end = reply("end", "ok")
    end["data"]["label"] = "a\nb \x1b[31m"

    assert run(in_a_row(end))["agentFlowExecutedData"][1]["nodeLabel"] == "a�b �[31m"


def test_a_label_of_a_megabyte_is_cut(run: Run) -> None:
    end = reply("end", "ok")
    end["data"]["label"] = "x" * 100_000

    assert len(run(in_a_row(end))["agentFlowExecutedData"][1]["nodeLabel"]) == 200


def test_the_index_of_a_path_may_be_absurd(run: Run) -> None:
    begin = box("start", "start", startState=[{"key": "list", "value": [1]}])
    paths = "{{ $flow.state.list[" + "9" * 5000 + "] }}"

    assert run(in_a_row(begin, reply("end", paths)))["text"] == paths


def test_the_trace_has_the_nodes_model_and_messages(run: Run, provider: Provider) -> None:
    answer = run(in_a_row(llm("w", UserMessage="x")))

    assert told(answer, "w")["input"] == {"model": "small", "messages": [{"role": "user", "content": "x"}]}
