"""Does Forjinn get slower as keys are added? A million against a thousand, through Flask's client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from benchmarks import seed
from benchmarks.figures import rounds, say
from benchmarks.installation import Installation, each_database, installation
from forjinn.accounts import service as accounts
from forjinn.accounts.models import User
from forjinn.apikeys import listing
from forjinn.apikeys.models import ApiKey
from forjinn.extensions import db
from forjinn.workspaces import service as workspaces
from forjinn.workspaces.models import Workspace
from tests.people import PASSWORD, Person

QUESTION = "growth"
FEW, MANY, SEARCHED = 1_000, 1_000_000, 100_000
PREDICTION, PAGE, SEARCH = 1.1, 1.5, 10.0


class Grown:
    """An installation with so many keys in its workspace, and its admin."""

    def __init__(self, made: Installation, count: int) -> None:
        self.app, self.made = made.app, made
        self.anyone = made.app.test_client()
        with made.app.app_context():
            user = accounts.create_user("admin@example.com", PASSWORD)
        self.grow(user, made.workspace, count)
        self.user = user
        self.admin = Person(made.app, user).signed_in()

    def grow(self, user: User, workspace: Workspace, count: int) -> None:
        with self.app.app_context():
            workspaces.grant(user, workspace, "Admin")
        seed.keys(self.app, workspace.id, count)
        seed.settle(self.app)

    def predict(self) -> None:
        answer = self.anyone.post(
            f"/api/v1/prediction/{self.made.flow_id}",
            json={"question": "How are you?"},
            headers={"Authorization": f"Bearer {self.made.secret}"},
        )
        _check(answer.status_code == 200, answer.text)

    def listed(self, workspace: Workspace, contains: str, **place: str) -> None:
        """Ask for a page of the keys' list; it must hold this text."""
        answer = self.admin.get(f"/w/{workspace.slug}/api-keys?{urlencode(place)}")
        _check(answer.status_code == 200 and contains in answer.text, answer.text)

    def pages(self, count: int) -> dict[str, Callable[[], object]]:
        show = partial(self.listed, self.made.workspace)
        middle, last = (cursor(self.app, self.made.workspace, place) for place in (count // 2, count - 40))
        return {
            "first page": partial(show, "Customer 1<"),
            "middle page": partial(show, f"Customer {count // 2 + 1}<", after=middle),
            "last page": partial(show, f"Customer {count}<", after=last),
        }


def cursor(app: Flask, workspace: Workspace, place: int) -> str:
    """The cursor of the page that begins after the newest so many seeded keys."""
    with app.app_context():
        statement = select(ApiKey).where(ApiKey.workspace_id == workspace.id)
        key = db.session.scalar(statement.where(ApiKey.name_key == f"customer {place}"))
        assert key is not None
        return listing._cursor(listing.row(key))


def _check(right: bool, text: str) -> None:
    if not right:
        raise RuntimeError(text)


def predictions(database: str, few: Grown, many: Grown) -> None:
    found = rounds({"few": few.predict, "many": many.predict}, count=200, calls=10)
    _say(database, f"prediction with {MANY:,} keys", found["many"], found["few"], PREDICTION)


def pages(database: str, few: Grown, many: Grown) -> None:
    subjects = {f"few {name}": call for name, call in few.pages(FEW).items()}
    subjects |= {f"many {name}": call for name, call in many.pages(MANY).items()}
    found = rounds(subjects, count=25, calls=1)
    for name in ("first page", "middle page", "last page"):
        _say(database, f"{name} of {MANY:,} keys", found[f"many {name}"], found[f"few {name}"], PAGE)


def searches(database: str, many: Grown, workspace: Workspace) -> None:
    show = partial(many.listed, workspace)
    found = rounds(
        {
            "page": partial(show, "Customer 1<"),
            "frequent": partial(show, "Customer 1<", q="customer"),
            "rare": partial(show, f"Customer {SEARCHED - 1}<", q=f"customer {SEARCHED - 1}"),
            "none": partial(show, "no such name", q="no such name"),
        },
        count=15,
        calls=1,
    )
    for name, match in {"frequent": "many matches", "rare": "one match", "none": "no match"}.items():
        _say(database, f"search of {SEARCHED:,} keys, {match}", found[name], found["page"], SEARCH)


def _say(database: str, what: str, taken: float, floor: float, most: float) -> None:
    figure = f"{what}: {taken * 1000:.2f} ms against {floor * 1000:.2f}"
    say(QUESTION, database, figure, taken / floor, f"≤ {most:.1f} x", taken / floor <= most)


def main() -> None:
    for database in each_database():
        with ExitStack() as until_the_end:
            small, large = (
                until_the_end.enter_context(installation(database, name=name)) for name in ("few", "many")
            )
            few, many = Grown(small, FEW), Grown(large, MANY)
            with large.app.app_context():
                searched = workspaces.create("Searched")
            many.grow(many.user, searched, SEARCHED)
            predictions(database, few, many)
            pages(database, few, many)
            searches(database, many, searched)


if __name__ == "__main__":
    main()
