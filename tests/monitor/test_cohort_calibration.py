"""The calibration of the cohort model: what is simulated, what is ranked, and what it finds."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from command_line import run, valid
from vm2causal.checks.calibrate.calibration import coverage_by_kind, judge
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.cohort_calibration import (
    cohort_calibration_tasks,
    cohort_simulation,
)
from vm2causal.monitor.cohort_parameters import Values, prior_draw
from vm2causal.monitor.cohorts import ICC_PRIOR, TRANCHE_SD, model_data
from vm2causal.monitor.effects import published_shares
from vm2causal.monitor.simulated_cohorts import (
    can_be,
    cohort_design,
    followed,
    simulated_publication,
)

SHORT = SamplerSettings(draws=200, tune=300, chains=1)


@pytest.fixture(scope="module")
def design(tables: PublishedTables) -> xr.Dataset:
    return cohort_design(tables)


@pytest.fixture(scope="module")
def prior(design: xr.Dataset) -> Values:
    return model_data(design, clustered=True)


@pytest.fixture(scope="module")
def publication(design: xr.Dataset, prior: Values) -> xr.Dataset:
    rng = np.random.default_rng(3)
    drawn = (simulated_publication(design, prior_draw(prior, rng), rng) for _ in range(50))
    return next(data for data in drawn if can_be(data))


# -- truths ----------------------------------------------------------------------------------------


def test_draws_are_the_priors_and_repeat(prior: Values) -> None:
    random = np.random.default_rng(8)
    draws = xr.concat([prior_draw(prior, random) for _ in range(300)], "draw")
    scaled = {
        "icc": draws["icc_beyond"].sel(outcome="sk").to_numpy().ravel(),
        "effect_mean": draws["effect_mean"].sel(outcome="vsv").to_numpy().ravel(),
        "baseline": draws["baseline"].isel(interval=3).to_numpy().ravel(),
        "calendar": draws["calendar"].isel(interval=3).to_numpy().ravel(),
        "tranche_sd": draws["site_tranche_sd"].sel(outcome="sk").to_numpy().ravel(),
        "position": draws["pupils_position"].isel(tranche=0, group=2).to_numpy().ravel(),
        # a contrast beside its year, over how much tranches differ: half-way centred or not
        "effect": _standardised(draws, "effect", 0.0),
        "effect of a borgingscohort": _standardised(draws, "effect", 0.5, "vsv B1 2"),
    }
    expected = {
        "icc": stats.beta(*ICC_PRIOR["sk"]),
        "effect_mean": stats.norm(0.0, 1.0),
        "baseline": stats.norm(-3.0, 2.0),
        "calendar": stats.norm(0.0, 0.5),
        "tranche_sd": stats.lognorm(0.5, scale=TRANCHE_SD),
        "position": stats.uniform(),
        "effect": stats.norm(),
        "effect of a borgingscohort": stats.norm(),
    }
    for name, values in scaled.items():
        assert stats.kstest(values, expected[name].cdf).pvalue > 0.001, name
    first, second = (prior_draw(prior, np.random.default_rng(5)) for _ in range(2))
    xr.testing.assert_identical(first, second)


def _standardised(
    draws: xr.Dataset, name: str, extra: float, interval: str = "vsv T2 2"
) -> np.ndarray:
    """A contrast beside its year, in units of how much tranches differ."""
    outcome, _, year = interval.split()
    mean = draws[f"{name}_mean"].sel(outcome=outcome)
    around = mean + 0.5 * draws[f"{name}_year_raw"].sel(period=f"{outcome} {year}")
    sd = np.hypot(draws[f"{name}_tranche_sd"].sel(outcome=outcome), extra)
    return ((draws[name].sel(interval=interval) - around) / sd).to_numpy().ravel()


# -- publications ----------------------------------------------------------------------------------


def test_a_cohort_whose_hazards_are_certain_is_counted_by_hand() -> None:
    """At risk are those who neither left nor qualified; half of the early SK a year before."""

    def expected(outcome: str, at_risk: int, chance: float) -> int:
        assert outcome in {"vsv", "sk"}
        return round(at_risk * chance)

    hazards = {("vsv", 1): 0.1, ("vsv", 2): 0.2, ("vsv", 3): 0.5, ("sk", 3): 0.25}
    assert followed(hazards, 1000, 20.0, expected) == {
        ("vsv", 1): 100,
        ("vsv", 2): 100 + 178,  # of 1000 - 100 - 20 / 2
        ("vsv", 3): 278 + 351,  # of 1000 - 278 - 20
        ("sk", 3): 93,  # of 1000 - 629, the early ones among them
    }
    early = {("vsv", 1): 0.1, ("vsv", 2): 0.2, ("sk", 2): 0.5}
    # e = 0.5 (900 - 0.2 (900 - e / 2)): e = 0.5 · 900 · 0.8 / (1 - 0.5 · 0.5 · 0.2)
    qualified = 360 / 0.95
    left = 100 + round((900 - round(qualified / 2)) * 0.2)
    assert followed(early, 1000, 0.0, expected) == {
        ("vsv", 1): 100,
        ("vsv", 2): left,
        ("sk", 2): round((1000 - left) * 0.5),
    }


def test_a_publication_holds_what_the_real_one_does(
    design: xr.Dataset, publication: xr.Dataset
) -> None:
    for name in ("seen", "sites", "starters", "pupils_lower", "pupils_upper", "icc_lower"):
        xr.testing.assert_identical(publication[name], design[name])
    for name, values in publication.data_vars.items():
        assert values.dims == design[name].dims
    real, simulated = published_shares(design), published_shares(publication)
    np.testing.assert_array_equal(real.notnull(), simulated.notnull())
    assert float(design["counted"].sum()) == 10


def test_percentages_have_one_decimal_except_where_counts_are_printed(
    design: xr.Dataset, publication: xr.Dataset
) -> None:
    shares = published_shares(publication).sel(outcome="vsv")
    counted = design["counted"].sel(outcome="vsv") == 1
    tenths = 1000 * shares.where(~counted).to_numpy()
    known = np.isfinite(tenths)
    np.testing.assert_allclose(tenths[known], tenths[known].round(), atol=1e-6)
    pupils = design["pupils_lower"].sel(tranche="T1", group="vm2")
    count = float(shares.sel(tranche="T1", group="vm2", year=4) * pupils)
    assert count == pytest.approx(round(count), abs=1e-6)


def test_the_bounds_of_early_qualification_are_those_of_its_digits(
    design: xr.Dataset, publication: xr.Dataset
) -> None:
    width = publication["early_upper"] - publication["early_lower"]
    printed = width.sel(tranche=["T2", "B1"])
    assert float(printed.max()) == pytest.approx(0.001)
    for end in ("lower", "upper"):
        name = f"early_{end}"
        xr.testing.assert_identical(
            publication[name].sel(tranche=["T1", "B2"]), design[name].sel(tranche=["T1", "B2"])
        )


def test_only_tables_without_negative_counts_can_be(design: xr.Dataset) -> None:
    assert can_be(design)
    fewer = design.copy(deep=True)
    fewer["events"].loc[{"interval": "sk T2 3", "group": "landelijk"}] = 0.0002
    assert not can_be(fewer)  # early ones, taken off for the third year, may be more
    more = design.copy(deep=True)
    more["events"].loc[{"interval": "vsv T1 1", "group": "vm2"}] = 1.001
    assert not can_be(more)


# -- simulations -----------------------------------------------------------------------------------


@pytest.mark.mcmc
def test_one_simulation_ranks_effects_and_what_follows_from_them(design: xr.Dataset) -> None:
    found = cohort_simulation(design, (7, 0), settings=SHORT)
    ranks = found["ranks"]
    assert {
        "icc[vsv]", "icc[sk]", "site_correlation", "effect_mean[vsv]",
        "effect[vsv T1 4]", "effect[sk T2 3]", "pupils[T1 voorgaand]",
        "risk_difference[vsv T1 4]", "risk_difference[sk T2 3]", "risk_difference[vsv pooled 3]",
        "log_odds[sk pooled 3]",
    } <= set(ranks)  # fmt: skip
    assert "pupils[T1 vm2]" not in ranks
    assert all(0 <= rank <= 99 for rank in ranks.values())
    # one interval only: its effect is the difference in log-odds
    assert ranks["effect[vsv B2 1]"] == ranks["log_odds[vsv B2 1]"]
    assert cohort_simulation(design, (7, 0), settings=SHORT) == found


@pytest.mark.mcmc
def test_the_command_calibrates_the_cohort_model(tmp_path: Path) -> None:
    options = ("calibrate", "--cohorts", "--out", tmp_path, "--lang", "en")
    first = run(*options, "--simulations", 2, "--json")
    assert first.returncode == 0, first.stderr
    document = valid(first.stdout, "calibrate")
    assert (document["model"], document["size"], document["digits"]) == ("cohorts", None, 1)
    assert document["verdicts"] == []
    derived = [row["quantity"] for row in document["quantities"] if row["derived"]]
    assert len(derived) == 2 * 19
    again = run(*options, "--simulations", 3)
    assert "2 tasks were finished before." in again.stderr
    assert "Calibration of the cohorts: 3 simulations, 117 quantities" in again.stdout
    assert "Mean coverage by kind of quantity" in again.stdout
    assert json.loads((tmp_path / "calibration.json").read_text())["simulations"] == 3


@pytest.mark.slow  # sixty fits
@pytest.mark.mcmc
def test_a_fit_that_forgets_that_pupils_sit_in_schools_is_found(design: xr.Dataset) -> None:
    values = {
        str(number): cohort_simulation(design, (9, number), settings=SHORT, clustered=False)
        for number in range(60)
    }
    found = judge(values)
    assert not found.passed
    flagged = set(found.table.loc[found.table["flagged"], "quantity"])
    assert "risk_difference[vsv B1 2]" in flagged  # most pupils a site
    coverage = coverage_by_kind(found).set_index("kind")["coverage_80"]
    assert coverage["effect"] < 0.7


def test_more_simulations_keep_the_first_and_digits_do_not(
    tables: PublishedTables, tmp_path: Path
) -> None:
    few, many, finer = (
        cohort_calibration_tasks(tables, folder=tmp_path, simulations=number, seed=6, digits=digits)
        for number, digits in ((2, 1), (3, 1), (2, 6))
    )
    assert [task.key for task in many[:2]] == [task.key for task in few]
    assert all(one.key != other.key for one, other in zip(few, finer, strict=True))
    assert all(one.seed != other.seed for one, other in pairwise(many))


def test_coverage_by_kind_is_the_mean_of_its_quantities() -> None:
    ranks = [{"a[x]": 50, "a[y]": 0, "b": 50}, {"a[x]": 99, "a[y]": 99, "b": 40}]
    runs = {
        str(place): {"ranks": row, "weights": {}, "divergences": 0}
        for place, row in enumerate(ranks)
    }
    kinds = coverage_by_kind(judge(runs)).set_index("kind")
    assert kinds["number"].to_dict() == {"a": 2, "b": 1}
    assert kinds["coverage_80"].to_dict() == {"a": 0.25, "b": 1.0}
    # half of the first simulation, none of the second
    assert kinds["error_80"].to_dict() == {"a": pytest.approx(0.25), "b": 0.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cohorts", "--size", 12), "--size has no use beside --cohorts. Got: 12"),
        (("--cohorts", "--model", "x"), "--model has no use beside --cohorts. Got: 'x'"),
        (("--digits", 3), "--digits is for --cohorts only. Got: 3"),
    ],
)
def test_options_that_do_nothing_are_refused(
    options: tuple[object, ...], message: str, tmp_path: Path
) -> None:
    done = run("calibrate", *options, "--out", tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
