"""The Python of ``docs/python.md`` runs as it stands, one block after the other."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "python.md"


@pytest.mark.mcmc
def test_the_quickstart_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    lower, mean, upper = (getattr(names["effect"], part) for part in ("lower", "mean", "upper"))
    assert lower < mean < upper
    assert capsys.readouterr().out.split() == [str(part) for part in (mean, lower, upper)]
    assert names["answer"].adjustment_sets == (("entry",),)
    assert {"mean", "lower", "upper", "p_direction", "verdict"} <= set(names["arrows"])
