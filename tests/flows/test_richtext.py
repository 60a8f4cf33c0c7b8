"""The text of a prompt is what its author saw in the editor, which stores HTML."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Run
from tests.samples import START, chain, node

STORED = [
    ("<p>One</p><p>Two</p>", "One\nTwo"),
    ("<p>One</p><p></p><p>Two</p>", "One\n\nTwo"),
    ("<p>One<br>Two<br/>Three</p>", "One\nTwo\nThree"),
    ("<P CLASS='x'>One</P>", "One"),
    (
        "<p>Some <strong>bold</strong>, <em>thin</em> and <code>code</code></p>",
        "Some bold, thin and code",
    ),
    ("<p>Tom &amp; Jerry &lt;3 &quot;cheese&quot; &#8364; &nbsp;</p>", 'Tom & Jerry <3 "cheese" € \xa0'),
    ("<p>&lt;p&gt;kept&lt;/p&gt;</p>", "<p>kept</p>"),
    ("<p>&amp;lt; stays</p>", "&lt; stays"),
    ("<ul><li><p>One</p></li><li><p>Two</p></li></ul>", "- One\n- Two"),
    ("<p>Buy:</p><ul><li>tea</li><li>milk</li></ul><p>now</p>", "Buy:\n- tea\n- milk\nnow"),
    ("<h1>Title</h1><p>Text</p>", "Title\nText"),
    ("<p>Use <example>this</example> form</p>", "Use <example>this</example> form"),
    ("<p>Put <Answer id='a'>it</Answer> here</p>", "Put <Answer id='a'>it</Answer> here"),
    ("<p>A <self/> closing one</p>", "A <self/> closing one"),
    ("<p>1 < 2 and a > b</p>", "1 < 2 and a > b"),
    ("<p>never closed", "never closed"),
    ("<p>日本語 🗝</p>", "日本語 🗝"),
]


def test_the_editors_tags_are_taken_off(subtests: pytest.Subtests, run: Run) -> None:
    for stored, seen in STORED:
        with subtests.test(ascii(stored)[:50]):
            assert reply(run, stored) == seen


PLAIN = [
    "Plain text",
    "Two\nlines\n\nand more",
    "Fish &amp; chips, &lt;not touched&gt;",
    "<example>mine</example>",
    "Answer in <p>paragraphs</p>",
    "a < b > c",
    "  spaced  ",
]


def test_plain_text_is_not_touched(subtests: pytest.Subtests, run: Run) -> None:
    for plain in PLAIN:
        with subtests.test(ascii(plain)[:50]):
            assert reply(run, plain) == plain


def test_a_variable_in_the_editors_span_is_a_variable(run: Run) -> None:
    span = (
        '<p>You asked: <span class="variable" data-type="mention" data-id="question"'
        ' data-label="question">{{ question }}</span> today</p>'
    )
    assert reply(run, span, "why?") == "You asked: why? today"


def test_tags_in_a_question_are_the_askers_own(run: Run) -> None:
    question = "<p>&amp; <b>bold</b></p>"

    assert reply(run, "<p>{{ question }}</p>", question) == question


def reply(run: Run, message: str, question: str = "hi") -> object:
    return run(
        chain(START, node("directReplyAgentflow", "Reply", {"directReplyMessage": message})), question
    )["text"]
