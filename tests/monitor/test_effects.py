import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vm2causal.effects.intervals import interval
from vm2causal.errors import OptionError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.cohort_data import cohort_data
from vm2causal.monitor.compliers import complier_table, share_realised
from vm2causal.monitor.cost import PriceRange, cost_table, parse_price
from vm2causal.monitor.effects import (
    ALL_PUPILS,
    METHODS,
    Contrast,
    all_pupils_contrasts,
    at_last,
    estimate_table,
    last_teldata,
    naive_contrasts,
    pooled_contrast,
    pooled_years,
    published_shares,
    teldata,
)

MOVED = {"vsv": 0.012, "sk": 0.008}


@pytest.fixture
def contrasts() -> list[Contrast]:
    random = np.random.default_rng(1)
    return [
        Contrast(
            "vsv", tranche, 3, random.beta(20, 80, 4000), random.beta(25, 75, 4000), float(starters)
        )
        for tranche, starters in (("T1", 1044), ("T2", 1995))
    ]


def test_intervals_are_equal_tailed() -> None:
    found = interval(np.arange(1001), level=0.9)
    assert (found["lower"], found["upper"], found["mean"]) == pytest.approx((50, 950, 500))


def test_pooling_leaves_the_borgingscohorten_out(contrasts: list[Contrast]) -> None:
    odd = Contrast("vsv", "B1", 3, contrasts[0].share + 0.5, contrasts[0].comparison, 1e6)
    with_borging = pooled_contrast([*contrasts, odd], "vsv", 3)
    np.testing.assert_array_equal(
        with_borging["risk_difference"], pooled_contrast(contrasts, "vsv", 3)["risk_difference"]
    )


def test_only_equal_years_since_the_start_are_pooled(contrasts: list[Contrast]) -> None:
    first = contrasts[0]
    fourth = Contrast("vsv", "T1", 4, first.share + 0.3, first.comparison, first.starters)
    everything = [*contrasts, fourth]
    assert pooled_years(everything, "vsv") == [3]
    table = estimate_table({"did": everything}, "all", moved=MOVED)
    pooled = table[table["tranche"] == "pooled"]
    assert list(pooled["years_since_start"]) == [3]
    found = pooled["risk_difference"].iloc[0]["mean"]
    assert found == pytest.approx(pooled_contrast(contrasts, "vsv", 3)["risk_difference"].mean())
    assert [item.year for item in at_last(everything)] == [4, 3]


def test_pooling_weighs_by_pupils(contrasts: list[Contrast]) -> None:
    pooled = pooled_contrast(contrasts, "vsv", 3)
    first, second = contrasts
    expected = (1044 * first.risk_difference + 1995 * second.risk_difference) / 3039
    np.testing.assert_allclose(pooled["risk_difference"], expected)
    np.testing.assert_allclose(pooled["fewer_pupils"], -3039 * expected)


def test_the_table_counts_pupils_and_benefit(contrasts: list[Contrast]) -> None:
    table = estimate_table({"did": contrasts}, "all", moved=MOVED).set_index("tranche")
    first = contrasts[0]
    row = table.loc["T1"]
    assert row["fewer_pupils"]["mean"] == pytest.approx(-1044 * first.risk_difference.mean())
    assert row["p_beneficial"] == pytest.approx((first.risk_difference < 0).mean())
    assert row["p_beneficial_moved"] == pytest.approx((first.risk_difference < -0.012).mean())
    assert list(table.index) == ["T1", "T2", "pooled"]


def test_more_sk_is_the_benefit(contrasts: list[Contrast]) -> None:
    sk = [Contrast("sk", c.tranche, 3, c.share, c.comparison, c.starters) for c in contrasts]
    vsv = estimate_table({"did": contrasts}, "all", moved=MOVED)["p_beneficial"]
    turned = estimate_table({"did": sk}, "all", moved=MOVED)["p_beneficial"]
    np.testing.assert_allclose(vsv + turned, 1.0)


def test_a_comparison_of_levels_leans_on_no_trend(contrasts: list[Contrast]) -> None:
    table = estimate_table({"naive_landelijk": contrasts}, "all", moved=MOVED)
    assert table["p_beneficial_moved"].isna().all()


def test_naive_intervals_are_the_conjugate_ones(everyone: xr.Dataset) -> None:
    """Against the normal approximation of a difference of two independent shares."""
    (found,) = (
        item
        for item in naive_contrasts(everyone, "landelijk", seed=2)
        if (item.outcome, item.tranche, item.year) == ("vsv", "T1", 4)
    )
    own, nation = 245 / 1044, (6474 - 245) / (25453 - 1044)
    spread = np.sqrt(own * (1 - own) / 1044 + nation * (1 - nation) / (25453 - 1044))
    assert found.risk_difference.mean() == pytest.approx(own - nation, abs=4 * spread / 140)
    assert found.risk_difference.std() == pytest.approx(spread, rel=0.03)


def test_each_cohort_is_reported_at_every_teldatum(everyone: xr.Dataset) -> None:
    assert [year for outcome, tranche, year in teldata(everyone) if tranche == "T1"] == [
        1, 2, 3, 4, 3, 4,
    ]  # fmt: skip
    assert last_teldata(everyone) == [
        ("vsv", "T1", 4), ("vsv", "T2", 3), ("vsv", "B1", 2), ("vsv", "B2", 1),
        ("sk", "T1", 4), ("sk", "T2", 3), ("sk", "B1", 2),
    ]  # fmt: skip


def test_published_shares_come_back_as_printed(everyone: xr.Dataset) -> None:
    shares = published_shares(everyone).sel(group="vm2")
    assert shares.sel(outcome="vsv", tranche="T1").to_numpy() == pytest.approx(
        [0.022, 0.074, 0.135, 245 / 1044]
    )
    assert float(shares.sel(outcome="sk", tranche="T1", year=4)) == pytest.approx(451 / 1044)
    assert float(shares.sel(outcome="sk", tranche="T2", year=3)) == pytest.approx(367 / 1995)
    assert bool(shares.sel(outcome="sk", tranche="B2").isnull().all())


def test_the_complier_effect_is_the_effect_over_the_share_realised(
    tables: PublishedTables, everyone: xr.Dataset, contrasts: list[Contrast]
) -> None:
    realised = share_realised(everyone, cohort_data(tables, "as_intended"))
    assert realised == {"T1": pytest.approx(569 / 1044), "T2": pytest.approx(1474 / 1995)}
    table = complier_table(contrasts, realised).set_index(["tranche", "exclusion_shift"])
    effect = contrasts[0].risk_difference.mean()
    assert table.loc[("T1", 0.0), "risk_difference"]["mean"] == pytest.approx(effect * 1044 / 569)
    # were the whole effect one of stopped experiments too, compliers would have the same effect
    shifted = table.loc[("T1", -0.02), "risk_difference"]["mean"]
    assert shifted == pytest.approx((effect + 0.02 * 475 / 1044) * 1044 / 569)


@pytest.mark.parametrize(
    ("written", "price"), [("1000", PriceRange(1000, 1000)), ("500:1500", PriceRange(500, 1500))]
)
def test_prices_are_read(written: str, price: PriceRange) -> None:
    assert parse_price(written) == price


@pytest.mark.parametrize("written", ["", "duizend", "-5", "0", "1:2:3", "1e999", "nan", "1.000,50"])
def test_what_is_no_price_is_refused(written: str) -> None:
    with pytest.raises(OptionError, match=r"positive number of euros, or a range LOW:HIGH"):
        parse_price(written)


def test_a_price_range_upside_down_is_turned_in_the_mend() -> None:
    with pytest.raises(OptionError, match="--per-pupil 500:1500"):
        parse_price("1500:500")


def test_cost_is_price_over_effect_and_infinite_without_benefit() -> None:
    effect = np.concatenate([np.full(990, -0.05), np.full(10, 0.01)])
    item = Contrast("vsv", "T1", 4, 0.2 + effect, np.full(1000, 0.2), 1044.0)
    row = cost_table([item], PriceRange(1000, 1000), seed=1).iloc[0]
    assert row["median"] == pytest.approx(20_000)
    assert row["p_no_benefit"] == pytest.approx(0.01)
    assert np.isfinite(row["upper"])
    half = Contrast("vsv", "T1", 4, 0.2 + np.tile([-0.05, 0.05], 500), np.full(1000, 0.2), 1044.0)
    assert cost_table([half], PriceRange(1000, 1000), seed=1).iloc[0]["upper"] == np.inf


@pytest.mark.mcmc
def test_clustering_widens_every_tranche(monitor) -> None:
    widths = monitor.estimates.assign(
        width=[item["sd"] for item in monitor.estimates["risk_difference"]]
    ).pivot_table(
        index=["selection", "outcome", "tranche", "years_since_start"],
        columns="method",
        values="width",
    )
    assert (widths["did_clustered"] > widths["did"]).all()


@pytest.mark.mcmc
def test_four_methods_stand_side_by_side(monitor) -> None:
    counts = monitor.estimates.groupby(["selection", "outcome"])["method"].value_counts().unstack()
    assert (counts[list(METHODS)].nunique(axis=1) == 1).all()
    # ten teldata of four cohorts, and three years that T1 and T2 have in common
    assert counts.loc[("all", "vsv"), "did"] == 13
    assert counts.loc[("as_intended", "sk"), "did"] == 5
    assert counts.loc[("all", "vsv"), ALL_PUPILS] == 2


@pytest.mark.mcmc
def test_all_pupils_of_the_sites_count_by_their_numbers(monitor) -> None:
    """Against the printed shares; an independent estimate at year two is −1.0 (−3.1 to 1.1)."""
    fit = monitor.fits["all", "did_clustered"]
    found = {(c.outcome, c.year): c for c in all_pupils_contrasts(fit.posterior, fit.data)}
    assert set(found) == {("vsv", 1), ("vsv", 2), ("sk", 2)}
    two = found["vsv", 2]
    outside = two.starters - 1995
    assert 686 <= outside.min() <= outside.max() <= 3770
    printed = (1995 * 0.082 + outside.mean() * 0.101) / (1995 + outside.mean())
    assert two.share.mean() == pytest.approx(printed, abs=0.003)
    assert two.risk_difference.mean() == pytest.approx(-0.010, abs=0.006)
    ends = np.quantile(two.risk_difference, [0.025, 0.975])
    assert ends[0] < 0 < ends[1]
    (alone,) = monitor.estimates.query(
        "selection == 'all' and outcome == 'vsv' and method == 'did_clustered' "
        "and tranche == 'T2' and years_since_start == 2"
    )["risk_difference"]
    assert alone["mean"] < two.risk_difference.mean() < 0


@pytest.mark.mcmc
def test_the_lead_of_the_first_tranche_was_taken_before_its_fourth_year(monitor) -> None:
    places = ["selection", "outcome", "tranche", "years_since_start"]
    hazards = monitor.hazards.set_index(places)["log_odds"]
    for outcome in ("vsv", "sk"):
        last = hazards["all", outcome, "T1", 4]
        assert last["lower"] < 0 < last["upper"]
    assert hazards["all", "sk", "T1", 3]["lower"] > 0.5
    shown = monitor.estimates.set_index([*places, "method"])["risk_difference"]
    third, fourth = (shown["all", "vsv", "T1", year, "did_clustered"]["mean"] for year in (3, 4))
    assert third < fourth < 0


@pytest.mark.mcmc
def test_did_lies_near_the_crude_double_difference(monitor) -> None:
    """Of the printed shares, in points; logit scale and pooling move it by half a point."""
    crude = (23.5 - 27.9) - ((6474 - 245) / (25453 - 1044) * 100 - 26.1)
    row = monitor.estimates.query(
        "selection == 'all' and outcome == 'vsv' and method == 'did' and tranche == 'T1' "
        "and years_since_start == 4"
    ).iloc[0]["risk_difference"]
    assert abs(100 * row["mean"] - crude) < 0.75


@pytest.mark.mcmc
def test_sensitivity_moves_the_answer_little_and_in_the_known_direction(monitor) -> None:
    pooled = monitor.sensitivity.query(
        "outcome == 'vsv' and tranche == 'pooled' and years_since_start == 3"
    )
    table = pooled.set_index("variant")["risk_difference"]
    means = pd.Series({name: item["mean"] for name, item in table.items()})
    spreads = {name: item["sd"] for name, item in table.items()}
    assert (abs(means - means["base"]) < 0.02).all()
    assert spreads["icc_low"] < spreads["base"] < spreads["icc_high"]
    # without lending strength the intervals are wider; the borgingscohorten pull towards theirs
    assert spreads["unpooled"] > spreads["tranches_apart"] > spreads["tranches_alike"]
    assert spreads["sites_unlike"] > spreads["base"] > spreads["sites_alike"]
    assert means["borging_like_tranches"] < means["base"]
    assert monitor.sensitivity["passed"].all()
