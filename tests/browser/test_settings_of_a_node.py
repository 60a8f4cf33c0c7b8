"""The settings of a node beside the canvas: somebody changes a prompt without breaking it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.browsing import Browsing
from tests.browser.canvas import add, card, drawn, open_canvas, save, saved, the_card
from tests.browser.installation import Team

FLOW = drawn(
    [
        card("start", "Start", 0, 0, inputs={"startInputType": "chatInput"}),
        card("http", "Orders", 200, 0, inputs={"method": "GET", "url": "https://api.example.com"}),
        card(
            "llm",
            "Answer",
            400,
            0,
            inputs={
                "llmModel": "small",
                "llmMessages": [{"role": "system", "content": "<p>Be brief.</p>"}],
                "llmModelConfig": {"temperature": 0.9, "kept": 1},
            },
        ),
    ],
    "Start>Orders",
    "Orders>Answer",
)
CHANGED = "Be brief.\nOrders: {{ Orders }} {{ question }}"


def test_a_prompt_is_changed_beside_the_canvas(browsing: Browsing, page: Page, team: Team) -> None:
    browsing.allow("status of 422")
    path = add(team, FLOW)
    open_canvas(page, path)
    the_card(page, "Answer").click()
    panel = page.locator("#canvas-panel")
    variables_are_offered(page, panel.get_by_label("Content"))
    fields_are_applied_as_they_are_left(page, panel)
    rows_come_and_go(page, panel)
    nothing_typed_is_lost_when_it_closes(page, panel)

    the_card(page, "Orders").click()
    panel.get_by_role("button", name="Delete", exact=True).click()
    expect(panel.locator("#node-panel")).to_be_hidden()
    expect(the_card(page, "Orders")).to_have_count(0)
    save(page)
    answer = saved(team, path)["nodes"][-1]["data"]
    assert answer["label"] == "Final answer"
    assert answer["inputs"]["llmMessages"] == [
        {"role": "user", "content": ""},
        {"role": "system", "content": "<p>Be brief.</p><p>Orders: {{ Orders }} {{ question }}</p>"},
    ]
    assert answer["inputs"]["llmModelConfig"] == {"temperature": 0.5, "kept": 1, "maxTokens": 100}


def variables_are_offered(page: Page, prompt: Locator) -> None:
    """The keys choose, and Escape closes only the list."""
    expect(prompt).to_have_value("Be brief.")
    prompt.press("ControlOrMeta+End")
    prompt.press_sequentially("\nOrders: {{ ord")
    offered = page.get_by_role("listbox", name="Variables").get_by_role("option")
    chosen = page.locator("#panel-variables [aria-selected=true]")
    expect(chosen).to_contain_text("Orders")
    prompt.press("Escape")
    expect(chosen).to_be_hidden()
    expect(prompt).to_be_focused()
    prompt.press_sequentially("e")
    prompt.press("Enter")
    expect(prompt).to_have_value("Be brief.\nOrders: {{ Orders }}")
    prompt.press_sequentially(" {{")
    prompt.press("ArrowUp")
    prompt.press("ArrowDown")
    offered.filter(has_text="question").click()
    expect(prompt).to_have_value(CHANGED)
    prompt.press("Tab")


def fields_are_applied_as_they_are_left(page: Page, panel: Locator) -> None:
    """What is typed meanwhile in the next one stays; what cannot be is said beside its field."""
    temperature, tokens = panel.get_by_label("Temperature"), panel.get_by_label("Max tokens")
    temperature.fill("warm")
    expect(panel.get_by_text("Applied")).to_be_visible()
    expect(temperature).to_have_value("warm")
    expect(temperature).to_be_focused()
    expect(page.locator("#canvas-status")).to_contain_text("1 unsaved change")
    temperature.press("Tab")
    expect(panel.get_by_text("Enter a number.")).to_be_visible()
    expect(temperature).to_have_attribute("aria-invalid", "true")
    expect(tokens).to_be_focused()
    temperature.fill("0.5")
    tokens.fill("100")
    tokens.press("Enter")
    expect(panel.get_by_text("Enter a number.")).to_be_hidden()


def rows_come_and_go(page: Page, panel: Locator) -> None:
    """The focus goes with them. A choice brings its fields, and undo shows in the open panel too."""
    panel.get_by_role("button", name="Add message").click()
    expect(panel.get_by_role("group", name="Message 2", exact=True)).to_be_focused()
    panel.get_by_role("button", name="Move Message 2 up").click()
    expect(panel.get_by_label("Content").nth(1)).to_have_value(CHANGED)
    panel.get_by_label("Remember the conversation").check()
    panel.get_by_label("What is remembered").select_option("The last messages")
    expect(panel.get_by_label("Exchanges to remember")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(panel.get_by_label("Exchanges to remember")).to_be_hidden()
    expect(panel.get_by_label("What is remembered")).to_have_value("")


def nothing_typed_is_lost_when_it_closes(page: Page, panel: Locator) -> None:
    """Neither what can be applied nor what cannot: that opens it again."""
    panel.get_by_label("Label", exact=True).fill("Final answer")
    page.keyboard.press("Escape")
    expect(panel.locator("#node-panel")).to_be_hidden()
    expect(the_card(page, "Final answer")).to_be_visible()
    the_card(page, "Final answer").click()
    panel.get_by_label("Temperature").fill("hot")
    page.keyboard.press("Escape")
    expect(panel.get_by_text("Enter a number.")).to_be_visible()
    expect(panel.get_by_label("Temperature")).to_have_value("hot")
    panel.get_by_label("Temperature").fill("0.5")
    panel.get_by_role("link", name="Close the settings").click()
    expect(panel.locator("#node-panel")).to_be_hidden()


def test_the_settings_are_a_page_of_their_own_too(page: Page, team: Team) -> None:
    path = add(team, FLOW)
    page.goto(f"{path}/node?node=Answer")
    page.get_by_label("Top P").fill("0.75")
    page.get_by_label("Presence penalty").fill("1")
    page.get_by_label("Label", exact=True).fill("Final answer")
    page.get_by_label("Label", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Final answer LLM")).to_be_visible()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator("#canvas-list")).to_contain_text("Final answer (0)")
    open_canvas(page, path)
    save(page)
    config = saved(team, path)["nodes"][-1]["data"]["inputs"]["llmModelConfig"]
    assert config == {"temperature": 0.9, "kept": 1, "topP": 0.75, "presencePenalty": 1}
