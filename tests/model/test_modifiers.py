"""Coefficients by level and products, as they are laid out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import halfnorm, kstest

from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.errors import StudyError
from vm2causal.model.data.idle import idle_variations, without_idle
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import PRODUCT_SHARE, VARYING_SHARE
from vm2causal.spec import Arrow, CausalSpec, Variable

ROWS = 60


def data(**changes: object) -> StructuralData:
    rng = np.random.default_rng(1)
    columns: dict[str, object] = {
        "x": rng.normal(size=ROWS),
        "plan": rng.choice(list("abc"), ROWS),
        "sector": rng.choice(list("pqrs"), ROWS),
        "school": rng.choice([f"s{k}" for k in range(6)], ROWS),
        "y": rng.normal(size=ROWS),
    }
    spec = CausalSpec(
        name="m",
        variables={
            "x": Variable(),
            "plan": Variable(kind="nominal"),
            "sector": Variable(kind="nominal"),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="x", effect="y", varies=["school", "sector"]),
            Arrow(cause="plan", effect="y", varies="school", depends_on="x"),
            Arrow(cause="sector", effect="y"),
        ],
        groups=["school"],
    )
    return table_data(spec, pd.DataFrame(columns | changes))


def test_every_coefficient_has_its_own_deviations() -> None:
    layout = structural_layout(data())
    on = ("x -> y", "plan[b] -> y", "plan[c] -> y")
    assert set(layout.block("school_slope_sd").dims["school_slope_on"]) == set(on)
    assert layout.block("school_slope_z").shape == (3, 6)
    # the levels of a variable are all that there are: their deviations sum to zero
    assert layout.block("sector_slope_z").shape == (1, 3)
    draws = prior_draws(layout, draws=4, seed=1)["sector_slope_z"]
    np.testing.assert_allclose(draws.sum("sector_level"), 0.0, atol=1e-12)
    assert list(layout.block("product").dims["product_of"]) == [
        "plan[b] × x -> y",
        "plan[c] × x -> y",
    ]
    contrast = next(weight for weight in layout.weights if weight.label == "plan[b] -> y")
    np.testing.assert_allclose(layout.block("product").sd, PRODUCT_SHARE * contrast.sd)


def test_standard_deviations_have_half_normal_priors() -> None:
    layout = structural_layout(data())
    draws = prior_draws(layout, draws=4_000, seed=2)["school_slope_sd"]
    for row, name in enumerate(layout.block("school_slope_sd").dims["school_slope_on"]):
        sd = next(weight.sd for weight in layout.weights if weight.label == name)
        own = draws.to_numpy()[0, :, row]
        assert kstest(own, halfnorm(scale=VARYING_SHARE * sd).cdf).pvalue > 0.001


def test_what_the_data_cannot_tell_is_left_out_and_said() -> None:
    one = data(sector=["p"] * ROWS)
    assert [item.to_dict() for item in idle_variations(one)] == [
        {"cause": "x", "effect": "y", "by": "sector", "reason": "one_level"}
    ]
    fixed = data()
    codes = fixed.groups["school"].codes
    constant = data(x=codes.astype(float), school=[f"s{k}" for k in codes])
    found = {(item.cause, item.by): item.reason.value for item in idle_variations(constant)}
    assert found == {("x", "school"): "constant_within"}
    layout = structural_layout(without_idle(constant))
    assert "x -> y" not in layout.block("school_slope_sd").dims["school_slope_on"]
    assert list(idle_variations(without_idle(constant))) == []


def test_levels_that_an_arrow_varies_by_must_be_known() -> None:
    sector = ["p", None, *"qrs" * ((ROWS - 2) // 3), "q"][:ROWS]
    with pytest.raises(StudyError, match=r"varies by 'sector', so every row must have a level"):
        structural_layout(data(sector=sector))


def test_a_group_that_shares_strength_has_no_coefficient_to_vary() -> None:
    found = data()
    spec = CausalSpec(
        name="m",
        variables={"sector": Variable(kind="nominal"), "y": Variable()},
        arrows=[Arrow(cause="sector", effect="y", varies=["school"])],
        groups=["school", "sector"],
    )
    table = pd.DataFrame(
        {
            "sector": np.array(list("pqrs"))[np.arange(ROWS) % 4],
            "school": [f"s{k}" for k in found.groups["school"].codes],
            "y": found.columns["y"].values,
        }
    )
    with pytest.raises(StudyError, match="a group whose levels share strength"):
        structural_layout(table_data(spec, table))
