"""Variances and intra-class correlations of a null model: rows in classes in schools."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from vm2causal.effects.forward import Forward
from vm2causal.effects.variance_components import RESIDUAL, variance_table
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

pytestmark = pytest.mark.mcmc

SCHOOLS, CLASSES, ROWS = 40, 3, 6
SCALE = 12.0
NULL = CausalSpec(
    name="null",
    variables={
        "score": Variable(),
        "passed": Variable(kind="binary", levels=("no", "yes")),
        "absent": Variable(kind="count", trials="days"),
    },
    groups=["class", "school"],
    rows="units",
)


def table() -> pd.DataFrame:
    """School variance 4, class 1 and rows 9, times ``SCALE`` squared; events by the same places."""
    rng = np.random.default_rng(8)
    school = np.repeat(np.arange(SCHOOLS), CLASSES * ROWS)
    inside = np.repeat(np.arange(SCHOOLS * CLASSES), ROWS)
    effect = rng.normal(0, 2, SCHOOLS)[school] + rng.normal(0, 1, SCHOOLS * CLASSES)[inside]
    log_odds = -1.0 + 0.5 * effect
    chance = 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame(
        {
            "school": [f"s{k}" for k in school],
            "class": [f"c{k}" for k in inside],
            "score": SCALE * (effect + rng.normal(0, 3, len(school))) + 50,
            "passed": np.where(rng.random(len(school)) < chance, "yes", "no"),
            "absent": rng.binomial(20, chance),
            "days": 20,
        }
    )


@pytest.fixture(scope="module")
def forward() -> Forward:
    settings = SamplerSettings(draws=600, tune=200, chains=2)
    fit = fit_structural(table_data(NULL, table()), seed=1, settings=settings)
    return Forward(fit.layout, fit.posterior)


@pytest.fixture(scope="module")
def found(forward: Forward) -> pd.DataFrame:
    return variance_table(forward).set_index(["variable", "component"])


def test_shares_add_up_and_a_class_lies_in_its_school(found: pd.DataFrame) -> None:
    for name in NULL.variables:
        own = found.loc[name]
        assert set(own.index) == {"class", "school", RESIDUAL}
        assert sum(item["mean"] for item in own["share"]) == pytest.approx(1)
        icc = own["icc"]
        shares = own["share"]
        # two rows of one class are of one school too
        both = shares["class"]["mean"] + shares["school"]["mean"]
        assert icc["class"]["mean"] == pytest.approx(both)
        assert icc["school"]["mean"] == pytest.approx(shares["school"]["mean"])
        assert icc[RESIDUAL] is None


def test_variances_of_a_number_are_those_of_statsmodels(found: pd.DataFrame) -> None:
    """REML, classes nested in schools; in the squared unit of the score."""
    data = table().rename(columns={"class": "room"})
    unit = data["score"].std()  # its optimiser finds the maximum on this scale
    data["score"] = data["score"] / unit
    model = sm.MixedLM.from_formula(
        "score ~ 1", data, groups="school", re_formula="1", vc_formula={"room": "0 + C(room)"}
    )
    fit = model.fit(reml=True, method="powell")
    parts = {"school": fit.cov_re.iloc[0, 0], "class": fit.vcomp[0], RESIDUAL: fit.scale}
    reference = {name: float(part) * unit**2 for name, part in parts.items()}
    for name, variance in reference.items():
        own = found.loc[("score", name), "variance"]
        assert abs(own["mean"] - variance) < 0.75 * own["sd"], name
        assert own["lower"] < variance < own["upper"], name
    assert set(found.loc["score", "scale"]) == {"natural"}
    assert found.loc[("score", "school"), "icc_probability"] is None


@pytest.mark.parametrize("name", ["passed", "absent"])
def test_events_vary_within_groups_as_a_logistic_does(found: pd.DataFrame, name: str) -> None:
    own = found.loc[name]
    assert own.loc[RESIDUAL, "variance"]["mean"] == pytest.approx(np.pi**2 / 3)
    assert set(own["scale"]) == {"log_odds"}
    # the truth: schools 1 and classes 0.25 on the scale of log-odds
    assert own.loc["school", "variance"]["lower"] < 1 < own.loc["school", "variance"]["upper"]
    assert own.loc["class", "variance"]["lower"] < 0.25 < own.loc["class", "variance"]["upper"]


@pytest.mark.parametrize("group", ["class", "school"])
def test_the_correlation_of_events_is_that_of_simulated_ones(
    forward: Forward, found: pd.DataFrame, group: str
) -> None:
    """Goldstein, Browne & Rasbash 2002, method B, at the posterior mean: no code is shared."""
    own = found.loc["absent"]
    sd = {name: own.loc[name, "sd"]["mean"] for name in ("school", "class")}
    rng = np.random.default_rng(3)
    draws = 400_000
    school, of_class = rng.normal(0, sd["school"], draws), rng.normal(0, sd["class"], draws)
    other = of_class if group == "class" else rng.normal(0, sd["class"], draws)
    place = forward.layout.predictors_of["absent"][0].intercepts
    base = forward.parameters["intercept"][:, place].mean()
    first, second = (1 / (1 + np.exp(-(base + school + part))) for part in (of_class, other))
    expected = np.cov(first, second)[0, 1] / (first.mean() * (1 - first.mean()))
    # of a mean of draws and not at the mean of the draws: the difference is of second order
    assert own.loc[group, "icc_probability"]["mean"] == pytest.approx(expected, abs=0.01)
    assert own.loc[group, "icc_probability"]["mean"] < own.loc[group, "icc"]["mean"]


def test_with_an_arrow_a_variable_without_causes_is_no_outcome() -> None:
    """As before: what others are compared by is conditioned on, and so is what stands apart."""
    spec = CausalSpec(
        name="one",
        variables={"score": Variable(), "passed": NULL.variables["passed"], "days": Variable()},
        arrows=[Arrow(cause="passed", effect="score")],
        groups=["school"],
    )
    layout = structural_layout(table_data(spec, table()))
    assert set(layout.predictors_of) == {"score"}
    null = CausalSpec(name="none", variables={"score": Variable()}, groups=["school"])
    assert set(structural_layout(table_data(null, table())).predictors_of) == {"score"}


def test_groups_are_no_outcomes() -> None:
    spec = CausalSpec(
        name="groups",
        variables={"school": Variable(kind="nominal")},
        groups=["school"],
    )
    assert not structural_layout(table_data(spec, table())).predictors_of
