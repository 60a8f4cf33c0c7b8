"""The pages hold no script and no style of their own: the Content Security Policy would refuse them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from forjinn.flows.models import Flow
from tests.people import Person
from tests.structure.source import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = {
    "a script": r"<script(?![^>]*\bsrc=)",
    "a style": r"<style\b",
    "a style attribute": r"\sstyle\s*=",
    "an event handler": r"\son[a-z]+\s*=",
    "an htmx handler": r"\shx-on\b",
    "evaluated JavaScript": r"(javascript:|\bjs:\{)",
    "unescaped text": r"\|\s*safe\b|autoescape\s+false",
    "another origin": r"\b(src|href|action)\s*=\s*[\"'](https?:)?//",
}
GATEWAY = ("gateway", "gateway/models/new", "gateway/keys", "gateway/keys/new", "gateway/usage")
EVENT = re.compile(r"on[a-z]+")


@pytest.mark.parametrize("what", INLINE)
def test_no_template_holds(what: str) -> None:
    pattern = re.compile(INLINE[what], re.IGNORECASE)
    found = {file.name: pattern.findall(file.read_text()) for file in TEMPLATES}
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert len(TEMPLATES) > 20


def test_no_shown_page_holds_any_either(app: Flask, alice: Person, echo_flow: Flow) -> None:
    revealed = alice.create_key("production", "<img src=x onerror=alert(1)> \" hx-get='/logout'")
    assert revealed.status_code == 200
    pages = [revealed.text, app.test_client().get("/login").text]
    flow = f"flows/{echo_flow.id}"
    paths = ("api-keys", "api-keys/new", "flows", flow, f"{flow}/runs", f"{flow}/conversations")
    for path in (
        *paths,
        "flows/new",
        "flows/import",
        f"{flow}/rename",
        f"{flow}/delete",
        f"{flow}/canvas",
        f"{flow}/canvas?list=1",
        "settings",
        "settings/variables",
        "nowhere",
        *GATEWAY,
    ):
        pages.append(alice.get(f"/w/production/{path}").text)
        pages.append(alice.get(f"/w/production/{path}", htmx=True).text)
    pages.append(alice.get("/profile").text)
    for page in pages:
        assert Inline.of(page) == []


class Inline(HTMLParser):
    """What a page holds that its policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, html: str) -> list[str]:
        parser = cls()
        parser.feed(html)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(tag)
        for name, value in attrs:
            inline = name == "style" or EVENT.fullmatch(name) or name.startswith("hx-on")
            if inline or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}")
