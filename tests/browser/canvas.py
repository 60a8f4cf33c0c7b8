"""What people do on the canvas of a flow."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from forjinn.flows import service as flows
from tests.browser.installation import Team
from tests.samples import node

MANY = 200


def card(name: str, label: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """A node at a place; its label is also its id."""
    made = node(f"{name}Agentflow", label, more.pop("inputs", {}))
    made["id"] = made["data"]["id"] = label
    return {**made, "position": {"x": x, "y": y}, **more}


def drawn(nodes: list[dict[str, Any]], *lines: str) -> str:
    """A flow of these nodes. Lines are "a>b", or "a:1>b" from the second output of a."""
    return json.dumps({"nodes": nodes, "edges": [_edge(number, line) for number, line in enumerate(lines)]})


def _edge(number: int, line: str) -> dict[str, Any]:
    source, target = line.split(">")
    source, _, output = source.partition(":")
    ends = {"source": source, "target": target, "sourceHandle": f"{source}-output-{output or 0}"}
    return {"id": f"e{number}", "type": "agentFlow", "targetHandle": target, **ends}


SHOP = drawn(
    [
        card("start", "Start", 0, 100, inputs={"startInputType": "chatInput"}),
        card(
            "condition",
            "About money?",
            180,
            80,
            inputs={
                "conditions": [
                    {
                        "type": "string",
                        "value1": "{{ question }}",
                        "operation": "contains",
                        "value2": "refund",
                    }
                ]
            },
        ),
        card("directReply", "Refunds", 460, 0, inputs={"directReplyMessage": "It is on its way."}),
        card(
            "directReply", "Anything else", 460, 180, inputs={"directReplyMessage": "Ask me about refunds."}
        ),
    ],
    "Start>About money?",
    "About money?:0>Refunds",
    "About money?:1>Anything else",
)


def many(count: int) -> str:
    """A flow of so many nodes, in rows of twenty, each row a chain."""
    nodes = [card("start", "Start", 0, 0, inputs={"startInputType": "chatInput"})]
    nodes += [
        card("condition" if number % 20 else "llm", f"Step {number}", number % 20 * 260, number // 20 * 160)
        for number in range(1, count)
    ]
    lines = [f"{one['id']}>{other['id']}" for one, other in pairwise(nodes)]
    return drawn(nodes, *lines)


def add(team: Team, text: str, name: str = "Shop") -> str:
    """The path of the canvas of a new flow."""
    with team.app.app_context():
        flow = flows.import_agentflow(team.workspace, text, name=name)
    return f"{team.flows}/{flow.id}/canvas"


def saved(team: Team, path: str) -> dict[str, Any]:
    """What is saved of the flow."""
    with team.app.app_context():
        flow = flows.get(team.workspace, UUID(path.split("/")[-2]))
        graph: dict[str, Any] = json.loads(flow.graph)
    return graph


def labels(team: Team, path: str) -> list[str]:
    return [one["data"]["label"] for one in saved(team, path)["nodes"]]


def place(team: Team, path: str, label: str) -> tuple[float, float]:
    found = next(one for one in saved(team, path)["nodes"] if one["data"]["label"] == label)
    return found["position"]["x"], found["position"]["y"]


def connections(team: Team, path: str) -> set[tuple[str, str]]:
    return {(edge["source"], edge["target"]) for edge in saved(team, path)["edges"]}


def the_card(page: Page, label: str) -> Locator:
    return page.locator(".node").filter(has=page.locator(".node-label", has_text=label))


def open_canvas(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#canvas-world.is-ready")).to_be_attached()


def middle(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, begin: tuple[float, float], end: tuple[float, float], steps: int = 5) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*end, steps=steps)
    page.mouse.up()


def drag_by(page: Page, found: Locator, dx: float, dy: float) -> None:
    x, y = middle(found)
    drag(page, (x, y), (x + dx, y + dy))


def settled(page: Page) -> None:
    """Until every edit was answered."""
    expect(page.locator("#canvas-sending[data-busy]")).to_have_count(0)


def fit(page: Page) -> None:
    page.get_by_role("button", name="Show the whole flow").click()
    shown(page)


def shown(page: Page) -> None:
    """Until the view is where it was sent: it moves with the next frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def unsaved(page: Page, many_changes: bool = True) -> None:
    settled(page)
    expect(page.locator("#canvas-status [data-unsaved]")).to_have_count(1 if many_changes else 0)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    unsaved(page, many_changes=False)


def zoom(page: Page) -> float:
    found: float = page.evaluate(
        "new DOMMatrix(getComputedStyle(document.getElementById('canvas-world')).transform).a"
    )
    return found


def soon(page: Page, holds: Callable[[], bool]) -> None:
    """A frame or two later at most: what is drawn follows the pointer once a frame."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it did not come about")
