import numpy as np
import pandas as pd
import pytest

from effects.regression_cases import QUICK, fitted, model
from model.fit_cases import stand_in_fit
from vm2causal.effects.forward import Forward
from vm2causal.effects.within_between import within_between
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import Variable

SCHOOLS, EACH = 60, 5
HIDDEN = Variable(observed=False, level="school")
CONFOUNDED = model(
    {**dict.fromkeys("xy", Variable()), "quality": HIDDEN},
    "x>y quality>x quality>y",
    ["school"],
)
CONSTRUCT = Variable(kind="latent", items=("x1", "x2", "x3"), levels=tuple("1234"))


def schools(confounding: float, seed: int = 1) -> pd.DataFrame:
    """Experiments of which the true effect is 0.4, within every school.

    Noise is made to lie apart from the cause and its means over schools: without confounding least
    squares gives 0.4 within and between, so that no chance of these data sets them apart.
    """
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=SCHOOLS).repeat(EACH)
    x = quality + rng.normal(size=SCHOOLS * EACH)
    means = x.reshape(SCHOOLS, EACH).mean(axis=1).repeat(EACH)
    known = np.column_stack([np.ones_like(x), x, means])
    noise = rng.normal(size=SCHOOLS * EACH)
    noise -= known @ np.linalg.lstsq(known, noise)[0]
    y = 0.4 * x + confounding * quality + noise
    names = np.array([f"s{k:02}" for k in range(SCHOOLS)]).repeat(EACH)
    return pd.DataFrame({"x": x, "y": y, "school": names})


def least_squares_within(table: pd.DataFrame) -> float:
    """Within-school coefficient, in standard deviations of cause and effect."""
    apart = table[["x", "y"]] - table.groupby("school")[["x", "y"]].transform("mean")
    slope = (apart["x"] * apart["y"]).sum() / (apart["x"] ** 2).sum()
    return float(slope * table["x"].std() / table["y"].std())


def not_sampled(spec, table: pd.DataFrame) -> Forward:
    fit = stand_in_fit(table_data(spec, table))
    return Forward(fit.layout, fit.posterior, draws=7)


@pytest.mark.mcmc
@pytest.mark.parametrize(("confounding", "far_apart"), [(0.0, False), (1.0, True)])
def test_far_apart_only_where_schools_confound(confounding: float, far_apart: bool) -> None:
    table = schools(confounding)
    found = within_between(fitted(CONFOUNDED, table), "x", "y", seed=2, settings=QUICK)
    assert found.differs is far_apart
    assert found.adjusted_for == ()
    assert found.measured_by is None
    assert found.within["mean"] == pytest.approx(least_squares_within(table), abs=0.03)
    gap = found.between["mean"] - found.within["mean"]
    assert found.difference["mean"] == pytest.approx(gap)
    if far_apart:
        assert gap > 0.4


@pytest.mark.mcmc
def test_items_that_measure_badly_do_not_set_schools_apart() -> None:
    """A mean over items within schools is attenuated more than one over schools; a score is not."""
    table = schools(0.0)
    rng = np.random.default_rng(5)
    for item in CONSTRUCT.items:
        answer = table["x"] + rng.logistic(size=len(table))
        table[item] = pd.cut(answer, [-np.inf, -1.5, 0, 1.5, np.inf], labels=list("1234")).astype(
            str
        )
    mean = table[list(CONSTRUCT.items)].astype(float).mean(axis=1)
    naive = table.assign(x=mean)
    spec = model(
        {"x": CONSTRUCT, "y": Variable(), "quality": HIDDEN}, "x>y quality>x quality>y", ["school"]
    )
    found = within_between(fitted(spec, table), "x", "y", seed=2, settings=QUICK)
    truth = 0.4 * table["x"].std() / table["y"].std()
    assert least_squares_within(naive) < truth - 0.1
    assert found.within["lower"] < truth < found.within["upper"]
    assert found.differs is False
    assert found.measured_by.en == "The mean of x per school is that of the answers to its items."


@pytest.mark.mcmc
def test_a_group_that_is_a_variable_keeps_its_effect() -> None:
    spec = model(
        {**dict.fromkeys("xy", Variable()), "school": Variable(kind="nominal")},
        "x>y school>x school>y",
        ["school"],
    )
    table = schools(1.0).head(20 * EACH)
    forward = not_sampled(spec, table)
    found = within_between(forward, "x", "y", seed=2, settings=QUICK)
    assert found.adjusted_for == ()
    assert found.fit.layout.pooled == (("school", "y"),)
    assert found.within["mean"] == pytest.approx(least_squares_within(table), abs=0.06)


def test_what_is_hidden_within_schools_has_no_answer() -> None:
    spec = model(
        {**dict.fromkeys("xy", Variable()), "team": Variable(observed=False, level="experiment")},
        "x>y team>x team>y",
        ["school"],
    )
    found = within_between(not_sampled(spec, schools(0.0)), "x", "y", seed=1)
    assert found.reason.en == "Within a school too, no set of covariates is enough to adjust for."
    assert found.within is found.differs is found.fit is None


def test_one_experiment_per_school_has_no_contrast() -> None:
    table = schools(0.0).groupby("school").head(1).reset_index(drop=True)
    found = within_between(not_sampled(CONFOUNDED, table), "x", "y", seed=1)
    assert found.reason.en == "No school has two units that differ in x."


def test_levels_without_order_have_no_mean() -> None:
    spec = model(
        {"x": Variable(kind="nominal"), "y": Variable(), "quality": HIDDEN},
        "x>y quality>x quality>y",
        ["school"],
    )
    table = schools(0.0).assign(x=list("abc") * (SCHOOLS * EACH // 3))
    found = within_between(not_sampled(spec, table), "x", "y", seed=1)
    assert found.reason.en == "x or y has no mean per school, or no single coefficient."


def test_a_group_that_the_model_lacks_is_refused() -> None:
    forward = not_sampled(CONFOUNDED, schools(0.0))
    with pytest.raises(
        QueryError, match=r"of a group of the model\. Got: 'sector'\. One of: school\."
    ):
        within_between(forward, "x", "y", seed=1, group="sector")
