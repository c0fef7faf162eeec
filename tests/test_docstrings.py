"""Public functions say what each parameter is: a floor per package that only rises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import vm2causal

SOURCE = Path(vm2causal.__file__).parent

FLOORS = {
    "__main__": 100,
    "api": 66,
    "checks": 97,
    "cores": 100,
    "disclosure": 50,
    "effects": 97,
    "errors": 100,
    "estimators": 100,
    "folder_names": 100,
    "identify": 41,
    "inputs": 38,
    "model": 15,
    "monitor": 95,
    "plain_files": 100,
    "described": 100,
    "progress": 100,
    "refits": 100,
    "report": 72,
    "simulate": 56,
    "spec": 38,
    "storage": 100,
    "texts": 100,
    "timings": 100,
    "unfinished": 100,
    "unseen": 100,
    "workflow": 81,
}
"""Percent of the parameters of public functions that their docstrings name at least.

Commands have none: what they take is described to their user, from the catalogue.
"""

_SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)
_NAMES = re.compile(r"^([*\w]+(?:, [*\w]+)*)(?: : .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """A public function or class, and which of its parameters its docstring leaves out."""

    place: str
    parameters: tuple[str, ...]
    missing: tuple[str, ...]


def functions(path: Path) -> Iterator[Documented]:
    """Public functions, methods and dataclasses of a module, from its text alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _of(path, node, node.name, _arguments(node))
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _of(path, node, node.name, _fields(node))
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    yield from _of(path, item, f"{node.name}.{item.name}", _arguments(item)[1:])


def _of(
    path: Path, node: ast.FunctionDef | ast.ClassDef, name: str, parameters: list[str]
) -> Iterator[Documented]:
    if node.name.startswith("_") or not parameters:
        return
    section = _SECTION.search(ast.get_docstring(node) or "")
    known = _NAMES.findall(section.group(1)) if section else []
    named = {one.strip("* ") for names in known for one in names.split(",")}
    missing = tuple(one for one in parameters if one not in named)
    place = f"{path.relative_to(SOURCE)}:{node.lineno} {name}"
    yield Documented(place, tuple(parameters), missing)


def _arguments(node: ast.FunctionDef) -> list[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    static = any(
        isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list
    )
    return (["self"] if static else []) + [one.arg for one in every]


def _fields(node: ast.ClassDef) -> list[str]:
    """Fields of a dataclass: the parameters of its constructor."""
    if not any("dataclass" in ast.unparse(item) for item in node.decorator_list):
        return []
    return [
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and not item.target.id.startswith("_")
        and "ClassVar" not in ast.unparse(item.annotation)
        and "init=False" not in ast.unparse(item)
    ]


@cache
def _within(package: str) -> list[Documented]:
    place = SOURCE / package
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [found for path in paths for found in functions(path)]


@pytest.mark.parametrize("package", FLOORS)
def test_parameters_of_public_functions_are_documented(package: str) -> None:
    found = _within(package)
    every = sum(len(one.parameters) for one in found)
    missing = [f"{one.place}: {', '.join(one.missing)}" for one in found if one.missing]
    named = every - sum(len(one.missing) for one in found)
    share = 100 * named / every if every else 100
    assert share >= FLOORS[package], "\n".join([f"{share:.1f}% of {every}; missing:", *missing])


def test_every_package_has_a_floor() -> None:
    held = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert held - {"cli", "__init__"} == set(FLOORS)


@pytest.mark.parametrize("name", vm2causal._HOME)
def test_what_the_package_offers_is_documented_whole(name: str) -> None:
    home = vm2causal._HOME[name].replace(".", "/")
    offered = [one for one in _within(home.split("/")[0]) if one.place.split()[1] == name]
    found = [one for one in offered if one.place.startswith(home)]
    missing = {one.place: one.missing for one in found if one.missing}
    assert not missing


def test_what_a_docstring_leaves_out_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    module = tmp_path / "one.py"
    module.write_text(
        'def f(a, b, *, c):\n    """Do.\n\n    Parameters\n    ----------\n    a, c\n'
        '        Numbers.\n\n    Returns\n    -------\n    b\n        A number.\n    """\n'
    )
    assert [(one.parameters, one.missing) for one in functions(module)] == [
        (("a", "b", "c"), ("b",))
    ]
