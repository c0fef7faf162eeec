from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from checks.loo_pit_cases import SETTINGS, fitted, simulated
from effects.regression_cases import model
from vm2causal.checks.gate.state import State
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.spec import Query
from vm2causal.workflow.fit_checks import FitChecks, check_fit, declared_totals

pytestmark = pytest.mark.mcmc


@pytest.fixture(scope="module")
def mis_specified() -> StructuralFit:
    return fitted(simulated(1.2))


def test_counts_that_scatter_too_much_take_predictions_away_and_nothing_else(
    mis_specified: StructuralFit,
) -> None:
    checks = check_fit(mis_specified, unanswerable=[])
    gate = checks.facts()["gate"]
    states = {row["variable"]: row["state"] for row in gate["predictions"]}
    assert {name for name, state in states.items() if state == "failed"} == {"vsv"}
    assert not {"loo_pit", "posterior_predictive"} & set(checks.diagnostics.failures)
    for effect in checks.effects:
        assert effect.misfits == ("vsv",)
        assert effect.distribution in ("stands", "turns")


def test_sensitivity_to_priors_is_told_per_effect_and_fails_no_computation() -> None:
    fit = fitted(simulated(0.0))
    checks = check_fit(fit, unanswerable=[])
    rows = checks.prior_sensitivity.set_index(["cause", "effect"])
    assert set(rows.index) == {("binding", "vsv"), ("samenwerking", "vsv")}
    assert not any("prior" in name for name in checks.diagnostics.failures)
    flags = {(item.cause, item.effect): item.prior for item in checks.effects}
    assert flags == rows["flag"].to_dict()


def test_a_question_that_was_refused_is_not_asked(mis_specified: StructuralFit) -> None:
    everything = declared_totals(mis_specified, [])
    assert sorted(effect for effects in everything.values() for effect in effects) == ["vsv", "vsv"]
    less = declared_totals(mis_specified, [("samenwerking", "vsv", "total")])
    assert [contrast.cause for contrast in less] == ["binding"]


# -- a table of 600 rows in 30 classes, whose truth is known -------------------------------------

CLASSES, SIZE = 30, 600
CLASS = np.repeat(np.arange(CLASSES), SIZE // CLASSES)
LINE = model(["x", "m", "y"], "x>y m>y", ["g"]).model_copy(
    update={"queries": (Query(cause="x", effect="y"),)}
)


def checked(seed: int, truth: str) -> FitChecks:
    rng = np.random.default_rng(seed)
    x, m, noise = rng.normal(size=(3, SIZE))
    means, slopes = rng.normal(size=(2, CLASSES))
    own = {
        "line": 0.4 * x,
        "skewed": 0.4 * x,
        "inverted_u": -0.6 * x**2,
        "slopes": (0.4 + 0.5 * slopes[CLASS]) * x,
        "moderated": 0.4 * x + 0.4 * x * m,
    }[truth]
    if truth == "skewed":
        noise = rng.gamma(1.0, 1.0, SIZE) - 1.0
    y = own + 0.3 * m + 0.4 * means[CLASS] + noise
    table = pd.DataFrame({"x": x, "m": m, "y": y, "g": [f"g{code}" for code in CLASS]})
    settings = replace(SETTINGS, chains=4)
    fit = fit_structural(table_data(LINE, table), seed=1, settings=settings)
    return check_fit(fit, unanswerable=[])


def test_a_right_model_passes_everything() -> None:
    checks = checked(1, "line")
    (effect,) = checks.effects
    assert effect.state is State.PASSED
    assert (effect.licence, effect.distribution) == ("as_is", "fits")
    assert effect.clusters == "g"
    # 30 classes tell a standard error to about 13%
    assert effect.robust_sd == pytest.approx(effect.sd, rel=0.35)
    assert set(checks.shapes["state"]) == {"passed"}


def test_skewed_residuals_take_predictions_away_and_leave_the_effect() -> None:
    checks = checked(2, "skewed")
    states = {row["variable"]: row["state"] for row in checks.predicted}
    assert states["y"] == "failed"
    (effect,) = checks.effects
    assert (effect.distribution, effect.licence) == ("stands", "wider")
    assert effect.state is State.PASSED
    assert effect.factor < 1.4


@pytest.mark.parametrize(
    ("truth", "shape", "by", "licence"),
    [
        ("inverted_u", "curvature", None, "withheld"),
        ("moderated", "interaction", "m", "withheld"),
        ("slopes", "varies", "g", "wider"),
    ],
)
def test_one_number_for_what_is_not_one_is_found(
    truth: str, shape: str, by: str | None, licence: str
) -> None:
    (effect,) = checked(3, truth).effects
    assert effect.state is State.FAILED
    assert effect.licence == licence
    assert (shape, by) in [(row["shape"], row["by"]) for row in effect.failed]
    if truth == "slopes":
        # slopes of standard deviation 0.5 against residuals of 1 within 20 pupils: sqrt(1 + 5)
        assert effect.factor == pytest.approx(np.sqrt(6.0), rel=0.35)
