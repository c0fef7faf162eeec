"""Robust standard errors of arrows, direct effects and shares: sandwiches in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from checks.loo_pit_cases import fitted
from effects.regression_cases import model
from vm2causal.checks.gate.arrow_licences import licensed_arrows
from vm2causal.checks.gate.robust_spread import Drawn, spreads_of
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.judgement import Note
from vm2causal.effects.mediation import mediation_shares
from vm2causal.effects.totals import direct_effect
from vm2causal.effects.verdict import Verdict, verdict
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec.words import Sign

pytestmark = pytest.mark.mcmc

ROWS = 400


@dataclass(frozen=True)
class Line:
    """Least squares with what each row does to its coefficients.

    Parameters
    ----------
    estimate
        Intercept first.
    influence
        Shape (row, coefficient); the sum of squares is White's variance.
    model_sd
        Of the usual formula, which takes variances for equal.
    """

    estimate: Floats
    influence: Floats
    model_sd: Floats


def least_squares(y: Floats, *causes: Floats) -> Line:
    design = np.column_stack([np.ones(len(y)), *causes])
    inverse = np.linalg.inv(design.T @ design)
    estimate = inverse @ design.T @ y
    residual = y - design @ estimate
    free = len(y) - design.shape[1]
    usual = np.sqrt(np.diag(inverse) * (residual @ residual) / free)
    return Line(estimate, residual[:, None] * (design @ inverse), usual)


def sandwich(influence: Floats) -> float:
    return float(np.sqrt((influence**2).sum()))


@pytest.fixture(scope="module")
def rows() -> dict[str, Floats]:
    """Noise grows with the cause; the direct coefficient is 2.5 of its usual standard errors."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=ROWS)
    m = 0.5 * x + rng.normal(size=ROWS)
    y = 0.5 * m + np.exp(0.6 * np.abs(x)) * rng.normal(size=ROWS)
    found = least_squares(y, x, m)
    y = y + (2.5 * found.model_sd[1] - found.estimate[1]) * x
    return {"x": x, "m": m, "y": y}


@pytest.fixture(scope="module")
def forward(rows: dict[str, Floats]) -> Forward:
    spec = model(["x", "m", "y"], "x>m m>y x>y")
    signs = {("x", "m"): Sign.PLUS}
    arrows = [arrow.model_copy(update={"sign": signs.get(arrow.key)}) for arrow in spec.arrows]
    spec = spec.model_copy(update={"arrows": tuple(arrows)})
    fit = fitted(table_data(spec, pd.DataFrame(rows)))
    return Forward(fit.layout, fit.posterior, seed=1)


def test_arrows_direct_effect_and_shares_have_the_sandwich_of_white(
    rows: dict[str, Floats], forward: Forward
) -> None:
    """A covariance of 600 draws is known to about one in twenty; priors shrink a little."""
    first, second = (
        least_squares(rows["m"], rows["x"]),
        least_squares(rows["y"], rows["x"], rows["m"]),
    )
    a, b = first.estimate[1], second.estimate[2]
    through = b * first.influence[:, 1] + a * second.influence[:, 2]
    exact = {
        "direct": sandwich(second.influence[:, 1]),
        "indirect": sandwich(through),
        "total": sandwich(through + second.influence[:, 1]),
    }
    (contrast,) = chosen_contrast(forward, "x", "1", "0")
    (share,) = mediation_shares(forward, contrast, "y")
    parts = share.averaged(forward.data.weights_for("y"))
    held = direct_effect(forward, contrast, "y")["natural"].to_numpy().mean(axis=1)
    found = spreads_of(
        forward,
        [
            *(Drawn(contrast, "y", parts[kind], kind, ("m",)) for kind in ("indirect", "direct")),
            Drawn(contrast, "y", parts["total"]),
            Drawn(contrast, "y", held, "direct"),
        ],
    )
    assert list(found["kind"]) == ["indirect", "direct", "total", "direct"]
    expected = [exact[kind] for kind in found["kind"]]
    assert found["robust_sd"].tolist() == pytest.approx(expected, rel=0.12)
    # the usual formula is wrong by so much that the two cannot be taken for one another
    assert exact["direct"] > 1.4 * second.model_sd[1]
    assert found["sd"].iloc[3] == pytest.approx(second.model_sd[1], rel=0.12)


def gate(state: str, *tests: dict[str, Any]) -> dict[str, Any]:
    return {
        "predictions": [{"variable": "m", "state": "passed"}, {"variable": "y", "state": state}],
        "tests": tests,
    }


def arrow(forward: Forward, found: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    table = licensed_arrows(forward, arrow_table(forward), found, sizes)
    return next(row for row in row_dicts(table) if (row["cause"], row["effect"]) == ("x", "y"))


def test_a_verdict_that_only_the_distribution_gives_is_taken_back(
    rows: dict[str, Floats], forward: Forward
) -> None:
    passed, failed = (arrow(forward, gate(state), {}) for state in ("passed", "failed"))
    assert passed["verdict"] == Verdict.EEN_EFFECT
    assert (passed["robust"]["applied"], failed["robust"]["applied"]) == (False, True)
    assert passed["robust"]["factor"] == failed["robust"]["factor"] > 1.3
    second = least_squares(rows["y"], rows["x"], rows["m"])
    scale = rows["x"].std(ddof=1) / rows["y"].std(ddof=1)
    exact = sandwich(second.influence[:, 1]) * scale
    assert failed["robust"]["sd"] == pytest.approx(exact, rel=0.12)

    for name in ("standardised", "band", "link", "natural"):
        assert failed[name]["sd"] == pytest.approx(passed[name]["sd"] * failed["robust"]["factor"])
    band = failed["band"]
    assert failed["verdict"] == verdict(
        band["lower"], band["upper"], sign=None, untestable=None, logit=False
    )
    assert failed["verdict"] == Verdict.ONBESLIST
    assert pd.isna(failed["direction"])
    assert failed["notes"][0] == Note.LEANS_ON_DISTRIBUTION
    assert failed["lfsr"] > passed["lfsr"]
    assert failed["p_direction"] == pytest.approx(1 - failed["lfsr"])


def test_every_arrow_has_one_also_beside_arrows_with_signs(forward: Forward) -> None:
    found = licensed_arrows(forward, arrow_table(forward), gate("failed"), {})
    assert list(zip(found["cause"], found["effect"], strict=True)) == [
        ("x", "m"), ("m", "y"), ("x", "y"),
    ]  # fmt: skip
    assert [row["applied"] for row in found["robust"]] == [False, True, True]
    assert list(found["verdict"])[:2] == [Verdict.ONDERSTEUND, Verdict.EEN_EFFECT]
    assert all(row["sd"] > 0 for row in found["robust"])


def test_slopes_that_vary_over_many_levels_widen_the_arrow_they_are_of(forward: Forward) -> None:
    test = {"cause": "x", "effect": "y", "shape": "varies", "by": "g", "state": "failed"}
    assert arrow(forward, gate("passed", test), {"g": 30})["robust"]["applied"]
    # an average over four sectors has no standard error
    assert not arrow(forward, gate("passed", test), {"g": 4})["robust"]["applied"]
    assert not arrow(forward, gate("passed", test | {"cause": "m"}), {"g": 30})["robust"]["applied"]
