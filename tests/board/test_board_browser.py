"""The board in a real browser: live, by keyboard, and with the why panel."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from board_client import KeptAudit, golden_origins
from playwright.sync_api import Page, sync_playwright
from read_side import SECOND, Log, hospital_story, store_of

from board.app import create_app
from board.site import Metrics, Site
from streams.clock import now_us

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"


@dataclass
class LiveBoard:
    """A served board and the store behind it."""

    address: str
    store: Path
    log: Log

    def story(self, number: int, **task: object) -> None:
        """One more task, as the sink would write it."""
        begun = now_us()
        hospital_story(self.log, number, created_at=begun, **{"acknowledge_by": begun + 900 * SECOND, **task})
        store_of(self.store, self.log.records)


@pytest.fixture
def live_board(tmp_path: Path) -> Iterator[LiveBoard]:
    store, log = tmp_path / "wardline.db", Log()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    stopped = threading.Event()
    site = Site(store=store, audit=KeptAudit(), metrics=Metrics(), origins=golden_origins, stopping=stopped.is_set)
    app = create_app(site)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    made = LiveBoard(f"http://127.0.0.1:{listener.getsockname()[1]}", store, log)
    made.story(1)
    yield made
    stopped.set()
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab in which any script error fails the test."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.set_default_timeout(10_000)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        yield tab
        browser.close()
    assert errors == []


def test_a_task_is_shown_with_a_clock_that_counts_down(live_board: LiveBoard, page: Page) -> None:
    page.goto(live_board.address)
    clock = page.locator("tr[data-task=task-1] .clock-text")
    first = clock.inner_text()
    assert first.endswith("left")
    page.wait_for_function("text => document.querySelector('.clock-text').textContent !== text", arg=first)


def test_a_new_task_appears_without_reload(live_board: LiveBoard, page: Page) -> None:
    page.goto(live_board.address)
    page.wait_for_selector("#live.is-live")
    page.evaluate("window.notReloaded = true")
    live_board.story(2, spec__title="Critical sodium 118 mmol/L")
    page.wait_for_selector("tr[data-task=task-2]")
    assert page.evaluate("window.notReloaded") is True
    assert page.locator("#news").inner_text() == "1 new task"


def test_the_why_panel_opens_by_keyboard_and_closes_again(live_board: LiveBoard, page: Page) -> None:
    page.goto(live_board.address)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    panel.locator("h2").wait_for()
    text = panel.inner_text()
    assert "OBX[2]-5" in text
    assert "critical-potassium" in text
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/task/task-1"


def test_a_click_opens_the_panel_and_the_task_stays_selected_when_the_queue_changes(
    live_board: LiveBoard, page: Page
) -> None:
    page.goto(live_board.address)
    page.wait_for_selector("#live.is-live")
    page.click("tr[data-task=task-1] .reason")
    page.locator("#panel h2").wait_for()
    live_board.story(2)
    page.wait_for_selector("tr[data-task=task-2]")
    assert page.locator("tr.selected").get_attribute("data-task") == "task-1"


def test_without_javascript_links_lead_to_the_same_panel(live_board: LiveBoard, page: Page) -> None:
    assert page.context.browser is not None
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto(live_board.address)
    plain.click("text=Critical potassium")
    assert "OBX[2]-5" in plain.inner_text("main")
