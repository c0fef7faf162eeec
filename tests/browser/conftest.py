"""A real browser, and pages in it; tests here see what a reader sees."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from brief_examples import example_brief
from vm2causal.report.brief.html.page import render_html

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")

type Opener = Callable[..., Page]
"""``open_page(source, width=1280, scripts=True, closed=False)``: a page with this HTML;
the sections of its annex are opened, unless they are to stay ``closed``."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium as the system has it; without one the tests are skipped, but never in CI."""
    path = next((found for found in map(shutil.which, _NAMES) if found), None)
    if path is None:
        reason = f"no browser on this machine: none of {', '.join(_NAMES)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def brief_source() -> str:
    return render_html(example_brief())


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open HTML as a file; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(
        source: str, *, width: int = 1280, scripts: bool = True, closed: bool = False
    ) -> Page:
        path = tmp_path / "brief.html"
        path.write_text(source, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: _only(asked.url, path, complaints))
        page.goto(path.as_uri())
        if scripts and not closed:
            page.locator("details.section").evaluate_all(
                "items => items.forEach((item) => { item.open = true })"
            )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _only(url: str, path: Path, complaints: list[str]) -> None:
    if url.partition("#")[0] != path.as_uri():
        complaints.append(f"asked for {url}")
