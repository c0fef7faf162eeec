"""Notebooks are kept without outputs, and hold nothing of the machine they were written on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

_ABSOLUTE = re.compile(r"""["'`\s](?:/(?:home|root|tmp|work|Users|mnt)/|[A-Z]:\\)""")


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def test_there_are_four() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_clean(path: Path) -> None:
    cells = _cells(path)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert [cell["id"] for cell in cells if _ABSOLUTE.search("".join(cell["source"]))] == []


def test_an_absolute_path_is_seen() -> None:
    assert _ABSOLUTE.search('open("/home/me/study.csv")')
    assert not _ABSOLUTE.search('Path(temporary.name) / "fit"  # and/or')
