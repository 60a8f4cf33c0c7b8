"""How many of a process's threads one caller may hold, so that nobody's slow calls stop those of others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

from flask import Flask, Response, current_app, g

RETRY_SECONDS = 1


class ShareUsedUp(Exception):
    """One of the callers holds as many threads as it may: `who`, such as "key", holds `most`."""

    def __init__(self, who: str, most: int) -> None:
        self.who, self.most = who, most
        super().__init__(f"This {who} has {most} calls on this server process that are not answered yet.")


class Shares:
    """Counts the calls of each caller that are at work in this process."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, claims: Iterable[tuple[str, str, int]]) -> Share:
        """`claims` are who, such as "key", its name, and how many calls it may have. Raises ShareUsedUp."""
        share = Share(self)
        with self._lock:
            for who, name, most in claims:
                if self._held[name] >= most:
                    self._give_back(share.names)
                    raise ShareUsedUp(who, most)
                self._held[name] += 1
                share.names.append(name)
        return share

    def give_back(self, names: list[str]) -> None:
        with self._lock:
            self._give_back(names)

    def _give_back(self, names: list[str]) -> None:
        while names:
            name = names.pop()
            self._held[name] -= 1
            if self._held[name] <= 0:
                del self._held[name]


class Share:
    """What one call holds until it is released; releasing it again does nothing."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self.names: list[str] = []

    def release(self) -> None:
        self._shares.give_back(self.names)


def take_share(who: str, name: object, workspace: object | None = None) -> None:
    """Hold a thread for this caller and its workspace until the request is answered. Raises ShareUsedUp."""
    config = current_app.config
    threads: int = config["FORJINN_THREADS"]
    claims = [(who, f"{who} {name}", max(1, threads * config["FORJINN_KEY_SHARE"] // 100))]
    if workspace is not None:
        most = max(1, threads * config["FORJINN_WORKSPACE_SHARE"] // 100)
        claims.append(("workspace", f"workspace {workspace}", most))
    shares: Shares = current_app.extensions["forjinn.shares"]
    g.share = shares.take(claims)


def init(app: Flask) -> None:
    app.extensions["forjinn.shares"] = Shares()
    app.after_request(_release_with)
    app.teardown_request(_release)


def _release_with(response: Response) -> Response:
    """A stream is at work until it is closed."""
    share: Share | None = g.get("share")
    if share is not None and response.is_streamed:
        g.share = None
        response.call_on_close(share.release)
    return response


def _release(_error: BaseException | None) -> None:
    share: Share | None = g.get("share")
    if share is not None:
        share.release()
