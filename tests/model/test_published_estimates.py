"""Simple tables through the same road: estimates that others published come out again."""

from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_parameters import Priors, widths_of
from vm2causal.spec import Arrow, CausalSpec, Prior, Variable

pytestmark = pytest.mark.mcmc

SETTINGS = SamplerSettings(draws=1000, tune=600, chains=4)

# Contagious bovine pleuropneumonia (R package lme4, data set cbpp; Lesnoff et al. 2004, Preventive
# Veterinary Medicine 64): new cases out of animals per herd, in the periods 1 to 4.
CBPP = """
1:2/14,3/12,4/9,0/5 2:3/22,1/18,1/21 3:8/22,2/16,0/16,2/20 4:2/10,0/10,2/9,0/6
5:5/18,0/25,0/24,1/4 6:3/17,0/17,0/18,1/20 7:8/16,1/10,3/9,0/5 8:12/34 9:2/9,0/6,0/8,0/6
10:1/22,1/22,0/18,2/22 11:0/25,5/27,3/22,1/22 12:2/10,1/8,0/6,0/5 13:1/21,2/24,0/19,0/23
14:11/19,0/2,0/3,0/2 15:1/19,1/15,1/15,0/15
"""
# Bates, Mächler, Bolker, Walker 2015, Journal of Statistical Software 67; help page of glmer:
# cbind(incidence, size - incidence) ~ period + (1 | herd), Laplace approximation
GLMER = {
    "1": (-1.3983, 0.2312),
    "2": (-0.9919, 0.3032),
    "3": (-1.1282, 0.3228),
    "4": (-1.5797, 0.4220),
}
GLMER_HERD_SD = 0.6421


def herds() -> pd.DataFrame:
    rows = []
    for herd in CBPP.split():
        name, periods = herd.split(":")
        for period, counts in enumerate(periods.split(","), start=1):
            cases, size = counts.split("/")
            rows.append((name, str(period), int(cases), int(size)))
    return pd.DataFrame(rows, columns=["herd", "period", "cases", "size"])


def herd_model(prior: Prior | None = None) -> CausalSpec:
    return CausalSpec(
        name="herds",
        variables={
            "period": Variable(kind="nominal", reference="1"),
            "cases": Variable(kind="count", trials="size"),
        },
        arrows=[Arrow(cause="period", effect="cases", prior=prior)],
        groups=["herd"],
    )


def weight(fit: StructuralFit, cause: str, effect: str) -> xr.DataArray:
    return fit.posterior["weight"].sel(arrow_weight=f"{cause} -> {effect}")


def test_the_data_are_those_of_the_source() -> None:
    table = herds()
    assert (len(table), table["cases"].sum(), table["size"].sum()) == (56, 99, 842)


def test_a_hierarchical_binomial_on_herds() -> None:
    """With priors that say nothing of the periods, the published estimates."""
    data = table_data(herd_model(Prior(mean=0, sd=10)), herds())
    fit = fit_structural(data, seed=1, priors=Priors.EVIDENCE, settings=SETTINGS)
    found = {period: weight(fit, f"period[{period}]", "cases") for period in "234"}
    shares = herds()["period"].value_counts(normalize=True)
    # the intercept is that of the average row
    average = fit.posterior["intercept"].sel(term="cases", drop=True)
    lift = sum(shares[period] * found[period].drop_vars("arrow_weight") for period in "234")
    found["1"] = average - lift
    for period, (estimate, error) in GLMER.items():
        assert float(found[period].mean()) == pytest.approx(estimate, abs=0.35 * error), period
        assert float(found[period].std()) == pytest.approx(error, rel=0.25), period
    assert float(fit.posterior["herd_sd"].median()) == pytest.approx(GLMER_HERD_SD, abs=0.12)


@pytest.mark.parametrize("priors", [Priors.NEUTRAL, Priors.WEAK])
def test_the_usual_priors_leave_published_contrasts_alone(priors: Priors) -> None:
    """They take from a normal estimate what a normal prior of their width takes, under 8%."""
    data = table_data(herd_model(), herds())
    fit = fit_structural(data, seed=1, priors=priors, settings=SETTINGS)
    for period in "234":
        estimate, error = GLMER[period]
        kept = 1 / (1 + (error / widths_of(priors).contrast) ** 2)
        assert kept > 0.92
        found = float(weight(fit, f"period[{period}]", "cases").mean())
        assert found == pytest.approx(estimate * kept, abs=0.35 * error), period


# lme4's REML estimates for the table lme02 that statsmodels ships, as it ships them:
# endog ~ 0 + exog_fe_0 + exog_fe_1 + (1 | groups)
LMER_COEFFICIENTS = (-1.012137, 0.9790792)
LMER_ERRORS = (0.0345, 0.0327)
LMER_VARIANCES = (0.1595015, 0.2154276)

CLASSES = CausalSpec(
    name="classes",
    variables={name: Variable() for name in ("exog_fe_0", "exog_fe_1", "endog")},
    arrows=[
        Arrow(cause="exog_fe_0", effect="endog"),
        Arrow(cause="exog_fe_1", effect="endog"),
    ],
    groups=["groups"],
)


def natural(fit: StructuralFit, cause: str, effect: str) -> xr.DataArray:
    """Change of the effect per unit of the cause."""
    columns = fit.layout.data.columns
    return weight(fit, cause, effect) * columns[effect].scale / columns[cause].scale


def test_a_two_level_linear_model_on_classes() -> None:
    folder = resources.files("statsmodels.regression.tests.results")
    with folder.joinpath("lme02.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    fit = fit_structural(table_data(CLASSES, table), seed=2, settings=SETTINGS)
    for place, (estimate, error) in enumerate(zip(LMER_COEFFICIENTS, LMER_ERRORS, strict=True)):
        found = natural(fit, f"exog_fe_{place}", "endog")
        assert float(found.mean()) == pytest.approx(estimate, abs=0.5 * error)
        assert float(found.std()) == pytest.approx(error, rel=0.15)
    scale = fit.layout.data.columns["endog"].scale
    between, within = (
        float(fit.posterior[name].median()) * scale for name in ("groups_sd", "residual_sd")
    )
    assert between**2 == pytest.approx(LMER_VARIANCES[0], rel=0.15)
    assert within**2 == pytest.approx(LMER_VARIANCES[1], rel=0.1)


def classes(seed: int, *, number: int = 60, pupils: int = 12) -> pd.DataFrame:
    """Score 50 + 3·hours − 2·size, classes 4 apart, pupils 8."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(number), pupils)
    size = np.repeat(rng.normal(25, 3, number), pupils)
    hours = rng.normal(6, 2, number * pupils)
    spread = 4 * rng.normal(size=number)[school] + 8 * rng.normal(size=number * pupils)
    score = 50 + 3 * hours - 2 * (size - 25) + spread
    return pd.DataFrame({"class": school, "hours": hours, "size": size, "score": score})


def test_simulated_classes_agree_with_a_mixed_model() -> None:
    import statsmodels.formula.api as smf

    table = classes(3)
    spec = CausalSpec(
        name="classes",
        variables={name: Variable() for name in ("hours", "size", "score")},
        arrows=[Arrow(cause="hours", effect="score"), Arrow(cause="size", effect="score")],
        groups=["class"],
    )
    fit = fit_structural(table_data(spec, table), seed=3, settings=SETTINGS)
    mixed: Any = smf.mixedlm("score ~ hours + size", table, groups=table["class"]).fit(reml=True)
    for name, truth in (("hours", 3.0), ("size", -2.0)):
        found = natural(fit, name, "score")
        error = float(mixed.bse[name])
        assert float(found.mean()) == pytest.approx(float(mixed.params[name]), abs=0.35 * error)
        assert float(found.std()) == pytest.approx(error, rel=0.15)
        assert abs(float(found.mean()) - truth) < 3 * error


def test_a_mediation_with_a_binary_outcome() -> None:
    """Truth 0.5 (x → m), 0.4 (x → y) and 0.7 (m → y), and maximum likelihood beside it."""
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    x = rng.normal(size=3_000)
    m = 0.5 * x + rng.normal(size=x.size)
    y = rng.random(x.size) < 1 / (1 + np.exp(0.3 - 0.4 * x - 0.7 * m))
    spec = CausalSpec(
        name="mediation",
        variables={
            "x": Variable(),
            "m": Variable(),
            "y": Variable(kind="binary", levels=("no", "yes")),
        },
        arrows=[
            Arrow(cause="x", effect="m"),
            Arrow(cause="x", effect="y"),
            Arrow(cause="m", effect="y"),
        ],
    )
    table = pd.DataFrame({"x": x, "m": m, "y": np.where(y, "yes", "no")})
    fit = fit_structural(table_data(spec, table), seed=4, settings=SETTINGS)
    columns = fit.layout.data.columns
    likely: Any = sm.Logit(y, sm.add_constant(np.column_stack([x, m]))).fit(disp=False)
    for place, (cause, truth) in enumerate((("x", 0.4), ("m", 0.7)), start=1):
        found = weight(fit, cause, "y") / columns[cause].scale
        error = float(likely.bse[place])
        assert float(found.mean()) == pytest.approx(float(likely.params[place]), abs=0.3 * error)
        assert float(found.std()) == pytest.approx(error, rel=0.15)
        assert abs(float(found.mean()) - truth) < 3 * error
    assert float(natural(fit, "x", "m").mean()) == pytest.approx(0.5, abs=0.06)
