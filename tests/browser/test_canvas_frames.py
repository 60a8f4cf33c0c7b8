"""The frames of Iterations on the canvas: they carry their nodes, take in others, and get another size."""

from playwright.sync_api import Page, expect

from tests.browser.canvas import (
    add,
    card,
    drag,
    drag_by,
    drawn,
    fit,
    middle,
    open_canvas,
    save,
    saved,
    settled,
    shown,
    the_card,
    zoom,
)
from tests.browser.installation import Team

LOOP = drawn(
    [
        card("start", "Start", 0, 100, inputs={"startInputType": "chatInput"}),
        card("iteration", "Each item", 200, 40, width=320, height=220, inputs={"iterationInput": "[1]"}),
        card("directReply", "Inside", 60, 90, parentNode="Each item", inputs={"directReplyMessage": "One"}),
        card("directReply", "After", 600, 120, inputs={"directReplyMessage": "Done"}),
    ],
    "Start>Each item",
)


def test_an_iteration_takes_its_nodes_along_and_takes_in_others(page: Page, team: Team) -> None:
    path = add(team, LOOP)
    open_canvas(page, path)
    scale = zoom(page)
    inside, after = the_card(page, "Inside"), the_card(page, "After")
    x, _ = middle(inside)
    drag_by(page, the_card(page, "Each item").locator(".node-label"), 0, 60 * scale)
    settled(page)
    assert middle(inside)[0] == x
    box = the_card(page, "Each item").bounding_box()
    assert box is not None
    drag(
        page,
        middle(after.locator(".node-label")),
        (box["x"] + box["width"] - 60, box["y"] + box["height"] - 40),
    )
    settled(page)
    frame = the_card(page, "Each item")
    before = int(frame.get_attribute("data-width") or 0)
    fit(page)
    # The overview map lies over the corner.
    page.get_by_role("button", name="Zoom out").click(click_count=3)
    shown(page)
    scale = zoom(page)
    drag_by(page, frame.locator(".node-grip"), 40 * scale, 30 * scale)
    settled(page)
    expect(frame).to_have_attribute("data-width", str(before + 40))
    save(page)
    found = {one["data"]["label"]: one for one in saved(team, path)["nodes"]}
    assert found["Each item"]["width"] == before + 40
    assert found["Each item"]["position"] == {"x": 200, "y": 100}
    assert found["Inside"]["position"] == {"x": 60, "y": 90}
    assert found["After"].get("parentNode") == "Each item"
