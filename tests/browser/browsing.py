"""Browsers of people, and everything that they complain about."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.people import PASSWORD, field

# Milliseconds; a loaded machine is slow, and a test that passes does not wait.
TIMEOUT = 30_000
expect.set_options(timeout=TIMEOUT)
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) => {
  console.error(`Content Security Policy: ${violatedDirective} ${blockedURI}`);
});
"""


class Browsing:
    """Opens browsers, each with cookies of its own. `complaints` must be empty at the end of a test."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self._chromium = chromium
        self._url = url
        self._contexts: list[BrowserContext] = []
        self._complaints: list[str] = []
        self._allowed: list[str] = []

    def page(self, email: str | None = None, **options: Any) -> Page:
        """A page in a new browser, signed in as this person."""
        context = self._chromium.new_context(**{"base_url": self._url, **options})
        context.set_default_timeout(TIMEOUT)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self._complaints.append(str(error.error)))
        self._contexts.append(context)
        if email:
            sign_in(context, email)
        return context.new_page()

    def allow(self, text: str) -> None:
        """Do not count complaints that contain this: the test brings them about."""
        self._allowed.append(text)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.text} ({message.location['url']})")

    @property
    def complaints(self) -> list[str]:
        return [one for one in self._complaints if not any(text in one for text in self._allowed)]

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sign_in(context: BrowserContext, email: str) -> None:
    """As the sign-in form does, without the time that drawing it takes."""
    form: dict[str, str | float | bool] = {
        "csrf_token": field(context.request.get("/login").text(), "csrf_token"),
        "email": email,
        "password": PASSWORD,
        "next": "/profile",
    }
    answer = context.request.post("/login", form=form, max_redirects=0)
    assert answer.status == 303, answer.text()
