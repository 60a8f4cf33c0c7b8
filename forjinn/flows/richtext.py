"""The text that the author of a prompt saw: the flow editor stores its fields as HTML."""

from __future__ import annotations

import html
import re
import sys

# What the editor writes around its text. Other tags are the author's own, such as <example> in a prompt.
BLOCKS = frozenset({"p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"})
INLINE = frozenset({"span", "strong", "em", "b", "i", "u", "s", "code", "a", "mark"})
WRITTEN_BY_EDITOR = re.compile(r"\s*<(?:p|ul|ol|h[1-6]|blockquote|pre|div)\b[^>]*>", re.IGNORECASE)
# Not the library's HTML parser: it takes minutes for a text of many `<a `. No match looks past the next `<`.
TAG = re.compile(r"""<(/?)([A-Za-z][^\s<>/"']*+)(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>""")

# A character's number of more digits than Python reads, however it is set up. No character has so many.
ENDLESS_REFERENCE = re.compile(rf"(&#[0-9]{{{sys.int_info.str_digits_check_threshold},}};?)")


def plain(text: str) -> str:
    """Editor HTML as text: a line for each paragraph, entities resolved. Other text is left as it is."""
    if not is_html(text):
        return text
    parts: list[str] = []
    end = 0
    for match in TAG.finditer(text):
        if before := text[end : match.start()]:
            parts.append(unescaped(before))
        end = match.end()
        if shown := _shown(match, begun=not parts or parts[-1].endswith("\n")):
            parts.append(shown)
    parts.append(unescaped(text[end:]))
    return "".join(parts).strip("\n")


def is_html(text: str) -> bool:
    """Whether the flow editor wrote it, rather than a person or a program."""
    return WRITTEN_BY_EDITOR.match(text) is not None


def _shown(match: re.Match[str], *, begun: bool) -> str:
    """What is seen of a tag; `begun` says that it stands at the beginning of a line."""
    ends, tag = bool(match[1]), match[2].lower()
    line_break = "" if begun else "\n"
    if tag == "br":
        return "" if ends else "\n"
    if tag in BLOCKS and ends:
        # An empty paragraph is an empty line, as the author saw it.
        return "\n" if tag in ("p", "div", "pre") else line_break
    if tag == "li":
        return f"{line_break}- "
    return "" if tag in BLOCKS or tag in INLINE else match[0]


def unescaped(text: str) -> str:
    """The text with its entities resolved."""
    try:
        return html.unescape(text)
    except ValueError:
        # Of these alone: one of them must not hide what else the text names, such as a variable.
        pieces = ENDLESS_REFERENCE.split(text)
        return "".join(piece if number % 2 else html.unescape(piece) for number, piece in enumerate(pieces))
