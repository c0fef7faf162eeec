"""A row far from all others: what the effects are without it stands beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import run, valid
from vm2causal.model.fits.fit_files import read_record

pytestmark = pytest.mark.mcmc

ROWS = 120
MODEL = {
    "schema": "vm2causal/model/1",
    "variables": {"x": {}, "y": {}},
    "arrows": [{"from": "x", "to": "y"}],
    "queries": [{"cause": "x", "effect": "y"}],
}


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(x, y, 1)[0])


def test_the_effect_without_an_outlying_row_is_that_of_a_fit_without_it(tmp_path: Path) -> None:
    """y rises by 2 per x, but in row 17; least squares over the quartiles of both."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=ROWS)
    y = 2 * x + rng.normal(size=ROWS)
    x[16], y[16] = 14.0, 2.0
    cells = zip(x.tolist(), y.tolist(), strict=True)
    lines = ["x,y,gewicht", *(f"{a!r},{b!r},{1 + n % 3}" for n, (a, b) in enumerate(cells))]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "m.yaml").write_text(json.dumps(MODEL), encoding="utf-8")
    fit = tmp_path / "fit"
    options = ("--draws", "400", "--chains", "2", "--lang", "en")
    done = run("fit", tmp_path / "t.csv", "--model", tmp_path / "m.yaml", "--out", fit, *options)
    assert done.returncode == 0, done.stderr
    # rows are persons: which, and what stands in it, is for who holds the data
    assert "in row 17 stands far" in done.stderr
    assert "Without the rows that stand far from all others, fitted again: x → y" in done.stdout
    valid(json.dumps(read_record(fit)), "fit")
    shown = run("effects", fit, "--json", "--lang", "en")
    document = valid(shown.stdout, "effects")
    found = document["outliers"]
    assert (found["rows"], found["converged"]) == (None, True)
    (effect,) = found["effects"]
    step = float(np.subtract(*np.quantile(x, [0.75, 0.25])))
    for part, rows in (("with", np.ones(ROWS, dtype=bool)), ("without", np.arange(ROWS) != 16)):
        # of the mean: Monte Carlo error at most 0.02; priors shrink by 2% at most
        assert effect[part]["mean"] == pytest.approx(
            _slope(x[rows], y[rows]) * step, rel=0.03, abs=0.06
        )
    assert effect["with"]["mean"] < 0.5 * effect["without"]["mean"]
    assert {item["code"] for item in document["remarks"]} == {"outliers", "weights"}
    assert "Column 'gewicht' seems to hold weights" in shown.stderr
    assert "17" not in shown.stderr
