from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit, logit

from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import GROUPS, OUTCOMES
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.careers import cumulative_shares, group_log_odds
from vm2causal.monitor.cohort_data import COHORTS, INTERVALS, cohort_data
from vm2causal.monitor.cohort_sampling import sample_cohorts
from vm2causal.monitor.cohorts import (
    ICC_PRIOR,
    SITE_CORRELATION_PRIOR,
    cohort_model,
    model_data,
)
from vm2causal.monitor.effects import did_contrasts, published_shares


def shares_log_density(model: Any, point: dict[str, Any]) -> float:
    """Log-density of the shares alone, at a point on the unconstrained scale."""
    return float(evaluate(model, model.potentials, point)[0])


def evaluate(model: Any, outputs: list[Any], point: dict[str, Any]) -> list[Any]:
    """Values of variables at a point; not every variable enters every output."""
    replaced = model.replace_rvs_by_values(outputs)
    compiled = model.compile_fn(
        replaced, inputs=model.value_vars, on_unused_input="ignore", mode="FAST_COMPILE"
    )
    values: list[Any] = compiled(point)
    return values


@pytest.fixture(scope="module")
def whole_counts(everyone: xr.Dataset) -> xr.Dataset:
    """Data whose counts are whole numbers, so that scipy's masses apply."""
    data = everyone.copy(deep=True)
    for end in ("lower", "upper"):
        data[f"pupils_{end}"][:] = 1000.0
        data[f"early_{end}"][:] = 0.0
    data["risk"][:] = 0.8
    data["events"][:] = 0.1
    data["events_per_early"][:] = 0.0
    data["risk_per_early"][:] = 0.0
    return data


@pytest.mark.parametrize("clustered", [False, True])
def test_the_density_of_shares_is_scipys(whole_counts: xr.Dataset, clustered: bool) -> None:
    model = cohort_model(whole_counts, clustered=clustered)
    point = model.initial_point(random_seed=3)
    random = np.random.default_rng(4)
    point = {name: value + random.normal(0, 0.3, np.shape(value)) for name, value in point.items()}
    names = ("baseline", "calendar", "site", "effect", "icc", "site_correlation")
    baseline, calendar, site, effect, icc, common = evaluate(
        model, [model[name] for name in names], point
    )
    assert icc[1] > float(whole_counts["icc_lower"].sel(outcome="sk")) > 0.045
    expected = 0.0
    for row, (outcome, tranche, _) in enumerate(INTERVALS):
        alone = icc[OUTCOMES.index(outcome)] * (1 - common)
        for group in GROUPS:
            odds = baseline[row]
            odds += calendar[row] * (group in {"vm2", "landelijk"})
            in_sites = group in {"vm2", "voorgaand"}
            odds += site[row] * in_sites + effect[row] * (group == "vm2")
            if clustered and in_sites:
                per_site = 800 / float(whole_counts["sites"].sel(tranche=tranche))
                inflation = 1 + (per_site - 1) * alone
                precision = (800 - 1) / (inflation - 1) - 1
                a, b = precision * expit(odds), precision * expit(-odds)
                expected += stats.betabinom.logpmf(100, 800, a, b)
            else:
                expected += stats.binom.logpmf(100, 800, expit(odds))
            expected += np.log(1000)  # from count to share
    assert shares_log_density(model, point) == pytest.approx(expected, rel=1e-9)


def test_the_beta_binomial_has_the_design_effect_it_is_named_after() -> None:
    pupils, per_site, icc, share = 1044, 29.0, 0.05, 0.2
    inflation = 1 + (per_site - 1) * icc
    precision = (pupils - 1) / (inflation - 1) - 1
    spread = stats.betabinom.var(pupils, precision * share, precision * (1 - share))
    assert spread / stats.binom.var(pupils, share) == pytest.approx(inflation, rel=1e-9)


def test_everything_a_user_reads_has_names(everyone: xr.Dataset) -> None:
    model = cohort_model(everyone)
    assert model.named_vars_to_dims["effect"] == ("interval",)
    assert model.coords["interval"][0] == "vsv T1 1"
    assert set(model.coords) == {
        "outcome", "tranche", "group", "interval", "period", "beta_parameter",
    }  # fmt: skip


@pytest.fixture(scope="module")
def unpooled(everyone: xr.Dataset) -> xr.Dataset:
    """Draws of every cohort by itself."""
    data = model_data(everyone, clustered=False, pooled=False)
    return sample_cohorts(data, seed=5)["posterior"].to_dataset()


@pytest.mark.mcmc
def test_did_is_the_closed_form_without_pooling_and_clustering(
    unpooled: xr.Dataset, everyone: xr.Dataset
) -> None:
    """log-odds(vm2) − log-odds(landelijk) − log-odds(voorgaand) + log-odds(landelijk_voorgaand)."""
    effect = unpooled["effect"]
    for interval in ("vsv T1 1", "vsv T2 1", "vsv B1 1", "vsv B2 1", "sk T1 3"):
        cell = everyone.sel(interval=interval)
        odds = logit(cell["events"] / cell["risk"])
        if interval == "sk T1 3":
            assert float(abs(cell["events_per_early"]).sum()) == 0
        closed = float(
            odds.sel(group="vm2") - odds.sel(group="landelijk") - odds.sel(group="voorgaand")
            + odds.sel(group="landelijk_voorgaand")
        )  # fmt: skip
        draws = effect.sel(interval=interval)
        sd = float(draws.std())
        # the prior N(0, 2.5) pulls by (sd / 2.5)², skewness of a log-odds by about sd² / 2
        bias = sd**2 / 2.5**2 * abs(closed) + sd**2 / 2
        mcse = sd / np.sqrt(400)
        assert abs(float(draws.mean()) - closed) < bias + 4 * mcse


@pytest.mark.mcmc
def test_the_model_returns_the_shares_it_was_fitted_to(
    unpooled: xr.Dataset, everyone: xr.Dataset
) -> None:
    modelled = cumulative_shares(unpooled, everyone)
    published = published_shares(everyone)
    gap = abs(modelled.mean("sample") - published).where(published.notnull())
    spread = modelled.std("sample")
    # half a rounding digit, and a prior that pulls small shares a little
    assert float((gap - 0.35 * spread).max()) < 0.0006


@pytest.mark.mcmc
def test_known_effects_are_recovered_from_simulated_tables(everyone: xr.Dataset) -> None:
    """Twelve simulated publications: 90% intervals hold the truth as often as they should."""
    random = np.random.default_rng(7)
    truth = np.where([outcome == "vsv" for outcome, _, _ in INTERVALS], -0.3, 0.8)
    hits, standardised = [], []
    for replication in range(12):
        data = _simulated(everyone, truth, random)
        tree = sample_cohorts(
            model_data(data, clustered=True),
            seed=replication,
            settings=SamplerSettings(draws=500, tune=600, chains=2),
        )
        effect = tree["posterior"]["effect"]
        low, high = effect.quantile([0.05, 0.95], ("chain", "draw")).to_numpy()
        hits.append((low <= truth) & (truth <= high))
        standardised.append(
            (effect.mean(("chain", "draw")).to_numpy() - truth)
            / effect.std(("chain", "draw")).to_numpy()
        )
    coverage = np.mean(hits)
    # intervals of one table are dependent: judge by the spread over tables
    spread = np.std(np.mean(hits, axis=1), ddof=1) / np.sqrt(len(hits))
    assert coverage > 0.90 - 3 * spread - 0.02
    assert abs(np.mean(standardised)) < 0.35


def _simulated(data: xr.Dataset, effect: np.ndarray, random: np.random.Generator) -> xr.Dataset:
    """Publish new shares: pupils in sites, hazards from the given effects."""
    simulated = data.copy(deep=True)
    for end in ("lower", "upper"):
        middle = np.sqrt(data["pupils_lower"] * data["pupils_upper"])
        simulated[f"pupils_{end}"] = middle.round()
    base = np.array([-2.8 if outcome == "vsv" else -2.2 for outcome, _, _ in INTERVALS])
    for row, (_, tranche, _) in enumerate(INTERVALS):
        for group in GROUPS:
            odds = base[row] + 0.1 * (group in {"vm2", "landelijk"})
            odds += 0.2 * (group in {"vm2", "voorgaand"}) + effect[row] * (group == "vm2")
            pupils = float(simulated["pupils_lower"].sel(tranche=tranche, group=group))
            at_risk = int(pupils * 0.9)
            hazard = expit(odds)
            if group in {"vm2", "voorgaand"}:
                per_site = at_risk / float(data["sites"].sel(tranche=tranche))
                icc = random.beta(*ICC_PRIOR[INTERVALS[row][0]])
                icc = icc * (1 - random.beta(*SITE_CORRELATION_PRIOR))
                precision = max((at_risk - 1) / (max(per_site - 1, 0.1) * icc) - 1, 1)
                hazard = random.beta(precision * hazard, precision * (1 - hazard))
            here = {
                "interval": f"{INTERVALS[row][0]} {tranche} {INTERVALS[row][2]}",
                "group": group,
            }
            simulated["risk"].loc[here] = at_risk / pupils
            simulated["events"].loc[here] = random.binomial(at_risk, hazard) / pupils
    simulated["icc_lower"] = simulated["icc_lower"] * 0.0
    for name in ("events_per_early", "risk_per_early", "early_lower", "early_upper"):
        simulated[name] = simulated[name] * 0.0
    return simulated


@pytest.mark.mcmc
def test_the_same_seed_gives_the_same_draws(everyone: xr.Dataset) -> None:
    data = model_data(everyone, clustered=True)
    few = SamplerSettings(draws=100, tune=100, chains=2)
    first, second = (sample_cohorts(data, seed=8, settings=few) for _ in range(2))
    xr.testing.assert_identical(
        first["posterior"].to_dataset()["effect"], second["posterior"].to_dataset()["effect"]
    )


@pytest.mark.mcmc
def test_where_nothing_is_published_the_prior_remains(monitor, tables: PublishedTables) -> None:
    data = cohort_data(tables, "as_intended")
    fit = monitor.fits["as_intended", "did_clustered"]
    seen = np.array([bool(value) for value in data["seen"].to_numpy()])
    spread = fit.posterior["baseline"].std(("chain", "draw")).to_numpy()
    assert (spread[seen] < 0.6).all()
    assert (spread[~seen] > 1.8).all()


def test_group_log_odds_is_the_design(everyone: xr.Dataset) -> None:
    ones = {
        name: (("interval",), np.full(len(INTERVALS), value))
        for name, value in {"baseline": 1.0, "calendar": 10.0, "site": 100.0, "effect": 1e3}.items()
    }
    posterior = xr.Dataset(ones, coords={"interval": everyone["interval"]})
    found = {group: float(group_log_odds(posterior, group)[0]) for group in GROUPS}
    assert found == {
        "vm2": 1111.0, "landelijk": 11.0, "voorgaand": 101.0, "landelijk_voorgaand": 1.0,
    }  # fmt: skip
    assert float(group_log_odds(posterior, "vm2", with_effect=False)[0]) == 111.0


@pytest.mark.mcmc
def test_every_shipped_fit_passes_the_gate(monitor) -> None:
    for fit in monitor.fits.values():
        assert fit.diagnostics.passed, fit.diagnostics
    assert len(diagnose(fit.tree).failures) == 0


@pytest.mark.mcmc
def test_the_counterfactual_differs_by_the_effect_alone(monitor) -> None:
    fit = monitor.fits["all", "did"]
    posterior = fit.posterior
    none = posterior.assign(effect=posterior["effect"] * 0.0)
    for contrast in did_contrasts(none, fit.data):
        np.testing.assert_allclose(contrast.risk_difference, 0, atol=1e-15)
    assert {contrast.tranche for contrast in did_contrasts(posterior, fit.data)} == set(COHORTS)
