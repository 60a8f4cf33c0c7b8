"""Names that people give: what they may hold, and how they are compared.

Normalising takes quadratic time of combining marks, so every text is measured before it is normalised.
"""

from __future__ import annotations

import unicodedata

from forjinn.bounds import bound
from forjinn.errors import Refused

# How much longer a name may be before it is normalised: composed, it is shorter.
DECOMPOSED = 4
# The folded form of the longest e-mail address, which is the longest of all that is compared, in characters.
LONGEST_COMPARED = bound("A name or an e-mail address that is looked up", 1000, "characters")
LONGEST_SEARCHED = bound("What is searched for; the rest is ignored", 200, "characters")

# Control characters, surrogates, line and paragraph separators.
FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# What a name cannot consist of alone: nobody would see it.
INVISIBLE_CATEGORIES = frozenset({"Cf", "Zs"})
# They reorder what stands around them, so that one name can look like another.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked(name: str, *, longest: int = 100, what: str = "name") -> str:
    """The name, trimmed and in NFC. Raises Refused with the field `name`."""
    if len(name) > longest * DECOMPOSED:
        raise _too_long(len(name), longest, what)
    name = unicodedata.normalize("NFC", name.strip())
    if all(unicodedata.category(c) in INVISIBLE_CATEGORIES for c in name):
        raise Refused(f"Enter a {what}.", "name")
    if len(name) > longest:
        raise _too_long(len(name), longest, what)
    if not (name.isascii() and name.isprintable()) and any(map(_forbidden, name)):
        raise Refused(f"A {what} cannot hold control characters or line breaks.", "name")
    return name


def _too_long(length: int, longest: int, what: str) -> Refused:
    return Refused(f"This {what} has {length} characters; at most {longest} are possible.", "name")


def _forbidden(character: str) -> bool:
    return unicodedata.category(character) in FORBIDDEN_CATEGORIES or character in BIDI_CONTROLS


def harmless(text: str) -> str:
    """A name that was refused, as a message may show it: on one line, and encodable."""
    if text.isprintable():
        return text
    return "".join("�" if _forbidden(character) else character for character in text)


def folded(text: str) -> str:
    """The form in which names are compared: NFC, whatever the case. The same on both databases."""
    if text.isascii():
        # The same, and much faster: an import folds 100,000 names several times.
        return text.lower()
    if len(text) > LONGEST_COMPARED:
        # Nothing that is kept has so long a form, so that this one equals none.
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def searched(text: str) -> str:
    """What somebody typed into a search field, as it is compared. PostgreSQL's text holds no NUL."""
    return folded(text[:LONGEST_SEARCHED].strip().replace("\x00", ""))
