"""Effects in schools that are not in the data, against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit

from effects.effect_cases import linear_forward
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.contrasts import Contrast, default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.new_levels import (
    NEW_LEVELS,
    ONE_NEW_LEVEL,
    in_new_levels,
    totals_in_new_levels,
)
from vm2causal.effects.totals import totals_table
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Rows

SPREAD = 2.0

LOGISTIC = CausalSpec(
    name="logistic",
    # schools of eight: of persons no single new one would be told
    rows=Rows.UNITS,
    variables={
        "x": Variable(kind="binary", levels=("no", "yes")),
        "y": Variable(kind="binary", levels=("no", "yes")),
    },
    arrows=[Arrow(cause="x", effect="y")],
    groups=["school", "town"],
)
LINEAR = CausalSpec(
    name="linear",
    variables={"x": Variable(), "y": Variable()},
    arrows=[Arrow(cause="x", effect="y", varies="school")],
    groups=["school"],
)


def fitted(spec: CausalSpec, table: pd.DataFrame, draws: int, **values: float) -> Forward:
    """A posterior without doubt about these parameters; all others are drawn from the prior."""
    layout = structural_layout(table_data(spec, table))
    posterior = prior_draws(layout, draws=draws, seed=3)
    known = {name: xr.full_like(posterior[name], value) for name, value in values.items()}
    return Forward(layout, posterior.assign(known), draws=draws)


def in_schools(draws: int = 2_000) -> Forward:
    """logit P(y) = −2 + x + u, with u ~ N(0, 2²) between schools; x at random."""
    rng, rows = np.random.default_rng(5), 240
    table = pd.DataFrame(
        {
            "x": rng.choice(["no", "yes"], rows),
            "y": rng.choice(["no", "yes"], rows),
            "school": [f"s{k % 30}" for k in range(rows)],
            "town": [f"t{k % 2}" for k in range(rows)],
        }
    )
    column = table_data(LOGISTIC, table).columns["x"]
    return fitted(
        LOGISTIC,
        table,
        draws,
        weight=column.scale,
        intercept=-2.0 + column.centre,
        school_sd=SPREAD,
        town_sd=0.0,
    )


def effect_at(deviation: np.ndarray) -> np.ndarray:
    found: np.ndarray = expit(-1.0 + deviation) - expit(-2.0 + deviation)
    return found


def test_an_average_over_schools_is_that_of_their_distribution() -> None:
    """Risk difference .127; at the average school it is .150."""
    forward = in_schools()
    (yes,) = default_contrasts(forward, "x")
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    wanted = float((weights / weights.sum()) @ effect_at(SPREAD * nodes))
    assert wanted == pytest.approx(0.1275, abs=1e-4)
    assert effect_at(np.zeros(1)) == pytest.approx(0.150, abs=1e-3)
    found = totals_in_new_levels(forward, [yes], {"x": ["y"]}, "school")
    rows = found.set_index("group")["natural"]
    # sixty-four times thirty schools in 2,000 draws: an error of some 0.0001
    assert rows[NEW_LEVELS]["mean"] == pytest.approx(wanted, abs=3e-4)
    one = effect_at(SPREAD * np.random.default_rng(1).standard_normal(2_000_000))
    assert rows[ONE_NEW_LEVEL]["mean"] == pytest.approx(one.mean(), abs=4 * one.std() / 2_000**0.5)
    # a quantile near the bound of 0.2449 has a density of tens; the lower one of about 2
    low, high = np.quantile(one, [0.025, 0.975])
    assert rows[ONE_NEW_LEVEL]["lower"] == pytest.approx(low, abs=0.004)
    assert rows[ONE_NEW_LEVEL]["upper"] == pytest.approx(high, abs=0.002)


def test_schools_of_the_data_are_one_sample_of_them() -> None:
    """Their average lies about that of all, as far as thirty schools can."""
    forward = in_schools()
    (yes,) = default_contrasts(forward, "x")
    here = totals_table(forward, [yes], {"x": ["y"]})["natural"][0]
    # the schools of each draw are others here, since nothing was learnt about them
    assert here["mean"] == pytest.approx(0.1275, abs=0.001)
    sd = effect_at(SPREAD * np.random.default_rng(1).standard_normal(100_000)).std() / 30**0.5
    assert here["sd"] == pytest.approx(sd, rel=0.1)
    found = totals_in_new_levels(forward, [yes], {"x": ["y"]}, "school")
    assert found["natural"][0]["sd"] < 0.2 * here["sd"]


def test_a_slope_in_a_new_school_differs_by_their_standard_deviation() -> None:
    rng, rows = np.random.default_rng(6), 200
    table = pd.DataFrame({"x": rng.normal(size=rows), "y": rng.normal(size=rows)})
    table["school"] = [f"s{k % 20}" for k in range(rows)]
    forward = fitted(LINEAR, table, 4_000, weight=0.4, school_slope_sd=0.3)
    columns = forward.data.columns
    unit = columns["y"].scale / columns["x"].scale
    ask = Contrast("x", 1.0, 0.0, "1", "0")
    found = totals_in_new_levels(forward, [ask], {"x": ["y"]}, "school").set_index("group")
    new, one = found["natural"][NEW_LEVELS], found["natural"][ONE_NEW_LEVEL]
    assert new["mean"] == pytest.approx(0.4 * unit, abs=0.002)
    assert one["mean"] == pytest.approx(0.4 * unit, abs=4 * 0.3 * unit / 4_000**0.5)
    assert one["sd"] == pytest.approx(0.3 * unit, rel=0.05)


def test_only_what_the_group_does_is_drawn_anew() -> None:
    forward = in_schools(draws=20)
    other = in_new_levels(forward, "school", seed=1)
    changed = {
        name
        for name, values in forward.parameters.items()
        if not np.array_equal(values, other.parameters[name])
    }
    assert changed == {"school_z"}
    assert other.observed is forward.observed
    again = in_new_levels(forward, "school", seed=1).parameters["school_z"]
    assert np.array_equal(again, other.parameters["school_z"])
    # thirty strata of equal probability, one school in each
    ranks = np.floor(30 * normal_share(again))
    assert (np.sort(ranks, axis=-1) == np.arange(30)).all()


def normal_share(values: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    found: np.ndarray = ndtr(values)
    return found


def test_a_group_that_is_none_or_complete_has_no_new_levels() -> None:
    forward = linear_forward()
    ask = Contrast("x", 1.0, 0.0, "1", "0")
    with pytest.raises(QueryError, match="group of the model") as refused:
        totals_in_new_levels(forward, [ask], {"x": ["y"]}, "heard")
    assert "herd" in str(refused.value)
    with pytest.raises(QueryError, match="all that there are"):
        totals_in_new_levels(forward, [ask], {"x": ["y"]}, "m")
