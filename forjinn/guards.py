"""The guards that need no workspace. Each route carries one, and a test walks the routes to prove it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask.typing import ResponseReturnValue
from flask_login import login_required

View = TypeVar("View", bound=Callable[..., Any])


def signed_in(view: Callable[..., ResponseReturnValue]) -> Callable[..., Any]:
    """Let in anybody who is signed in."""
    guarded: Callable[..., Any] = login_required(view)
    return mark(guarded, "signed in")


def public(view: View) -> View:
    """Let in anybody. Said aloud, so that a forgotten guard does not look like a decision."""
    return mark(view, "public")


def mark(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view
