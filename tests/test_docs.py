"""The site: it builds without a warning, fetches nothing, and leaves no package out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import vm2causal

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FOUNDATIONS = {"errors", "storage", "texts"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the whole site; pages outside the navigation and dead links are warnings."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def pages(site: Path) -> Iterator[str]:
    for path in sorted(site.rglob("*.html")):
        yield path.read_text(encoding="utf-8")


def test_every_page_is_built(site: Path) -> None:
    for source in DOCS.rglob("*.md"):
        assert (site / source.relative_to(DOCS)).with_suffix(".html").is_file()


def test_a_reader_fetches_nothing(site: Path) -> None:
    tags = re.compile(r"<(?:script|link|img|iframe)\b[^>]*>")
    fetched = [tag for page in pages(site) for tag in tags.findall(page) if "//" in tag]
    assert fetched == []


@pytest.mark.parametrize("name", vm2causal.__all__)
def test_public_names_are_explained(site: Path, name: str) -> None:
    page = (site / "reference" / "index.html").read_text(encoding="utf-8")
    if (ROOT / "src" / "vm2causal" / name).is_dir():
        # functions with the name of a package stand where they are defined
        page = (site / "reference" / "api.html").read_text(encoding="utf-8")
        name = f"{getattr(vm2causal, name).__module__}.{name}".removeprefix("vm2causal.")
    assert f'id="vm2causal.{name}"' in page


def test_every_package_has_its_reference() -> None:
    words = " ".join(path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md"))
    packages = {path.parent.name for path in (ROOT / "src" / "vm2causal").glob("*/__init__.py")}
    explained = set(re.findall(r"^::: vm2causal\.(\w+)$", words, flags=re.MULTILINE))
    assert explained == (packages - {"cli"}) | FOUNDATIONS
