"""How long a brief is, and how soon its first finding is seen.

uv run python benchmarks/brief_measures.py results/vm2.html results/study.html

Needs Chromium and the development packages. Per page: its size, and pages and words of its PDFs;
at 1280 and 390 px wide where the first finding starts and whether it is on the first screen; the
seconds that someone reading 238 words a minute (Brysbaert 2019, Journal of Memory and Language 109,
104047) needs to get there; barriers that axe-core finds, with every closed section open; and
pictures, tables or text that scroll sideways.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

_PER_MINUTE = 238
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_BEFORE = """() => {
  const first = document.querySelector("article.finding");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (first.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) break;
    if (first.contains(node)) break;
    const box = node.parentElement.getClientRects();
    if (box.length) words += node.textContent.split(/\\s+/).filter(Boolean).length;
  }
  return { top: first.getBoundingClientRect().top + scrollY, words };
}"""


def measured(browser: Browser, path: Path) -> list[str]:
    """Lines on one brief."""
    lines = [f"{path.name}: {path.stat().st_size / 1e6:.2f} MB"]
    for part in (path.with_suffix(".pdf"), path.with_name(f"{path.stem}-annex.pdf")):
        pages = PdfReader(part).pages
        words = sum(len(page.extract_text().split()) for page in pages)
        lines.append(f"  {part.name}: {len(pages)} pages, {words} words")
    for width, height in ((1280, 900), (390, 844)):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(path.resolve().as_uri())
        found: dict[str, Any] = page.evaluate(_BEFORE)
        seconds = 60 * found["words"] / _PER_MINUTE
        seen = "on the first screen" if found["top"] < height else "below the first screen"
        page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true })")
        results = Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
        wide = page.evaluate(
            "[...document.querySelectorAll('figure svg')]"
            ".filter(item => item.getBoundingClientRect().right > innerWidth + 1).length"
        )
        lines.append(
            f"  {width} px: first finding at {found['top']:.0f} px ({seen}), after {seconds:.0f} s"
            f" of reading; axe-core violations {results.violations_count};"
            f" pictures wider than the page {wide}"
        )
        page.close()
    return lines


def main() -> None:
    """Measure the briefs named on the command line."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for found in map(shutil.which, names) if found), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in sys.argv[1:]:
            print("\n".join(measured(browser, Path(name))))
        browser.close()


if __name__ == "__main__":
    main()
