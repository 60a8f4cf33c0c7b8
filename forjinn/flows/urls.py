"""URLs with variables in them: what is filled in stays in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from forjinn.errors import DomainError
from forjinn.flows.variables import MISSING, VARIABLE, LookUp, fill, written

# Scheme, host and port: everything before the path.
HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://)?[^/?#]*")
PATH_ARGUMENT = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_]*)")
DOTS = {".", ".."}


def problem(template: str) -> str | None:
    """Why this URL cannot be called, whatever its variables stand for."""
    first = _leading(template)
    if "{{" in head(template)[first:]:
        return "a variable cannot be a part of the URL's host; the whole address can be one variable."
    return None


def filled(template: str, look_up: LookUp) -> str:
    """The URL. A variable at its beginning is taken as it is, any other is text of its path or query.

    Raises DomainError.
    """
    if wrong := problem(template):
        raise DomainError(wrong)

    def encoded(path: str) -> object:
        found = look_up(path)
        return found if found is MISSING else _encoded(written(found))

    first = head(template)
    rest = fill(template[len(first) :], encoded)
    if VARIABLE.search(template, len(first)):
        _stays(rest)
    return fill(first, look_up).strip() + rest


def with_arguments(url: str, arguments: Mapping[str, str]) -> str:
    """The URL with `:name` in its path replaced. Raises DomainError."""

    def argument(match: re.Match[str]) -> str:
        value = arguments.get(match[1])
        return match[0] if value is None else _encoded(value)

    first = head(url)
    path = re.split(r"[?#]", url[len(first) :], maxsplit=1)[0]
    made = PATH_ARGUMENT.sub(argument, path)
    if made != path:
        _stays(made)
    return first + made + url[len(first) + len(path) :]


def head(text: str) -> str:
    """Everything before the path, or the variable that stands for it and for more."""
    first = _leading(text)
    match = re.compile(r"[^/?#]*").match(text, first) if first else HEAD.match(text)
    return text[: match.end()] if match else ""


def _leading(text: str) -> int:
    """Where the variable ends that the text begins with, or 0."""
    match = VARIABLE.match(text)
    return match.end() if match else 0


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _stays(rest: str) -> None:
    # Encoding does not help: `%2E%2E` is resolved as `..` is.
    path = unquote(re.split(r"[?#]", rest, maxsplit=1)[0])
    if DOTS & set(re.split(r"[/\\]", path)):
        raise DomainError("a part of the URL's path is '.' or '..', which would lead elsewhere.")
