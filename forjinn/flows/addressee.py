"""Where an HTTP call of a flow goes, and what of its author's it may take along there.

Credentials go only to the origin that the author wrote, literally or as a variable of the workspace. To any
other one, which the caller or a model may have chosen, the call is sent without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import unquote

from forjinn.errors import DomainError
from forjinn.flows import jsontext, masking, request, urls
from forjinn.flows.call import VARIABLE_OF_WORKSPACE, Scope
from forjinn.flows.request import Pairs
from forjinn.flows.variables import VARIABLE, fill, mentioned

# What a caller says. Anything else that a text names may be a credential that the flow has from elsewhere.
CALLERS = re.compile(
    r"question|\$?form(?:[.\[].*)?|\$flow\.(?:input|sessionId|chatId)|\$iteration.*|loop_count"
)
WORDS = re.compile(r"[^\s\"'<>,;(){}\[\]]+")


class Addressee:
    """`template` is the URL as the node has it, `before` the author's where a call changed it."""

    def __init__(self, scope: Scope, template: str, before: str | None = None) -> None:
        self._scope = scope
        # What the author wrote reads the workspace's variables, whatever the caller changed beside it.
        self._author = replace(scope, has_callers_texts=False)
        self.left_out: list[str] = []
        # Of the body: it is then not sent on to another origin.
        self.has_credentials = False
        own = self._own_origin(template if before is None else before)
        if before is None:
            self.is_authors = own is not None
            self.url = urls.filled(template, self._look_up)
            self._check_rest(template)
        else:
            self.url = urls.filled(template, scope.look_up)
            self.is_authors = own is not None and own == request.origin(request.parsed(self.url))
        if self.is_authors:
            self._hide(_of_url(self.url))

    def form(self, pairs: Pairs, more: Pairs) -> list[tuple[str, str]]:
        """The same for members of a form."""
        known = len(self.left_out)
        found = self.parameters(pairs, "body member", more)
        held = any(masking.parameter(*pair) != pair[1] for pair in found)
        self.has_credentials = held or known != len(self.left_out) or "$vars" in str(pairs)
        return found

    def headers(self, pairs: Pairs, more: Pairs = ()) -> list[tuple[str, str]]:
        """The author's headers with what they stand for, as far as they may go there, and the caller's."""
        found = self._kept(pairs, "header", lambda name, _value: not masking.is_open_header(name))
        self._hide(value for name, value in found if not masking.is_open_header(name))
        return found + _filled(more, self._scope)

    def parameters(self, pairs: Pairs, what: str, more: Pairs = ()) -> list[tuple[str, str]]:
        """The same for members of a query."""
        found = self._kept(pairs, what, lambda name, value: masking.parameter(name, value) != value)
        self._hide(value for name, value in found if masking.parameter(name, value) != value)
        return found + _filled(more, self._scope)

    def json(self, template: str) -> str:
        """The author's JSON, or nothing where it holds a credential that must not go there."""
        if not self._may_go(template):
            self.left_out.append("body")
            return ""
        text = jsontext.filled(template, self._look_up)
        credentials = list(masking.hidden_in(jsontext.checked(text)))
        if credentials and not self.is_authors:
            self.left_out.append("body")
            return ""
        self._hide(credentials)
        self.has_credentials = bool(credentials) or "$vars" in template
        return text

    def text(self, template: str) -> str:
        """The same for a text of any kind."""
        credentials = [word for word in WORDS.findall(template) if masking.looks_random(word)]
        suspect = bool(credentials) or masking.SECRET.search(template) or masking.SCHEME.search(template)
        if not self.is_authors and (suspect or not self._may_go(template)):
            self.left_out.append("body")
            return ""
        text = fill(template, self._look_up)
        self._hide([*credentials, *([text] if suspect else ())])
        self.has_credentials = bool(suspect) or "$vars" in template
        return text

    @property
    def note(self) -> str:
        """What was left out, and why; empty where nothing was."""
        if not self.left_out:
            return ""
        return (
            "The address is not the one that the flow's author wrote, so these were not sent: "
            f"{', '.join(self.left_out)}."
        )

    def _own_origin(self, template: str) -> str | None:
        """The origin that the author wrote; None where he left it to somebody else."""
        variables = mentioned(head := urls.head(template))
        if not variables:
            return _origin(head)
        match = VARIABLE_OF_WORKSPACE.match(next(iter(variables)).replace("\\", ""))
        if match is None or match[1] in self._scope.call.own_variables:
            return None
        return _origin(fill(head, self._author.look_up_in_http))

    def _look_up(self, path: str) -> object:
        if self.is_authors:
            return self._author.look_up_in_http(path)
        if (name := self._author.secret_in(path)) is not None:
            raise DomainError(
                f"the secret variable “{name}” goes only to an address that the flow's author wrote."
            )
        return self._author.look_up(path)

    def _check_rest(self, template: str) -> None:
        """Raises DomainError for a credential that stands behind an address which is somebody else's."""
        rest = template[len(urls.head(template)) :]
        if not self.is_authors and (masking.url(f"//-{rest}") != f"//-{rest}" or not self._may_go(rest)):
            raise DomainError(
                "the URL holds a credential, which goes only to an address that the flow's author wrote."
            )

    def _kept(
        self, pairs: Pairs, what: str, is_credential: Callable[[str, str], bool]
    ) -> list[tuple[str, str]]:
        found = []
        for key, value in pairs:
            suspect = is_credential(key, value) and not _is_callers(value)
            if not self.is_authors and (suspect or not self._may_go(key + value)):
                self.left_out.append(f"{what} {key[:60]}")
            else:
                found.append((fill(key, self._look_up), fill(value, self._look_up)))
        return found

    def _may_go(self, template: str) -> bool:
        """Whether a text holds nothing that is the workspace's, or goes to the author's address."""
        return self.is_authors or not any("$vars" in path for path in mentioned(template))

    def _hide(self, values: Iterable[str]) -> None:
        """Credentials of this call, which the other side may repeat in what callers are told."""
        self._scope.call.hidden_from_callers.add(masking.parts(values))


def _filled(pairs: Pairs, scope: Scope) -> list[tuple[str, str]]:
    return [(scope.fill(key), scope.fill(value)) for key, value in pairs]


def _is_callers(template: str) -> bool:
    """Whether a text is made of nothing but what the caller said."""
    literal = VARIABLE.sub("", template).strip()
    return not literal and all(CALLERS.fullmatch(path) for path in mentioned(template))


def _origin(url: str) -> str | None:
    try:
        return request.origin(request.parsed(url))
    except DomainError:
        return None


def _of_url(url: str) -> Iterable[str]:
    """The credentials in a URL: its user's, those in its query, and parts of its path that look like one."""
    head, rest = url[: (cut := len(urls.head(url)))], url[cut:]
    user, at, _host = head.rpartition("@")
    if at:
        yield from (unquote(part) for part in user.partition("//")[2].split(":", 1))
    path, _mark, query = rest.partition("?")
    yield from (part for raw in path.split("/") if masking.looks_random(part := unquote(raw)))
    for pair in re.split(r"[&#;]", query):
        name, _equals, value = pair.partition("=")
        if masking.parameter(unquote(name), value) != value:
            yield unquote(value)
