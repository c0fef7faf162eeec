"""The Python of pages of the docs runs as it stands, one block after the other."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def run_page(name: str) -> dict[str, Any]:
    """Names that the blocks of a page leave."""
    page = (DOCS / name).read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        exec(compile(block, name, "exec"), names)
    return names


@pytest.mark.mcmc
def test_the_quickstart_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_page("python.md")
    lower, mean, upper = (getattr(names["effect"], part) for part in ("lower", "mean", "upper"))
    assert lower < mean < upper
    assert capsys.readouterr().out.split() == [str(part) for part in (mean, lower, upper)]
    assert names["answer"].adjustment_sets == (("entry",),)
    assert r"\toprule" in names["latex"]
    assert names["page"].count("<tr") == 1 + len(names["arrows"])
    assert {"mean", "lower", "upper", "p_direction", "verdict"} <= set(names["arrows"])


@pytest.mark.mcmc
def test_what_a_coding_assistant_is_told_holds(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_page("llms.txt")
    assert names["effect"].lower < names["effect"].mean < names["effect"].upper
    assert set(names["effect"].remarks) <= set(capsys.readouterr().out.splitlines())
    assert names["ratio"].mean > 0
    assert len(names["treated"].table) == len(names["chance"].table) == 1


def test_it_is_in_the_package_too() -> None:
    packed = files("vm2causal").joinpath("llms.txt").read_text(encoding="utf-8")
    assert packed == (DOCS / "llms.txt").read_text(encoding="utf-8")


@pytest.mark.mcmc
def test_what_users_of_other_packages_are_told_holds() -> None:
    names = run_page("coming-from.md")
    model, equations = (names[one].spec.graph.to_networkx() for one in ("model", "equations"))
    assert (
        set(names["truth"].spec.graph.to_networkx().edges)
        == set(model.edges)
        == set(equations.edges)
    )
    assert "link_mean" in names["arrows"]
    assert "standardised_mean" in names["arrows"]
