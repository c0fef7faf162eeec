"""The curve of specifications: what a row is, and what a summary counts."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from command_line import run, valid
from vm2causal.monitor.specification_curve import curve_summary, in_points, specification_rows
from vm2causal.report.figures.specification_curve import draw_curve
from vm2causal.texts import Language
from vm2causal.workflow import monitor_curve

MOVED = {"vsv": 0.012, "sk": 0.008}
MADE = {"pooling": "pooled", "icc": "main", "printing": "beside", "selection": "all"}


def curve(*rows: tuple[str, float, float, bool]) -> pd.DataFrame:
    """Of outcome, estimate, half-width and whether the fit passed."""
    return pd.DataFrame(
        [
            {
                "outcome": outcome,
                "scale": "hazards",
                **MADE,
                "mbar": 0.0,
                "tranche": "T2",
                "years_since_start": 3,
                "estimate": mean,
                "lower": mean - half,
                "upper": mean + half,
                "excludes_zero": abs(mean) > half,
                "passed": passed,
            }
            for outcome, mean, half, passed in rows
        ]
    )


ROWS = (
    ("vsv", -0.04, 0.02, True),
    ("vsv", -0.01, 0.02, True),
    ("vsv", 0.03, 0.01, True),
    ("vsv", -0.09, 0.01, False),
    ("sk", 0.13, 0.03, True),
)


def test_a_difference_of_differences_in_points() -> None:
    shares = xr.DataArray(
        np.array([[0.16], [0.164], [0.196], [0.163]]),
        dims=("group", "sample"),
        coords={"group": ["vm2", "landelijk", "voorgaand", "landelijk_voorgaand"]},
    )
    assert in_points(shares)[0] == pytest.approx(-0.037)


def test_a_summary_counts_what_passed_by_what_it_says() -> None:
    found = curve_summary(curve(*ROWS)).set_index("outcome")
    vsv = found.loc["vsv"]
    assert (vsv["number"], vsv["better"], vsv["clear"]) == (3, 2, 1)
    assert (vsv["smallest"], vsv["largest"]) == pytest.approx((-0.03, 0.04))
    assert found.loc["sk", "clear"] == 1


@pytest.mark.mcmc
def test_one_fit_answers_on_both_scales_with_and_without_parallel_trends(monitor) -> None:
    fit = monitor.fits["all", "did_clustered"]
    rows = pd.DataFrame(specification_rows(fit.posterior, fit.data, MOVED, MADE))
    # T1 after three and four years and T2 after three, of two outcomes
    assert len(rows) == 6 * 2 * 2
    places = ["outcome", "tranche", "years_since_start", "scale", "mbar"]
    found = rows.set_index(places)
    for outcome, tranche, year in (("vsv", "T1", 4), ("sk", "T2", 3)):
        here = monitor.estimates.query(
            f"outcome == '{outcome}' and tranche == '{tranche}' and years_since_start == {year} "
            "and selection == 'all' and method == 'did_clustered'"
        )["risk_difference"].iloc[0]
        main = found.loc[(outcome, tranche, year, "hazards", 0.0)]
        moved = found.loc[(outcome, tranche, year, "hazards", 1.0)]
        assert main["lower"] == pytest.approx(here["lower"])
        assert moved["lower"] == pytest.approx(main["lower"] - MOVED[outcome])
        assert moved["upper"] == pytest.approx(main["upper"] + MOVED[outcome])
    # (16.0 - 16.4) - (19.6 - 16.3) as printed; without VM2 in the nation the first gap is larger
    points = found.loc[("vsv", "T2", 3, "points", 0.0), "estimate"]
    assert points == pytest.approx(-0.037, abs=0.005)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_command_prints_the_curve_and_draws_it(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_curve, "monitor_curve", lambda tables, **options: curve(*ROWS))
    done = run("monitor", "curve", "--json", "--figures", tmp_path, "--lang", language)
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "specification-curve")
    assert len(document["specifications"]) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"specification-curve-{outcome}.{suffix}"
        for outcome in ("sk", "vsv")
        for suffix in ("csv", "png", "svg")
    ]
    drawn = pd.read_csv(tmp_path / "specification-curve-vsv.csv")
    assert list(drawn["estimate"]) == [-0.04, -0.01, 0.03]  # from low to high, those that passed
    shown = run("monitor", "curve", "--lang", language)
    assert {"nl": "Alle specificaties", "en": "All specifications"}[language] in shown.stdout


def test_the_alternative_text_of_a_curve_counts() -> None:
    drawn = draw_curve(curve(*ROWS), outcome="vsv", language=Language.EN)
    assert "3 estimates between −4.0 and 3.0 percentage points; 2 in favour of VM2, 1" in drawn.alt
    plt.close(drawn.figure)


def test_every_combination_is_fitted_once() -> None:
    steps = monitor_curve.curve_steps()
    assert len(set(steps)) == len(steps) == 2 * 2 * 3 * 2
