"""Careers by teldatum: the same as effects use, and the plain count where one can count."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figure_cases import (
    opened,
    study_fit,
    study_spec,
    study_tables,
    table_tables,
    unsampled_fit,
)
from model.structural_cases import small_study
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import Careers
from vm2causal.effects.trajectories import career_trajectories, shown_trajectories
from vm2causal.errors import QueryError
from vm2causal.inputs.study.frame import PUPILS
from vm2causal.model.data.structural_data import study_data


def _forward() -> Forward:
    return study_tables().opened.forward


def test_the_last_teldatum_is_that_of_the_careers_of_effects() -> None:
    forward = _forward()
    found = career_trajectories(forward, by="tranche").set_index(["group", "position", "year"])
    shares = Careers(forward).shares(forward.observed)
    for code, label in enumerate(forward.data.groups["tranche"].labels):
        weights = forward.data.weights * (forward.data.groups["tranche"].codes == code)
        for position in ("vsv", "sk"):
            draws = shares[position] @ weights / weights.sum()
            row = found.loc[label, position, 2]
            np.testing.assert_allclose(
                [row["mean"], row["sd"], row["lower"]],
                [draws.mean(), draws.std(ddof=1), np.quantile(draws, 0.025)],
            )


def test_nobody_can_have_returned_at_the_first_teldatum() -> None:
    careers = small_study().careers
    found = career_trajectories(_forward()).set_index(["position", "year"])["observed"]
    starters = careers[PUPILS].sum()
    for position in ("vsv", "vm2"):
        counted = careers.loc[careers["teldatum_1"] == position, PUPILS].sum() / starters
        assert found[position, 1] == pytest.approx(counted)
    assert found["sk", 1] == 0.0


def test_plain_counts_in_every_year_without_returns() -> None:
    study = small_study()
    careers = study.careers
    gone = careers["teldatum_1"] == "vsv"
    careers["teldatum_2"] = careers["teldatum_2"].mask(gone, "vsv")
    fit = unsampled_fit(study_data(study_spec(), study), draws=2)
    assert fit.layout.data.returned[0] == 0
    found = career_trajectories(opened(fit).forward).set_index(["position", "year"])["observed"]
    starters = careers[PUPILS].sum()
    for position in ("vsv", "sk", "vm2"):
        counted = careers.loc[careers["teldatum_2"] == position, PUPILS].sum() / starters
        assert found[position, 2] == pytest.approx(counted)


def test_groups_are_those_of_the_model() -> None:
    found = career_trajectories(_forward(), by="sector", level=0.5)
    assert set(found["group"]) == {"techniek", "economie", "landbouw"}
    assert found["level"].unique().tolist() == [0.5]
    total = found[(found["position"] == "vsv") & (found["year"] == 1)]["starters"].sum()
    assert total == int(study_fit().layout.data.weights.sum())
    with pytest.raises(QueryError, match=r"Got: 'streek'. One of: school, sector, tranche."):
        career_trajectories(_forward(), by="streek")


def test_a_flat_table_has_no_careers() -> None:
    with pytest.raises(QueryError, match="This fit has no careers"):
        career_trajectories(table_tables().opened.forward)


def test_shares_stay_shares_and_vm2_only_shrinks() -> None:
    found = career_trajectories(_forward())
    assert found[["lower", "mean", "upper"]].to_numpy().min() >= 0
    assert found[["lower", "mean", "upper"]].to_numpy().max() <= 1
    vm2 = found[found["position"] == "vm2"]["mean"]
    assert (vm2.diff().dropna() <= 0).all()


# -- what may be shown -------------------------------------------------------------------------


def _careers(*rows: tuple[str, int, int, dict[str, float]]) -> pd.DataFrame:
    """Rows of group, year, starters and how many of them are in each position."""
    return pd.DataFrame(
        [
            {"group": group, "position": position, "year": year, "starters": starters,
             "observed": pupils / starters}
            for group, year, starters, counts in rows
            for position, pupils in counts.items()
        ]
    )  # fmt: skip


def _seen(found: pd.DataFrame) -> dict[tuple[str, int], set[str]]:
    known = found[found["observed"].notna()]
    return {place: set(own["position"]) for place, own in known.groupby(["group", "year"])}


@pytest.mark.parametrize(
    ("pupils", "told"),
    [(0, False), (9, False), (9.6, False), (10, True), (90, True), (90.4, False), (91, False),
     (100, False)],
)  # fmt: skip
def test_those_with_and_those_without_must_both_be_enough(pupils: float, told: bool) -> None:
    shown = shown_trajectories(_careers(("T1", 1, 100, {"vsv": pupils})))
    assert shown["observed"].notna().tolist() == [told]
    assert shown["starters"].tolist() == [100]


def test_a_small_count_does_not_follow_from_the_rest() -> None:
    counts = {"vsv": 4, "sk": 50, "vm2": 46}
    some_elsewhere = shown_trajectories(_careers(("T1", 1, 100 + 30, counts)))
    nobody_elsewhere = shown_trajectories(_careers(("T1", 1, 100, counts)))
    assert _seen(some_elsewhere) == {("T1", 1): {"sk", "vm2"}}
    # sk and vm2 together would tell how many left
    assert len(_seen(nobody_elsewhere)["T1", 1] & {"sk", "vm2"}) == 1
    assert "vsv" not in _seen(nobody_elsewhere)["T1", 1]


@pytest.mark.parametrize(
    ("position", "first", "second"),
    [("sk", 40, 44), ("vm2", 44, 40), ("vsv", 40, 44), ("vsv", 44, 40), ("sk", 40, 40)],
)
def test_two_years_do_not_tell_what_few_pupils_did_between(
    position: str, first: int, second: int
) -> None:
    """Both counts may be shown, but not their difference: nobody, or four."""
    years = [("T1", 1, 100, {position: first}), ("T1", 2, 100, {position: second})]
    assert len(_seen(shown_trajectories(_careers(*years)))) == 1
    apart = [("T1", 1, 100, {position: first}), ("T1", 2, 100, {position: first + 10})]
    assert len(_seen(shown_trajectories(_careers(*apart)))) == 2
    # other pupils too, so their difference is about nobody
    others = [("T1", 1, 120, {position: first}), ("T1", 2, 100, {position: second})]
    assert len(_seen(shown_trajectories(_careers(*others)))) == 2


def test_a_year_between_does_not_help() -> None:
    """Two small steps stay unknown only where they are together large enough."""
    steps = [("T1", year, 100, {"sk": pupils}) for year, pupils in enumerate((40, 43, 46), 1)]
    assert len(_seen(shown_trajectories(_careers(*steps)))) == 1
    larger = [("T1", year, 100, {"sk": pupils}) for year, pupils in enumerate((30, 38, 46), 1)]
    assert set(_seen(shown_trajectories(_careers(*larger)))) == {("T1", 1), ("T1", 3)}
    # nor does a large step there and back
    there = [("T1", year, 100, {"vsv": pupils}) for year, pupils in enumerate((30, 50, 32), 1)]
    seen = set(_seen(shown_trajectories(_careers(*there))))
    assert len(seen) == 2
    assert ("T1", 2) in seen


def test_what_is_left_of_the_starters_is_a_position_too() -> None:
    """Each position changes by ten or more, but those in none of them by three."""
    first, second = {"sk": 20, "vsv": 20, "vm2": 45}, {"sk": 30, "vsv": 30, "vm2": 22}
    shown = _seen(shown_trajectories(_careers(("T1", 1, 100, first), ("T1", 2, 100, second))))
    assert sum(len(names) for names in shown.values()) == 5
    second = {"sk": 30, "vsv": 30, "vm2": 15}  # elsewhere goes from 15 to 25
    shown = _seen(shown_trajectories(_careers(("T1", 1, 100, first), ("T1", 2, 100, second))))
    assert sum(len(names) for names in shown.values()) == 6


def test_years_in_which_nothing_changes_are_one_year() -> None:
    counts = {"sk": 20, "vsv": 20, "vm2": 20}
    years = [("T1", year, 80, counts) for year in (1, 2, 3)]
    shown = _seen(shown_trajectories(_careers(*years)))
    for name in counts:
        assert sum(name in names for names in shown.values()) == 1


@settings(max_examples=25, deadline=None)
@given(data=st.data(), starters=st.integers(10, 120))
def test_whatever_the_careers_no_small_step_can_be_told(data: st.DataObject, starters: int) -> None:
    """Of pupils who leave for good, or qualify, between two years in which all are followed."""
    shares = data.draw(st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=2, max_size=3))
    sk, vsv, gone, rows = 0, 0, 0, []
    for year, (qualify, leave, move, back) in enumerate(shares, start=1):
        rest = starters - sk - vsv - gone
        returned = vsv * back // 12
        sk, vsv = sk + rest * qualify // 12, vsv + rest * leave // 12 - returned
        gone += rest * move // 12 + returned
        counts = {"sk": sk, "vsv": vsv, "vm2": starters - sk - vsv - gone}
        rows.append(("T1", year, starters, counts))
    shown = shown_trajectories(_careers(*rows))
    pupils = (shown["observed"] * shown["starters"]).round()
    told = shown.assign(pupils=pupils).pivot(index="year", columns="position", values="pupils")
    told["elsewhere"] = starters - told.sum(axis=1, skipna=False)
    for name in told:
        known = sorted(told[name].dropna())
        for number in known:
            assert 10 <= number <= starters - 10
        assert all(more - less >= 10 for less, more in pairwise(known))


def test_a_small_cohort_takes_a_second_one_with_it() -> None:
    counts = {"vsv": 0.3, "sk": 0.3}
    rows = [
        (name, 1, size, {position: share * size for position, share in counts.items()})
        for name, size in {"T1": 200, "T2": 100, "T3": 300, "T4": 9}.items()
    ]
    assert set(shown_trajectories(_careers(*rows))["group"]) == {"T1", "T3"}
    assert set(shown_trajectories(_careers(*rows[:3]))["group"]) == {"T1", "T2", "T3"}
    assert shown_trajectories(_careers(rows[3])).empty


def test_years_do_not_tell_how_many_are_followed_shorter() -> None:
    half = {size: {"vsv": size / 2} for size in (109, 100, 90)}
    rows = [("all", year, size, half[size]) for year, size in enumerate(half, start=1)]
    assert shown_trajectories(_careers(*rows))["year"].tolist() == [1, 3]


def test_what_is_shown_is_as_it_was_found() -> None:
    found = career_trajectories(_forward(), by="sector")
    shown = shown_trajectories(found)
    both = shown.merge(found, on=["group", "position", "year"], suffixes=("", "_found"))
    told = both["observed"].notna()
    assert 0 < told.sum() < len(both)
    assert (both["observed"] == both["observed_found"])[told].all()
    pupils = (both["observed"] * both["starters"])[told]
    assert pupils.min() >= 10
    assert (both["starters"][told] - pupils).min() >= 10
