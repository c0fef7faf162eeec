"""The architecture page stays true: the layers import-linter holds, and every module."""

import ast
import itertools
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def layers_on_the_page() -> list[set[str]]:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| L\d \| (.+?) \|", page, flags=re.MULTILINE)
    return [{name.strip("/") for name in re.findall(r"`([a-z_]+/?)`", row)} for row in rows]


def test_the_page_lists_every_module() -> None:
    package = ROOT / "src" / "vm2causal"
    modules = {
        path.stem
        for path in package.iterdir()
        if not path.stem.startswith("__")
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert set().union(*layers_on_the_page()) == modules


def test_the_page_orders_layers_as_the_linter_does() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    order = [set(re.findall(r"vm2causal\.([a-z_]+)", layer)) for layer in contract["layers"]]
    rank = {name: len(order) - place for place, names in enumerate(order) for name in names}
    shown = layers_on_the_page()
    for upper, lower in itertools.pairwise(shown):
        assert min(rank[name] for name in upper) > max(rank[name] for name in lower)


def test_tests_and_benchmarks_import_what_there_is() -> None:
    """Those that take minutes are run seldom: a name that moved is missed here, not then."""
    source = ROOT / "src"
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    taken = {
        (node.module, item.name)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vm2causal")
        for item in node.names
    }
    lacking = []
    for module, name in sorted(taken):
        place = source.joinpath(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        known = file.exists() and re.search(rf"\b{name}\b", file.read_text(encoding="utf-8"))
        if not known and not (place / f"{name}.py").exists() and not (place / name).is_dir():
            lacking.append(f"{module}.{name}")
    assert lacking == []
