from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.fit_cases import stand_in_fit
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.replicate.posterior_predictive import posterior_predictive
from vm2causal.checks.replicate.predictive import summaries, table_of
from vm2causal.checks.replicate.prior_predictive import prior_draws, prior_predictive
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.result_names import answered_as
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import CausalSpec, Variable


def of_study() -> StructuralData:
    return study_data(STUDY_SPEC, small_study())


def of_table() -> StructuralData:
    return table_data(EVERY_KIND, table_of_every_kind())


@pytest.mark.parametrize("case", [of_study, of_table])
def test_shares_of_levels_add_up_to_one(case) -> None:
    layout = structural_layout(case())
    forward = Forward(layout, prior_draws(layout, draws=20, seed=1), draws=20)
    found = summaries(forward, forward.world(), by_sector=True, seed=1)
    table = table_of(found).assign(place=range(len(found)))
    levels = table[table["level"].notna()]
    assert not levels.empty
    for _, rows in levels.groupby(["variable", "item"], dropna=False):
        assert rows["observed"].sum() == pytest.approx(1)
        total = sum(found[place].replicated for place in rows["place"])
        np.testing.assert_allclose(total, 1)


def test_what_was_observed_is_what_stands_in_the_data() -> None:
    study = small_study()
    data = study_data(STUDY_SPEC, study)
    table = prior_predictive(structural_layout(data), seed=1)
    careers = study.careers
    left = careers[careers["teldatum_1"] == "vsv"]["leerlingen"].sum()
    row = table[(table["variable"] == "vsv") & (table["year"] == 1)].iloc[0]
    assert row["observed"] == pytest.approx(left / careers["leerlingen"].sum())
    share = (study.experiments["s2"] == "4").mean()
    row = table[(table["item"] == "s2") & (table["level"] == "4")].iloc[0]
    assert row["observed"] == pytest.approx(share)


def test_the_same_seed_gives_the_same_ranges() -> None:
    layout = structural_layout(of_study())
    pd.testing.assert_frame_equal(
        prior_predictive(layout, seed=3), prior_predictive(layout, seed=3)
    )
    assert not prior_predictive(layout, seed=3).equals(prior_predictive(layout, seed=4))


def test_prior_ranges_hold_what_they_should() -> None:
    table = prior_predictive(structural_layout(of_table()), seed=2)
    assert (table["lower"] <= table["upper"]).all()
    assert not table["outside"].any()


def test_data_far_from_the_prior_are_flagged() -> None:
    """One in 25,000: six prior standard deviations of the intercept away."""
    spec = CausalSpec(
        name="rare",
        variables={"x": Variable(), "rare": Variable(kind="count", trials="of")},
        arrows=[{"from": "x", "to": "rare"}],
    )
    table = pd.DataFrame({"x": np.arange(20.0), "rare": [1] + [0] * 19, "of": 10**7})
    found = prior_predictive(structural_layout(table_data(spec, table)), seed=1)
    assert list(found["variable"]) == ["rare"]
    assert found["outside"].all()


@pytest.mark.mcmc
@pytest.mark.parametrize("case", [of_study, pytest.param(of_table, marks=pytest.mark.slow)])
def test_prior_draws_agree_with_pymc(case) -> None:
    """Means over 400 draws of either, within four standard errors."""
    import pymc as pm

    layout = structural_layout(case())
    draws = 400
    forward = Forward(layout, prior_draws(layout, draws=draws, seed=1), draws=draws)
    found = summaries(forward, forward.world(), by_sector=False, seed=1)
    with structural_model(layout, observed=False):
        prior = pm.sample_prior_predictive(draws, random_seed=2)["prior"].isel(chain=0)
    for summary in found:
        name = summary.item or summary.variable
        values = prior[answered_as(name) if summary.item else name].to_numpy()
        if summary.year is not None:
            cells = layout.data.cells[name]
            chosen = layout.data.patterns["jaar"].to_numpy()[cells.pattern] == summary.year
            theirs = values[:, chosen].sum(axis=1) / cells.trials[chosen].sum()
        elif name in layout.data.cells:
            theirs = values.sum(axis=1) / layout.data.cells[name].trials.sum()
        elif summary.level is not None:
            scale = layout.data.columns.get(name)
            levels = scale.levels if scale else layout.data.spec.variables[summary.variable].levels
            theirs = (values == levels.index(summary.level)).mean(axis=1)
        else:
            theirs = values.mean(axis=1) if summary.statistic == "mean" else values.std(axis=1)
        mine = summary.replicated
        error = np.sqrt((mine.var() + theirs.var()) / draws)
        assert abs(mine.mean() - theirs.mean()) < 4 * error, summary


@pytest.fixture(scope="module")
def fitted() -> StructuralFit:
    settings = SamplerSettings(draws=300, tune=300, chains=2)
    return fit_structural(of_study(), seed=1, settings=settings)


@pytest.mark.mcmc
def test_a_fit_imitates_its_own_data(fitted: StructuralFit) -> None:
    table = posterior_predictive(fitted)
    assert (table["verdict"] == "ok").all()
    assert table["p"].between(0, 1).all()
    by_sector = table[table["sector"].notna()]
    assert set(by_sector["variable"]) == {"binding", "vsv"}
    assert set(by_sector["sector"]) == {"techniek", "economie", "landbouw"}


@pytest.mark.mcmc
def test_other_data_are_recognised_as_such(fitted: StructuralFit) -> None:
    """Twice as many early leavers in the data than in the fit."""
    data = fitted.layout.data
    cells = data.cells["vsv"]
    doubled = replace(cells, events=np.minimum(2 * cells.events + 1, cells.trials))
    other = replace(data, cells={**data.cells, "vsv": doubled})
    table = posterior_predictive(replace(fitted, layout=structural_layout(other)))
    wrong = table[table["verdict"] == "failure"]
    assert set(wrong["variable"]) == {"vsv"}
    assert (wrong["p"] == 0).all()
    assert (wrong["distance"] > 4.5).all()


def test_a_summary_that_cannot_differ_is_no_distance() -> None:
    """Every trial an event in the data and in the replicates."""
    spec = CausalSpec(
        name="sure",
        variables={"x": Variable(), "y": Variable(kind="binary", levels=("no", "yes"))},
        arrows=[{"from": "x", "to": "y"}],
    )
    table = pd.DataFrame({"x": np.arange(9.0), "y": "yes"})
    fit = stand_in_fit(table_data(spec, table))
    posterior = fit.posterior
    posterior["intercept"] = posterior["intercept"] * 0 + 200.0
    fit.tree["posterior"] = posterior
    found = posterior_predictive(fit)
    assert (found["distance"] == 0).all()
    assert (found["verdict"] == "ok").all()
    assert (found["p"] == 0.5).all()
