"""Notebooks are kept with what they show, and hold nothing of the machine they ran on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

_ABSOLUTE = re.compile(r"""["'`\s](?:/(?:home|root|tmp|work|Users|mnt)/|[A-Z]:\\)""")
_SUBMODULE = re.compile(r"^\s*(?:from|import) vm2causal\.", re.MULTILINE)
_PICTURES = {"image/png", "image/svg+xml"}


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in _cells(path) if cell["cell_type"] == "code"]


def test_there_are_four() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_what_is_public_alone(path: Path) -> None:
    assert [cell["id"] for cell in _code(path) if _SUBMODULE.search("".join(cell["source"]))] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_as_it_ran_from_top_to_bottom(path: Path) -> None:
    code = _code(path)
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs}.isdisjoint({"error"})
    shown = [kind for output in outputs for kind in output.get("data", ())]
    # the third follows one arrow through tables
    assert _PICTURES.isdisjoint(shown) == (path.stem[0] == "3")
    assert [output for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_nothing_of_a_machine(path: Path) -> None:
    cells = _cells(path)
    assert len({cell["id"] for cell in cells}) == len(cells)
    held = [json.dumps([cell["source"], cell.get("outputs")]) for cell in cells]
    assert [text[:200] for text in held if _ABSOLUTE.search(text.replace("\\n", " "))] == []


def test_an_absolute_path_is_seen() -> None:
    assert _ABSOLUTE.search('open("/home/me/study.csv")')
    assert not _ABSOLUTE.search('Path(temporary.name) / "fit"  # and/or')
