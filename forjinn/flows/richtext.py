"""The text that the author of a prompt saw: the flow editor stores its fields as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What the editor writes around its text. Other tags are the author's own, such as <example> in a prompt.
BLOCKS = frozenset({"p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"})
INLINE = frozenset({"span", "strong", "em", "b", "i", "u", "s", "code", "a", "mark"})
WRITTEN_BY_EDITOR = re.compile(r"\s*<(?:p|ul|ol|h[1-6]|blockquote|pre|div)\b[^>]*>", re.IGNORECASE)


def plain(text: str) -> str:
    """Editor HTML as text: a line for each paragraph, entities resolved. Other text is left as it is."""
    if not WRITTEN_BY_EDITOR.match(text):
        return text
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return "".join(cleaner.parts).strip("\n")


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.end_tag = ""

    def parse_endtag(self, i: int) -> int:
        # `handle_endtag` is told the name in lower case; an author's own tag stays as it is written.
        self.end_tag = self.rawdata[i : self.rawdata.find(">", i) + 1]
        return super().parse_endtag(i)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._new_line()
            self.parts.append("- ")
        elif tag not in BLOCKS and tag not in INLINE:
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            # An empty paragraph is an empty line, as the author saw it.
            self.parts.append("\n") if tag in ("p", "div", "pre") else self._new_line()
        elif tag not in INLINE and tag != "br":
            self.parts.append(self.end_tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def _new_line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
