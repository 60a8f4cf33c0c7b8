"""The samples beside a new key run as they stand."""

import json
import shutil
import subprocess
import sys

from playwright.sync_api import Page, expect

from tests.browser.actions import copy_key, create, create_and_close, dialog, in_shell, sample
from tests.browser.installation import Team
from tests.machine import skip_or_fail

ANSWER = "You asked: What is the status of my order?"


def test_the_curl_sample_answers_in_a_shell(page: Page, team: Team) -> None:
    team.add_flow("Echo")
    page.goto(team.keys)
    create(page, "CI integration")

    assert in_shell(sample(page, "curl"))["text"] == ANSWER
    copy_key(page)


def test_the_python_sample_answers(page: Page, team: Team) -> None:
    team.add_flow("Echo")
    page.goto(team.keys)
    create(page, "CI integration")
    page.get_by_role("tab", name="Python").click()
    expect(page.get_by_label("curl sample")).to_be_hidden()
    program = [sys.executable, "-c", sample(page, "Python")]

    assert ANSWER in subprocess.run(program, capture_output=True, text=True, check=True).stdout
    copy_key(page)


def test_the_javascript_sample_answers(page: Page, team: Team) -> None:
    node = shutil.which("node")
    if node is None:
        skip_or_fail("no node to run the JavaScript sample")
    team.add_flow("Echo")
    page.goto(team.keys)
    create(page, "CI integration")
    page.get_by_role("tab", name="JavaScript").click()
    program = sample(page, "JavaScript") + "\nconsole.log(JSON.stringify(data))"
    ran = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, check=True)

    assert json.loads(ran.stdout)["text"] == ANSWER
    copy_key(page)


def test_another_flow_changes_all_samples(page: Page, team: Team) -> None:
    first, second = team.add_flow("Alpha"), team.add_flow("Beta", "Beta heard: {{ question }}")
    page.goto(team.keys)
    create(page, "CI integration")
    assert first in sample(page, "curl")
    dialog(page).get_by_label("Flow").select_option("Beta")

    assert in_shell(sample(page, "curl"))["text"] == "Beta heard: What is the status of my order?"
    for language in ("Python", "JavaScript"):
        page.get_by_role("tab", name=language).click()
        assert second in sample(page, language)
        assert first not in sample(page, language)
    copy_key(page)


def test_the_tabs_are_walked_with_the_arrow_keys(page: Page, team: Team) -> None:
    page.goto(team.keys)
    create(page, "CI integration")
    page.get_by_role("tab", name="curl").focus()
    for key, language in [("ArrowRight", "Python"), ("ArrowLeft", "curl"), ("ArrowLeft", "JavaScript")]:
        page.keyboard.press(key)
        expect(page.get_by_role("tab", name=language)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=language)).to_be_visible()
    copy_key(page)


def test_an_undeployed_flow_is_not_offered(page: Page, team: Team) -> None:
    team.add_flow("Alpha")
    flow = team.add_flow("Beta")
    page.goto(f"{team.flows}/{flow}")
    page.get_by_role("button", name="Undeploy").click()
    page.get_by_role("link", name="API Keys").first.click()
    create(page, "CI integration")

    expect(dialog(page).get_by_label("Flow").get_by_role("option")).to_have_text(["Alpha"])
    copy_key(page)


def test_the_flow_panel_shows_how_to_call_it(page: Page, team: Team) -> None:
    flow = team.add_flow("Echo")
    page.goto(team.keys)
    secret = create_and_close(page, "CI integration")
    page.get_by_role("link", name="Agentflows").click()
    page.get_by_role("link", name="Echo", exact=True).click()
    page.get_by_role("button", name="Copy ID").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == flow
    assert in_shell(sample(page, "curl").replace("<your-api-key>", secret))["text"] == ANSWER
