from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from checks.attack_cases import (
    CONFOUNDED,
    QUICK,
    apart,
    confounded_table,
    fitted,
    query_of,
    spec_of,
)
from model.fit_cases import stand_in_fit
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.refute.refitted_effect import AttackedQuery, effect_draws
from vm2causal.checks.sensitivity.confounding import refit_with_cause, surface, why_not
from vm2causal.checks.sensitivity.confounding_answer import tipping_points
from vm2causal.checks.sensitivity.e_values import e_value, e_value_of, ratio_of_difference
from vm2causal.checks.sensitivity.front_door_violations import (
    front_door_of,
    front_door_spec,
    violated_layout,
)
from vm2causal.checks.sensitivity.missing_shift import missing_shares, tilted, with_items
from vm2causal.checks.sensitivity.omitted_cause import bias_slope
from vm2causal.checks.sensitivity.power_scaling import log_densities, power_scaling
from vm2causal.checks.sensitivity.sensitivity import analyse_sensitivity
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.sampler.unconstrained import unconstrained_draws
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_parameters import Priors
from vm2causal.report.documents.sensitivity import confounding_shown
from vm2causal.report.figures.sensitivity import draw_tipping
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language

# -- E-values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "expected"), [(3.9, 7.26), (1.8, 3.0), (1 / 3.9, 7.26), (0.8, 1.81), (1.0, 1.0)]
)
def test_e_values_are_the_published_ones(ratio: float, expected: float) -> None:
    assert e_value(ratio) == pytest.approx(expected, abs=0.005)


def test_an_interval_that_holds_1_needs_no_confounder() -> None:
    found = Interval(mean=1.2, sd=0.2, lower=0.9, upper=1.6, level=0.95)
    assert e_value_of(found)[1] == 1.0
    protective = Interval(mean=0.5, sd=0.1, lower=0.4, upper=0.8, level=0.95)
    assert e_value_of(protective) == (e_value(0.5), e_value(0.8))


def test_a_difference_is_read_as_a_ratio() -> None:
    found = ratio_of_difference(np.full(10, 2.0) + np.linspace(-1e-9, 1e-9, 10), sd=4.0)
    assert found.approximate
    assert found.risk_ratio["mean"] == pytest.approx(np.exp(0.91 * 0.5))


# -- confounding -----------------------------------------------------------------------------------


def curve_of(means: list[float], half: float) -> pd.DataFrame:
    effects = [
        {"mean": mean, "sd": 1.0, "lower": mean - half, "upper": mean + half, "level": 0.95}
        for mean in means
    ]
    return pd.DataFrame({"product": np.arange(len(means)) * 0.1, "effect": effects})


def test_tipping_points_lie_where_the_lines_cross() -> None:
    assert tipping_points(curve_of([3.0, 2.0, 1.0, -1.0], 1.5)) == pytest.approx((0.25, 0.15))
    assert tipping_points(curve_of([-3.0, -2.0, -1.0, 1.0], 1.5)) == pytest.approx((0.25, 0.15))
    assert tipping_points(curve_of([3.0, 2.0], 4.0)) == (float("inf"), 0.0)


def surface_of(spec: CausalSpec, table: pd.DataFrame) -> tuple[dict[str, Any], AttackedQuery]:
    data = table_data(spec, table)
    query = query_of(fitted(spec, table)[1])
    arguments = {
        "data": data,
        "query": query.to_dict(),
        "settings": asdict(QUICK),
        "beside": [],
    }
    return surface(arguments, (5, 0)), query


@pytest.mark.mcmc
def test_in_a_linear_model_the_bias_is_the_omitted_variable_formula() -> None:
    table = confounded_table(400, a=0.6, b=0.8)
    found, query = surface_of(CONFOUNDED, table)
    x, y = (table[name].std(ddof=0) for name in ("x", "y"))
    # per standard deviation of U, on standardised variables
    product = (0.6 / x) * (0.8 / y)
    products = [item["product"] for item in found["curve"]]
    corrected = np.interp(product, products, [item["effect"]["mean"] for item in found["curve"]])
    step = apart(query)
    assert found["effect"]["mean"] / step > 0.75
    assert corrected / step == pytest.approx(0.5, abs=0.12)
    residual = found["noise"]
    bias = (found["effect"]["mean"] - corrected) / step * x / y
    assert bias == pytest.approx(product / residual**2, rel=0.02)


@pytest.mark.mcmc
def test_the_shift_is_what_a_refit_with_the_cause_in_it_finds() -> None:
    found, _ = surface_of(CONFOUNDED, confounded_table(300))
    refit, shift = found["refit"]["refit"], found["refit"]["shift"]
    assert refit["mean"] == pytest.approx(shift["mean"], abs=0.3 * shift["sd"])
    assert refit["sd"] == pytest.approx(shift["sd"], rel=0.25)
    (strength,) = found["benchmarks"]
    assert strength["variable"] == "z"
    assert strength["a"] == pytest.approx(0.5 / np.sqrt(1.25), abs=0.1)


@pytest.mark.mcmc
def test_a_construct_and_a_binary_cause_shift_as_their_refits_do() -> None:
    rng = np.random.default_rng(3)
    score = rng.normal(size=250)
    items = {
        f"t{k}": np.digitize(score * 2 + rng.logistic(size=250), [-2.0, 0.0, 2.0]) + 1
        for k in (1, 2, 3, 4)
    }
    latent = pd.DataFrame({**items, "y": 0.6 * score + rng.normal(size=250)})
    spec = spec_of(
        {"x": {"kind": "latent", "items": list(items), "levels": list("1234")}, "y": {}},
        [("x", "y")],
    )
    binary = pd.DataFrame({"x": (score > 0).astype(int), "y": latent["y"]})
    for model, table in (
        (spec, latent),
        (spec_of({"x": {"kind": "binary"}, "y": {}}, [("x", "y")]), binary),
    ):
        found, _ = surface_of(model, table)
        refit, shift = found["refit"]["refit"], found["refit"]["shift"]
        assert refit["mean"] == pytest.approx(shift["mean"], abs=0.75 * shift["sd"])
        assert shift["mean"] < 0.75 * found["effect"]["mean"]


@pytest.mark.mcmc
def test_a_refit_with_no_effect_of_the_cause_moves_nothing() -> None:
    table = confounded_table(200)
    _, forward = fitted(CONFOUNDED, table)
    query = query_of(forward)
    fit = refit_with_cause(forward.data, query, a=0.5, b=0.0, seed=2, settings=QUICK)
    moved = effect_draws(Forward(fit.layout, fit.posterior), query)
    base = effect_draws(forward, query)
    assert moved.mean() == pytest.approx(base.mean(), abs=0.3 * base.std())
    place = list(fit.layout.block("hidden_anchor").dims["hidden_first"])
    held = fit.posterior["hidden_anchor"].to_numpy()
    assert len(place) == 1
    assert held.mean() == pytest.approx(0.5, abs=0.01)


def test_levels_shift_by_the_log_odds() -> None:
    """For a logistic cause E[U | 1] − E[U | 0] = a, so the standardised shift is a · scale."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"x": rng.integers(0, 2, 60), "y": rng.normal(size=60)})
    fit = stand_in_fit(table_data(spec_of({"x": {"kind": "binary"}, "y": {}}, [("x", "y")]), table))
    forward = Forward(fit.layout, fit.posterior)
    query = AttackedQuery("x", "y", (), (), 1.0, 0.0, "")
    assert bias_slope(forward, query) == pytest.approx(table["x"].std(ddof=0))


def test_a_nominal_cause_has_no_noise_to_share() -> None:
    data = table_data(EVERY_KIND, table_of_every_kind())
    plan = AttackedQuery("plan", "score", (), (), None, None, "")
    cases = AttackedQuery("cases", "score", (), (), None, None, "")
    assert why_not(data, plan) is not None
    assert why_not(data, cases) is not None
    assert why_not(data, AttackedQuery("size", "score", (), (), None, None, "")) is None


# -- the front door --------------------------------------------------------------------------------

DOOR = spec_of(
    {"x": {}, "m": {}, "y": {}, "u": {"observed": False}},
    [("x", "m"), ("m", "y"), ("u", "x"), ("u", "y")],
)


@pytest.fixture(scope="module")
def door_table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    u, x, m = rng.standard_normal((3, 250))
    x = x + u
    m = 0.7 * x + m
    return pd.DataFrame({"x": x, "m": m, "y": 0.6 * m + u + rng.normal(size=250)})


@pytest.mark.mcmc
def test_the_front_door_opens_by_the_size_of_its_violation(
    door_table: pd.DataFrame, tmp_path: Path
) -> None:
    fit, forward = fitted(DOOR, door_table)
    query = query_of(forward)
    door = front_door_of(forward, query)
    assert door is not None
    assert (door.mediators, door.given, door.hidden) == (("m",), (), ("u",))
    found = analyse_sensitivity(fit, forward, [query], folder=tmp_path, seed=1, settings=QUICK)
    assert not found.failed
    sizes = found.front_door.set_index(["violation", "size"])["total"]
    shut = sizes["none", 0.0]["mean"]
    step = apart(query)
    assert shut / step == pytest.approx(0.42, abs=0.2)
    assert sizes["direct", 0.4]["mean"] > shut > sizes["direct", -0.4]["mean"]
    assert sizes["back", 0.5]["mean"] != pytest.approx(sizes["back", -0.5]["mean"], abs=0.05)


def test_fixed_arrows_have_a_tight_prior(door_table: pd.DataFrame) -> None:
    fit = stand_in_fit(table_data(DOOR, door_table))
    forward = Forward(fit.layout, fit.posterior)
    door = front_door_of(forward, AttackedQuery("x", "y", (), ("u",), 1.0, 0.0, ""))
    assert door is not None
    assert front_door_spec(forward.data, door, direct=False).arrow("x", "y") is None
    layout = violated_layout(forward.data, door, direct=0.3, back=0.5)
    labels = layout.block("weight").dims["arrow_weight"]
    row = labels.index("x -> y")
    assert (layout.block("weight").mean[row], layout.block("weight").sd[row]) == (0.3, 0.01)
    assert 0.5 in layout.block("hidden_weight").mean
    shut = violated_layout(forward.data, door, direct=0.0, back=0.0)
    assert "x -> y" not in shut.block("weight").dims["arrow_weight"]


# -- priors ----------------------------------------------------------------------------------------


def test_draws_go_back_to_the_points_they_came_from() -> None:
    fit = stand_in_fit(study_data(STUDY_SPEC, small_study()))
    points = unconstrained_draws(fit.layout, fit.posterior)
    again = named_draws(fit.layout, points)
    for name in again.data_vars:
        np.testing.assert_allclose(again[name], fit.posterior[name])
    found = log_densities(fit.layout, fit.posterior)
    program = structural_program(fit.layout)
    total = program.log_density(points[0, 0])[0]
    assert found.prior[0, 0] + found.likelihood[0, 0] == pytest.approx(total)


@pytest.mark.mcmc
def test_an_arrow_without_data_hangs_on_its_prior() -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(size=200)
    few = np.where(np.arange(200) < 3, 1, 0)
    table = pd.DataFrame({"x": x, "w": few, "y": 0.5 * x + rng.normal(size=200)})
    spec = spec_of({"x": {}, "w": {"kind": "binary"}, "y": {}}, [("x", "y"), ("w", "y")])
    strong = {"from": "w", "to": "y", "prior": {"mean": 0.3, "sd": 0.05}}
    plain = spec.model_dump(by_alias=True, exclude_defaults=True)
    plain["arrows"] = [{"from": "x", "to": "y"}, strong]
    # the sensitivity of the other arrow, 0.03, must be told from the threshold of 0.05
    long = SamplerSettings(draws=2_000, tune=300, chains=4)
    data = table_data(CausalSpec.model_validate(plain), table)
    fit = fit_structural(data, priors=Priors.EVIDENCE, seed=1, settings=long)
    weights = fit.posterior["weight"].transpose("chain", "draw", ...).to_numpy()
    labels = fit.layout.block("weight").dims["arrow_weight"]
    found = power_scaling(
        fit.layout, fit.posterior, {name: weights[..., k] for k, name in enumerate(labels)}
    ).set_index("quantity")
    assert found.loc["w -> y", "prior"] > 0.05
    assert found.loc["x -> y", "flag"] == "none"
    assert found.loc["w -> y", "prior"] > 2 * found.loc["x -> y", "prior"]


# -- missing answers -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gappy() -> Forward:
    fit = stand_in_fit(table_data(EVERY_KIND, table_of_every_kind(200, missing=0.2)), draws=40)
    return Forward(fit.layout, fit.posterior, draws=40)


def test_what_is_missing_is_counted(gappy: Forward) -> None:
    shares = missing_shares(gappy.data)
    assert set(shares) == {"open", "grade", "trust"}
    assert shares["trust"] == pytest.approx((gappy.data.items["trust"] < 0).mean())


def test_missing_items_are_filled_in_higher_with_the_shift(gappy: Forward) -> None:
    absent = gappy.data.items["trust"] < 0
    means = []
    for shift in (-3.0, 0.0, 3.0):
        items = with_items(gappy, shift, seed=1).items["trust"]
        assert np.array_equal(items[~absent], gappy.data.items["trust"][~absent])
        assert items.min() >= 0
        means.append(items[absent].mean())
    assert means[0] < means[1] < means[2]


def test_no_tilt_leaves_the_density_as_it_is(gappy: Forward) -> None:
    program = structural_program(gappy.layout)
    point = np.zeros(gappy.layout.size)
    same = tilted(gappy.layout, program, 0.0).log_density(point)[0]
    assert same == program.log_density(point)[0]
    assert tilted(gappy.layout, program, 1.0).log_density(point)[0] > same


def test_a_tilt_is_the_expected_weight_of_the_completions() -> None:
    """One missing binary root: the density gains log(1 − p + p e^δ), p its posterior."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"x": rng.integers(0, 2, 30).astype(float), "y": rng.normal(size=30)})
    table.loc[0, "x"] = np.nan
    fit = stand_in_fit(table_data(spec_of({"x": {"kind": "binary"}, "y": {}}, [("x", "y")]), table))
    program = structural_program(fit.layout)
    point = unconstrained_draws(fit.layout, fit.posterior)[0, 0]

    def density(shift: float) -> float:
        return tilted(fit.layout, program, shift).log_density(point)[0]

    at_zero, at_one = (np.exp(density(value) - density(0.0)) for value in (-60.0, 1.0))
    p = 1 - at_zero
    assert 0 < p < 1
    assert at_one == pytest.approx(1 - p + p * np.e)


@pytest.mark.mcmc
def test_everything_together_with_its_figure(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    table = confounded_table(120)
    table["z"] = np.where(table["z"] > 0, 1.0, 0.0)
    table["z"] = table["z"].mask(rng.random(120) < 0.1)
    spec = spec_of(
        {"z": {"kind": "binary"}, "x": {}, "y": {}}, [("z", "x"), ("z", "y"), ("x", "y")]
    )
    fit, forward = fitted(spec, table)
    found = analyse_sensitivity(
        fit, forward, [query_of(forward)], folder=tmp_path, seed=1, settings=QUICK
    )
    (item,) = found.confounding
    assert 0 < item.tipping_interval < item.tipping_mean < np.inf
    assert list(item.benchmarks["variable"]) == ["z"]
    assert found.missing_shares == {"z": pytest.approx(table["z"].isna().mean())}
    shifted = found.missing.set_index("shift")["shifted"]
    assert list(shifted.index) == [-1.0, 0.0, 1.0]
    assert shifted[0.0]["mean"] == pytest.approx(item.estimate["mean"], abs=item.estimate["sd"])
    (shown,) = confounding_shown(found)["confounding"]
    drawn = draw_tipping(shown, spec=spec, language=Language.NL, synthetic=False)
    lines = {line.get_label(): line for line in drawn.figure.axes[0].get_lines()}
    a, b = lines["het teken slaat om"].get_data()
    np.testing.assert_allclose(np.asarray(a) * np.asarray(b), shown["tipping_mean"])
    assert "z a =" in drawn.alt
    plt.close(drawn.figure)
