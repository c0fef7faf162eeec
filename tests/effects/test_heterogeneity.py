"""How much coefficients differ: closed forms, known truths and what others published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from effects.effect_cases import prior_forward
from vm2causal.checks.gate.shape_tests import Shape, shape_tests
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.heterogeneity import differences_table, slopes_table
from vm2causal.effects.mediation import mediation_table
from vm2causal.effects.totals import OWN_COEFFICIENTS, totals_table
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

ROWS = 200
SECTORS = ("techniek", "zorg", "economie", "groen")


def differing(rows: int = ROWS, seed: int = 3) -> StructuralData:
    """Numbers: x acts on y by school and sector, and the more the larger m is."""
    rng = np.random.default_rng(seed)
    spec = CausalSpec(
        name="differing",
        variables={
            "x": Variable(),
            "m": Variable(),
            "sector": Variable(kind="nominal"),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="x", effect="m"),
            Arrow(cause="x", effect="y", varies=["school", "sector"], depends_on=["m"]),
            Arrow(cause="m", effect="y"),
            Arrow(cause="sector", effect="y"),
        ],
        groups=["school"],
    )
    return table_data(
        spec,
        pd.DataFrame(
            {
                "x": rng.normal(2, 3, rows),
                "m": rng.normal(size=rows),
                "sector": rng.choice(SECTORS, rows),
                "school": rng.choice([f"s{k}" for k in range(8)], rows),
                "y": rng.normal(10, 4, rows),
            }
        ),
    )


@pytest.fixture(scope="module")
def forward() -> Forward:
    return prior_forward(differing(), draws=60)


def test_slopes_are_the_mean_and_what_a_level_is_away(forward: Forward) -> None:
    data, layout = forward.data, forward.layout
    index = next(k for k, weight in enumerate(layout.weights) if weight.label == "x -> y")
    found = slopes_table(forward)
    sectors = found[found["by"] == "sector"].set_index("group")
    deviations = forward.parameters["sector_slope_sd"][:, [0]]
    deviations = deviations * forward.parameters["sector_slope_z"][:, 0]
    slopes = forward.weight(index) + deviations
    scale = data.columns["y"].scale / data.columns["x"].scale
    for code, name in enumerate(data.columns["sector"].levels):
        assert sectors.loc[name, "standardised"]["mean"] == pytest.approx(slopes[:, code].mean())
        assert sectors.loc[name, "link"]["mean"] == pytest.approx(scale * slopes[:, code].mean())
    assert len(found[found["by"] == "school"]) == 8
    assert (found["rank_lower"] <= found["rank_upper"]).all()


def test_the_natural_effect_of_an_arrow_is_the_mean_slope(forward: Forward) -> None:
    """Over units, each at its own level and moderator."""
    data, world = forward.data, forward.observed
    item = forward.layout.predictors_of["y"][0]
    index = next(k for k, w in enumerate(forward.layout.weights) if w.label == "x -> y")
    whole = forward.coefficient(item, index, world)
    scale = data.columns["y"].scale / data.columns["x"].scale
    table = arrow_table(forward)
    row = table[(table["cause"] == "x") & (table["effect"] == "y")].iloc[0]
    assert row["natural"]["mean"] == pytest.approx(scale * whole.mean(), rel=1e-9)


def test_differences_say_how_much(forward: Forward) -> None:
    table = differences_table(forward).set_index("by")
    spread = forward.parameters["school_slope_sd"][:, 0]
    assert table.loc["school", "spread"]["mean"] == pytest.approx(spread.mean())
    assert table.loc["school", "new_level"]["sd"] > table.loc["school", "spread"]["mean"] / 2
    assert table.loc["sector", "new_level"] is None
    product = forward.parameters["product"][:, 0]
    assert table.loc["m", "per_sd"]["mean"] == pytest.approx(product.mean())
    assert 0 <= table.loc["sector", "p_apart"] <= 1


def test_what_varies_in_the_model_is_not_tested_again(forward: Forward) -> None:
    tests = shape_tests(forward)
    own = tests[(tests["cause"] == "x") & (tests["effect"] == "y")]
    assert "school" not in set(own.loc[own["shape"] == Shape.VARIES.value, "by"])
    assert set(own.loc[own["shape"] == Shape.INTERACTION.value, "by"]).isdisjoint({"m", "sector"})
    of_m = tests[(tests["cause"] == "m") & (tests["effect"] == "y")]
    assert "school" in set(of_m.loc[of_m["shape"] == Shape.VARIES.value, "by"])


# -- closed forms ------------------------------------------------------------------------------


def interacting(rows: int = 400, seed: int = 5) -> tuple[CausalSpec, pd.DataFrame]:
    """M = X + e, Y = .3 X + .8 M + .4 X M + e, X one or zero."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, rows)
    m = x + rng.normal(size=rows)
    y = 0.3 * x + 0.8 * m + 0.4 * x * m + rng.normal(size=rows)
    spec = CausalSpec(
        name="interacting",
        variables={
            "x": Variable(kind="binary", levels=("0", "1")),
            "m": Variable(),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="x", effect="m"),
            Arrow(cause="x", effect="y", depends_on="m"),
            Arrow(cause="m", effect="y"),
        ],
    )
    return spec, pd.DataFrame({"x": x.astype(str), "m": m, "y": y})


def test_parts_of_an_effect_with_an_interaction_have_their_closed_form() -> None:
    """Natural effects of a linear model (VanderWeele 2015, Explanation in Causal Inference, 2)."""
    spec, table = interacting(60)
    forward = prior_forward(table_data(spec, table), draws=40)
    columns, weights = forward.data.columns, forward.layout.weights
    at = {weight.label: forward.weight(k)[:, 0] for k, weight in enumerate(weights)}
    product, intercepts = forward.parameters["product"][:, 0], forward.parameters["intercept"]
    x, y = columns["x"], columns["y"]
    high, low = ((value - x.centre) / x.scale for value in (1.0, 0.0))
    names = list(forward.layout.intercepts)
    start = intercepts[:, names.index("m")]
    m_high, m_low = (start + at["x -> m"] * value for value in (high, low))

    def mean_y(x_value: float, m_value: np.ndarray) -> np.ndarray:
        return at["x -> y"] * x_value + at["m -> y"] * m_value + product * x_value * m_value

    direct = (mean_y(high, m_low) - mean_y(low, m_low)) * y.scale
    total = (mean_y(high, m_high) - mean_y(low, m_low)) * y.scale
    (contrast,) = chosen_contrast(forward, "x", "1", "0")
    row = mediation_table(forward, contrast, "y").iloc[0]
    assert row["direct"]["mean"] == pytest.approx(direct.mean(), rel=1e-6)
    assert row["total"]["mean"] == pytest.approx(total.mean(), rel=1e-6)
    assert row["indirect"]["mean"] == pytest.approx((total - direct).mean(), rel=1e-6)


@pytest.mark.mcmc
def test_an_interaction_is_recovered_with_what_runs_through_it() -> None:
    """Total 1.5, of which 0.3 direct and 1.2 through m."""
    spec, table = interacting(2_000)
    settings = SamplerSettings(draws=500, tune=300, chains=2)
    fit = fit_structural(table_data(spec, table), seed=1, settings=settings)
    forward = Forward(fit.layout, fit.posterior, seed=1)
    (contrast,) = chosen_contrast(forward, "x", "1", "0")
    row = mediation_table(forward, contrast, "y").iloc[0]
    for name, truth in (("total", 1.5), ("direct", 0.3), ("indirect", 1.2)):
        assert abs(row[name]["mean"] - truth) < 3 * row[name]["sd"]
        assert row[name]["sd"] < 0.12


# -- known truth -------------------------------------------------------------------------------


def in_techniek_alone(seed: int, rows: int = 1_500) -> tuple[StructuralData, float]:
    """Acceleration acts on attachment, and that on leaving, in techniek only; and the truth there.

    Drawn here, by nothing that the package shares.
    """
    rng = np.random.default_rng(seed)
    sector = rng.choice(SECTORS, rows, p=[0.3, 0.25, 0.25, 0.2])
    techniek, faster = sector == "techniek", rng.random(rows) < 0.5
    binding = 1.5 * techniek * faster + rng.normal(size=rows)
    left = rng.random(rows) < 1 / (1 + np.exp(0.3 + 1.4 * techniek * binding))
    noise = rng.normal(size=200_000)
    high, low = (1 / (1 + np.exp(0.3 + 1.4 * (at + noise))) for at in (1.5, 0.0))
    spec = CausalSpec(
        name="techniek",
        variables={
            "sector": Variable(kind="nominal"),
            "versnelling": Variable(kind="binary", levels=("nee", "ja")),
            "binding": Variable(),
            "vsv": Variable(kind="binary", levels=("nee", "ja")),
        },
        arrows=[
            Arrow(cause="sector", effect="binding"),
            Arrow(cause="sector", effect="vsv"),
            Arrow(cause="versnelling", effect="binding", varies="sector"),
            Arrow(cause="binding", effect="vsv", varies="sector"),
        ],
        groups=["sector"],
    )
    table = pd.DataFrame(
        {
            "sector": sector,
            "versnelling": np.where(faster, "ja", "nee"),
            "binding": binding,
            "vsv": np.where(left, "ja", "nee"),
        }
    )
    return table_data(spec, table), float((high - low).mean())


def by_sector(data: StructuralData, seed: int) -> pd.DataFrame:
    settings = SamplerSettings(draws=400, tune=300, chains=2)
    fit = fit_structural(data, seed=seed, settings=settings)
    assert int(fit.tree["sample_stats"]["diverging"].sum()) == 0
    forward = Forward(fit.layout, fit.posterior, seed=seed)
    (contrast,) = chosen_contrast(forward, "versnelling", "ja", "nee")
    return totals_table(forward, [contrast], {"versnelling": ["vsv"]}, by="sector")


@pytest.mark.mcmc
def test_an_effect_in_one_sector_stays_there() -> None:
    data, truth = in_techniek_alone(seed=2)
    table = by_sector(data, seed=2).set_index("group")
    assert set(table["coefficients"]) == {OWN_COEFFICIENTS}
    for sector in SECTORS:
        there = truth if sector == "techniek" else 0.0
        found = table.loc[sector, "natural"]
        assert found["lower"] < there < found["upper"]
        assert (found["upper"] < 0) == (sector == "techniek")


@pytest.mark.slow
@pytest.mark.mcmc
def test_its_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 80 intervals of 95% at most 10 miss: more have a chance of 0.2 in 1,000."""
    missed, excluded = 0, 0
    for seed in range(20):
        data, truth = in_techniek_alone(seed=100 + seed)
        for row in by_sector(data, seed=seed).to_dict("records"):
            there = truth if row["group"] == "techniek" else 0.0
            found = row["natural"]
            missed += not found["lower"] < there < found["upper"]
            excluded += row["group"] == "techniek" and found["upper"] < 0
    assert missed <= 10
    assert excluded == 20


# Sleep deprivation and reaction time (ms) of 18 drivers on days 0 to 9: Belenky et al. 2003, J.
# Sleep Res. 12, 1; data set sleepstudy of the R package lme4
SLEEP = """
308 249.5600 258.7047 250.8006 321.4398 356.8519 414.6901 382.2038 290.1486 430.5853 466.3535
309 222.7339 205.2658 202.9778 204.7070 207.7161 215.9618 213.6303 217.7272 224.2957 237.3142
310 199.0539 194.3322 234.3200 232.8416 229.3074 220.4579 235.4208 255.7511 261.0125 247.5153
330 321.5426 300.4002 283.8565 285.1330 285.7973 297.5855 280.2396 318.2613 305.3495 354.0487
331 287.6079 285.0000 301.8206 320.1153 316.2773 293.3187 290.0750 334.8177 293.7469 371.5811
332 234.8606 242.8118 272.9613 309.7688 317.4629 309.9976 454.1619 346.8311 330.3003 253.8644
333 283.8424 289.5550 276.7693 299.8097 297.1710 338.1665 332.0265 348.8399 333.3600 362.0428
334 265.4731 276.2012 243.3647 254.6723 279.0244 284.1912 305.5248 331.5229 335.7469 377.2990
335 241.6083 273.9472 254.4907 270.8021 251.4519 254.6362 245.4523 235.3110 235.7541 237.2466
337 312.3666 313.8058 291.6112 346.1222 365.7324 391.8385 404.2601 416.6923 455.8643 458.9167
349 236.1032 230.3167 238.9256 254.9220 250.7103 269.7744 281.5648 308.1020 336.2806 351.6451
350 256.2968 243.4543 256.2046 255.5271 268.9165 329.7247 379.4445 362.9184 394.4872 389.0527
351 250.5265 300.0576 269.8939 280.5891 271.8274 304.6336 287.7466 266.5955 321.5418 347.5655
352 221.6771 298.1939 326.8785 346.8555 348.7402 352.8287 354.4266 360.4326 375.6406 388.5417
369 271.9235 268.4369 257.2424 277.6566 314.8222 317.2135 298.1353 348.1229 340.2800 366.5131
370 225.2640 234.5235 238.9008 240.4730 267.5373 344.1937 281.1481 347.5855 365.1630 372.2288
371 269.8804 272.4428 277.8989 281.7895 279.1705 284.5120 259.2658 304.6306 350.7807 369.4692
372 269.4117 273.4740 297.5968 310.6316 287.1726 329.6076 334.4818 343.2199 369.1417 364.1236
"""
# Bates, Mächler, Bolker & Walker 2015, Journal of Statistical Software 67, 4.2.1: fm1,
# Reaction ~ Days + (Days | Subject), by REML
DAYS = (10.467, 1.546)
DAYS_SD = 5.922
RESIDUAL_SD = 25.592


@pytest.mark.mcmc
def test_reaction_times_slow_down_by_as_much_as_lme4_says_and_differ_as_much() -> None:
    rows = [
        (line.split()[0], float(day), float(value))
        for line in SLEEP.strip().splitlines()
        for day, value in enumerate(line.split()[1:])
    ]
    table = pd.DataFrame(rows, columns=["subject", "days", "reaction"])
    spec = CausalSpec(
        name="sleep",
        variables={"days": Variable(), "reaction": Variable()},
        arrows=[Arrow(cause="days", effect="reaction", varies="subject")],
        groups=["subject"],
    )
    settings = SamplerSettings(draws=1_000, tune=500, chains=2)
    fit = fit_structural(table_data(spec, table), seed=1, settings=settings)
    assert int(fit.tree["sample_stats"]["diverging"].sum()) == 0
    posterior, columns = fit.posterior, fit.layout.data.columns
    scale = columns["reaction"].scale / columns["days"].scale
    slope = posterior["weight"].to_numpy().ravel() * scale
    assert abs(slope.mean() - DAYS[0]) < DAYS[1] / 4
    assert slope.std() == pytest.approx(DAYS[1], rel=0.2)
    spread = posterior["subject_slope_sd"].to_numpy().ravel() * scale
    assert abs(np.median(spread) - DAYS_SD) < spread.std()
    residual = posterior["residual_sd"].to_numpy().ravel() * columns["reaction"].scale
    assert residual.mean() == pytest.approx(RESIDUAL_SD, rel=0.05)


def test_a_posterior_without_such_arrows_has_no_such_rows() -> None:
    data = differing()
    plain = tuple(
        arrow.model_copy(update={"varies": (), "depends_on": ()}) for arrow in data.spec.arrows
    )
    content = {name: getattr(data.spec, name) for name in CausalSpec.model_fields}
    spec = CausalSpec(**{**content, "arrows": plain})
    forward = prior_forward(replace(data, spec=spec), draws=4)
    assert differences_table(forward).empty
    assert slopes_table(forward).empty
