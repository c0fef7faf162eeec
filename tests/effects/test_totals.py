from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit

from effects.effect_cases import SEPARABLE, coefficient, linear_forward, prior_forward
from model.structural_cases import EVERY_KIND, small_study, table_of_every_kind
from vm2causal.effects import totals
from vm2causal.effects.contrasts import Contrast, default_contrasts, joint_contrast
from vm2causal.effects.forward import Forward, World
from vm2causal.effects.mediation import mediation_table
from vm2causal.effects.responses import Careers, mean_response
from vm2causal.effects.totals import (
    OVERALL,
    expected_totals,
    mediators_between,
    require_descendant,
    totals_table,
)
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

STEP = Contrast("x", 4.0, 1.0, "4", "1")


@pytest.fixture(scope="module")
def linear() -> Forward:
    return linear_forward()


@pytest.fixture(scope="module")
def every_kind() -> Forward:
    return prior_forward(table_data(EVERY_KIND, table_of_every_kind(40)), draws=60)


@pytest.fixture(scope="module")
def careers() -> Forward:
    """A study whose pupils leave early, qualify and stay, over three years."""
    return prior_forward(study_data(CAREERS, study()), draws=40)


CAREERS = CausalSpec(
    name="careers",
    variables={
        "sector": Variable(kind="nominal", levels=("techniek", "economie", "landbouw")),
        "versnelling": Variable(kind="ordinal", levels=("0", "0.5", "1")),
        "lwoo": Variable(kind="binary", levels=("nee", "ja"), level="leerling"),
        "binding": Variable(kind="count", trials="binding_van", level="leerling"),
        "vsv": Variable(kind="count", trials="vsv_van", level="leerling"),
        "sk": Variable(kind="count", trials="sk_van", level="leerling"),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in (
            ("sector", "versnelling"),
            ("versnelling", "binding"),
            ("binding", "vsv"),
            ("binding", "sk"),
            ("versnelling", "sk"),
            ("lwoo", "vsv"),
            ("sector", "vsv"),
        )
    ],
    groups=["school", "sector"],
)


def study(experiments: int = 10) -> object:
    """``small_study`` with a third year; early leavers of the second may be back."""
    frame = small_study(experiments)
    rng = np.random.default_rng(9)
    rows = frame.careers.loc[frame.careers.index.repeat(frame.careers["leerlingen"])]
    rows = rows.drop(columns="leerlingen").reset_index(drop=True)
    later = rng.choice(["ander_onderwijs", "vsv", "sk"], len(rows), p=[0.4, 0.3, 0.3])
    was = rows["teldatum_2"]
    later = np.where(was == "sk", "sk", later)
    later = np.where((was == "vsv") & (rng.random(len(rows)) < 0.7), "vsv", later)
    counted = rows.assign(teldatum_3=later).value_counts().rename("leerlingen").reset_index()
    return replace(frame, careers=counted, teldata={"T1": 3, "T2": 2})


# -- numbers only: the closed form ------------------------------------------------------------


def paths(forward: Forward) -> dict[str, np.ndarray]:
    return {arrow: coefficient(forward, *arrow) for arrow in ("xm", "xk", "mk", "my", "ky", "xy")}


def test_total_is_the_sum_over_paths_draw_by_draw(linear: Forward) -> None:
    c = paths(linear)
    closed = 3 * (c["xy"] + c["xm"] * c["my"] + (c["xk"] + c["xm"] * c["mk"]) * c["ky"])
    found = expected_totals(linear, STEP, ["y"])["y"]["natural"]
    np.testing.assert_allclose(
        found, np.broadcast_to(closed[:, np.newaxis], found.shape), rtol=1e-9, atol=1e-11
    )


def test_causes_set_together_add_up_draw_by_draw(linear: Forward) -> None:
    c = paths(linear)
    held = Contrast("m", 2.0, 2.0, "2", "2")
    moved = Contrast("m", 2.0, 1.0, "2", "1")
    by_x = 3 * (c["xy"] + c["xk"] * c["ky"])
    by_m = c["my"] + c["mk"] * c["ky"]
    for other, expected in ((held, by_x), (moved, by_x + by_m)):
        joint = joint_contrast(linear, [STEP, other])
        found = expected_totals(linear, joint, ["y"])["y"]["natural"]
        np.testing.assert_allclose(found, np.broadcast_to(expected[:, None], found.shape))


def test_direct_and_indirect_are_those_of_the_coefficients() -> None:
    linear = linear_forward(SEPARABLE)
    c = paths(linear)
    table = mediation_table(linear, STEP, "y").set_index("through")
    through_m = c["xm"] * (c["my"] + c["mk"] * c["ky"])
    through_k = (c["xk"] + c["xm"] * c["mk"]) * c["ky"]
    # m confounds k and y, so that k has no share of its own
    assert set(table.index) == {("m",), ("m", "k")}
    for through, indirect in {
        ("m",): through_m,
        # in causal order, each path once
        mediators_between(linear, "x", "y"): c["xm"] * c["my"] + through_k,
    }.items():
        row = table.loc[[through]].iloc[0]
        total = c["xy"] + c["xm"] * c["my"] + through_k
        for name, closed in (
            ("indirect", indirect),
            ("direct", total - indirect),
            ("total", total),
        ):
            assert row[name]["mean"] == pytest.approx(3 * closed.mean(), rel=1e-9)
            assert row[name]["sd"] == pytest.approx(3 * closed.std(ddof=1), rel=1e-9)
            lower, upper = np.quantile(3 * closed, [0.025, 0.975])
            assert row[name]["lower"] == pytest.approx(lower, rel=1e-8)
            assert row[name]["upper"] == pytest.approx(upper, rel=1e-8)


def test_an_arrow_alone_has_nothing_between(linear: Forward) -> None:
    assert mediators_between(linear, "x", "m") == ()
    assert mediation_table(linear, STEP, "m").empty


# -- any kinds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "effect"), [("size", "score"), ("open", "cases"), ("trust", "grade")]
)
def test_total_is_direct_plus_indirect(every_kind: Forward, cause: str, effect: str) -> None:
    (contrast,) = default_contrasts(every_kind, cause)
    table = mediation_table(every_kind, contrast, effect)
    assert len(table) > 0
    whole = totals_table(every_kind, [contrast], {cause: [effect]}).iloc[0]["natural"]
    for row in table.itertuples():
        assert row.indirect["mean"] + row.direct["mean"] == pytest.approx(row.total["mean"])
        assert row.total == pytest.approx(whole)


def test_the_shares_of_a_nominal_effect_move_by_nothing_in_all(every_kind: Forward) -> None:
    (contrast,) = default_contrasts(every_kind, "open")
    found = expected_totals(every_kind, contrast, ["plan"])["plan"]["natural"]
    assert list(found["level"].values) == ["none", "some", "full"]
    np.testing.assert_allclose(found.sum("level"), 0.0, atol=1e-12)
    table = totals_table(every_kind, [contrast], {"open": ["plan"]})
    assert list(table["effect_level"]) == ["none", "some", "full"]
    with pytest.raises(QueryError, match="this one is nominal"):
        mediation_table(every_kind, contrast, "plan")


def test_no_contrast_is_no_effect(every_kind: Forward) -> None:
    nothing = Contrast("open", 1.0, 1.0, "yes", "yes")
    for effect in ("plan", "grade", "score", "cases"):
        found = expected_totals(every_kind, nothing, [effect])[effect]["natural"]
        assert (found == 0).all()


def test_turning_a_contrast_turns_the_effect(every_kind: Forward) -> None:
    (contrast,) = default_contrasts(every_kind, "plan")[:1]
    turned = replace(contrast, high=contrast.low, low=contrast.high)
    one, other = (
        expected_totals(every_kind, item, ["score"])["score"]["natural"]
        for item in (contrast, turned)
    )
    np.testing.assert_allclose(one, -other, atol=1e-12)


# -- questions that make no sense -------------------------------------------------------------


def test_an_effect_lies_downstream(every_kind: Forward) -> None:
    require_descendant(every_kind, "size", "cases")
    with pytest.raises(
        QueryError,
        match=r"'score' does not act on 'size' in this model\. Got: 'size'\. One of: cases",
    ):
        require_descendant(every_kind, "score", "size")
    with pytest.raises(QueryError, match="One of: none"):
        mediation_table(every_kind, Contrast("cases", 1.0, 0.0, "1", "0"), "size")


def test_effects_are_given_by_a_group_of_the_model(every_kind: Forward) -> None:
    contrasts = default_contrasts(every_kind, "open")
    with pytest.raises(QueryError, match=r"Got: 'plan'\. One of: area, herd"):
        totals_table(every_kind, contrasts, {"open": ["score"]}, by="plan")


# -- by group ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["school", "sector"])
def test_groups_weighted_by_pupils_add_up_to_everybody(careers: Forward, by: str) -> None:
    contrasts = default_contrasts(careers, "versnelling")
    effects = {"versnelling": ["binding", "vsv", "sk"]}
    overall = totals_table(careers, contrasts, effects).set_index("effect")
    parts = totals_table(careers, contrasts, effects, by=by)
    assert set(overall["group"]) == {OVERALL}
    grouping = careers.data.groups[by]
    pupils = pd.Series(careers.data.weights).groupby(grouping.codes).sum()
    for effect, rows in parts.groupby("effect"):
        weights = [pupils[grouping.labels.index(label)] for label in rows["group"]]
        for scale in ("natural", "career"):
            if overall.loc[effect, scale] is None:
                assert effect == "binding"
                continue
            means = [cell["mean"] for cell in rows[scale]]
            assert np.average(means, weights=weights) == pytest.approx(
                overall.loc[effect, scale]["mean"], rel=1e-9
            )


@pytest.mark.parametrize("by", ["school", "sector"])
def test_what_runs_through_a_mediator_adds_up_over_groups(careers: Forward, by: str) -> None:
    (contrast,) = default_contrasts(careers, "versnelling")
    grouping = careers.data.groups[by]
    pupils = pd.Series(careers.data.weights).groupby(grouping.codes).sum()
    whole = mediation_table(careers, contrast, "sk")
    assert set(whole["group"]) == {OVERALL}
    assert set(whole["by"]) == {None}
    parts = mediation_table(careers, contrast, "sk", by=by)
    totals = totals_table(careers, [contrast], {"versnelling": ["sk"]}, by=by)
    totals = totals.set_index("group")["natural"]
    assert len(parts) == len(whole) * len(totals)
    for row in parts.itertuples():
        assert row.indirect["mean"] + row.direct["mean"] == pytest.approx(row.total["mean"])
        assert row.total == pytest.approx(totals[row.group])
    for row in whole.itertuples():
        own = parts[parts["through"] == row.through]
        weights = [pupils[grouping.labels.index(label)] for label in own["group"]]
        means = [cell["mean"] for cell in own["indirect"]]
        assert np.average(means, weights=weights) == pytest.approx(row.indirect["mean"], rel=1e-9)


def test_mediation_is_given_by_a_group_of_the_model(careers: Forward) -> None:
    (contrast,) = default_contrasts(careers, "versnelling")
    with pytest.raises(QueryError, match=r"Effects are given by a group .* Got: 'street'"):
        mediation_table(careers, contrast, "vsv", by="street")


def test_one_group_is_everybody_in_it(careers: Forward) -> None:
    contrasts = default_contrasts(careers, "versnelling")
    table = totals_table(careers, contrasts, {"versnelling": ["vsv"]}, by="sector")
    found = expected_totals(careers, contrasts[0], ["vsv"])
    draws = found["vsv"]["natural"].to_numpy()
    for code, label in enumerate(careers.data.groups["sector"].labels):
        members = careers.data.groups["sector"].codes == code
        if not members.any():
            assert label not in set(table["group"])
            continue
        mean = np.average(draws[:, members], axis=1, weights=careers.data.weights[members]).mean()
        row = table[table["group"] == label].iloc[0]
        assert row["natural"]["mean"] == pytest.approx(mean)


# -- careers ----------------------------------------------------------------------------------


def test_careers_are_what_walking_pupils_show(careers: Forward) -> None:
    """A crowd of each kind of pupil moved year by year by the hazards of one draw."""
    world = careers.world({"versnelling": 2})
    found = Careers(careers).shares(world)
    draw, size = 3, 4000
    rng = np.random.default_rng(5)
    data, patterns = careers.data, careers.data.patterns
    rate = Careers(careers)._return_rate[draw, 0]
    assert data.years is not None
    for unit in range(len(data.units)):
        shares: dict[str, list[float]] = {"vsv": [], "sk": []}
        starters = []
        for kind in ("nee", "ja"):
            here = patterns[patterns["lwoo"] == kind]
            first = here.index[here["jaar"] == 1][0]
            cell = (data.cells["vsv"].unit == unit) & (data.cells["vsv"].pattern == first)
            starters.append(data.cells["vsv"].trials[cell].sum())
            place = np.zeros(size, dtype=int)  # 0 in education, 1 left, 2 qualified
            for year in range(data.years[unit]):
                (pattern,) = here.index[here["jaar"] == year + 1]
                hazard = {
                    name: expit(
                        world.predictors[name, None][draw, unit]
                        + careers.pattern_part(name)[draw, pattern]
                    )
                    for name in ("vsv", "sk")
                }
                inside, gone = place == 0, place == 1
                left = inside & (rng.random(size) < hazard["vsv"])
                done = inside & ~left & (rng.random(size) < hazard["sk"])
                back = gone & (rng.random(size) < rate)
                place[left], place[done], place[back] = 1, 2, 0
            shares["vsv"].append(float((place == 1).mean()))
            shares["sk"].append(float((place == 2).mean()))
        for name, values in shares.items():
            expected = np.average(values, weights=starters)
            # five standard errors of a share of at least `size` pupils
            assert found[name][draw, unit] == pytest.approx(expected, abs=2.5 / np.sqrt(size))


def test_careers_at_the_observed_hazards_give_back_the_data() -> None:
    """One experiment, one kind of pupil, nobody back: the recursion gives the observed shares."""
    frame = study(1)
    frame = replace(frame, teldata={"T1": 3, "T2": 3})
    spec = CausalSpec(
        name="plain",
        variables={name: CAREERS.variables[name] for name in ("vsv", "sk")},
        arrows=[],
        groups=[],
    )
    careers = frame.careers.drop(columns="lwoo")
    for before, after in pairwise(f"teldatum_{year}" for year in (1, 2, 3)):
        careers[after] = careers[after].mask(careers[before] == "vsv", "vsv")
    frame = replace(
        frame,
        careers=careers.groupby([c for c in careers if c != "leerlingen"], as_index=False).sum(),
    )
    data = study_data(spec, frame)
    forward = prior_forward(data, draws=3)
    rates = {
        name: [
            cells.events[cells.pattern == year].sum() / cells.trials[cells.pattern == year].sum()
            for year in range(len(data.patterns))
        ]
        for name, cells in data.cells.items()
    }
    order = [label.split(",")[0] for label in forward.layout.intercepts]
    assert order == ["sk"] * 3 + ["vsv"] * 3
    with np.errstate(divide="ignore"):
        logits = [np.log(p) - np.log1p(-np.array(p)) for name in ("sk", "vsv") for p in rates[name]]
    forward.parameters["intercept"] = np.tile(logits, (3, 1))
    found = Careers(forward)
    assert data.returned[0] == 0
    found.__dict__["_return_rate"] = np.zeros((3, 1))
    shares = found.shares(forward.world())
    assert data.years is not None
    last = f"teldatum_{data.years[0]}"
    pupils = frame.careers["leerlingen"]
    for name in ("vsv", "sk"):
        observed = pupils[frame.careers[last] == name].sum() / pupils.sum()
        np.testing.assert_allclose(shares[name], observed, rtol=1e-10)


def test_a_career_ends_at_the_last_teldatum_of_its_tranche(careers: Forward) -> None:
    """Hazards of the third year do not touch experiments with two teldata."""
    data = careers.data
    assert data.years is not None
    world = careers.world()
    before = Careers(careers).shares(world)
    third = [k for k, label in enumerate(careers.layout.intercepts) if label.endswith("jaar 3")]
    kept = careers.parameters["intercept"].copy()
    try:
        careers.parameters["intercept"][:, third] += 1.0
        after = Careers(careers).shares(world)
    finally:
        careers.parameters["intercept"] = kept
    short = data.years == 2
    assert short.any()
    assert (~short).any()
    np.testing.assert_array_equal(after["vsv"][:, short], before["vsv"][:, short])
    assert (after["sk"][:, ~short] != before["sk"][:, ~short]).all()


def test_both_ends_of_a_career_take_one_run_through_each_branch(
    careers: Forward, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contrast,) = default_contrasts(careers, "versnelling")
    alone = {name: expected_totals(careers, contrast, [name])[name] for name in ("vsv", "sk")}
    runs = 0
    shares = Careers.shares

    def counted(self: Careers, world: World) -> dict[str, np.ndarray]:
        nonlocal runs
        runs += 1
        return shares(self, world)

    monkeypatch.setattr(Careers, "shares", counted)
    together = expected_totals(careers, contrast, ["vsv", "sk", "binding"])
    for name, own in alone.items():
        np.testing.assert_array_equal(together[name]["career"], own["career"])
    assert "career" not in together["binding"]
    assert runs == 2  # nothing before them is left to chance


def test_groups_are_averages_of_draws_that_are_made_once(
    careers: Forward, monkeypatch: pytest.MonkeyPatch
) -> None:
    contrasts = default_contrasts(careers, "versnelling")
    fresh = prior_forward(careers.data, draws=40)
    asked = {"versnelling": ["vsv", "sk"]}
    made = 0

    def counted(*given: Any, **options: Any) -> dict[str, xr.Dataset]:
        nonlocal made
        made += 1
        return expected_totals(*given, **options)

    monkeypatch.setattr(totals, "expected_totals", counted)
    tables = {by: totals_table(fresh, contrasts, asked, by=by) for by in (None, "sector", "school")}
    assert made == len(contrasts)
    for by, table in tables.items():
        again = totals_table(careers, contrasts, asked, by=by)
        pd.testing.assert_frame_equal(table, again)
    monkeypatch.setattr(totals, "_MOST_KEPT", 0)
    other = prior_forward(careers.data, draws=40)
    made = 0
    for by in (None, "sector"):
        pd.testing.assert_frame_equal(totals_table(other, contrasts, asked, by=by), tables[by])
    assert made == 2 * len(contrasts)


def test_a_flat_table_has_no_careers(every_kind: Forward) -> None:
    assert not Careers(every_kind).possible


def test_the_response_of_a_count_is_the_average_over_its_cells(careers: Forward) -> None:
    world = careers.observed
    found = mean_response(careers, world, "vsv")
    cells, part = careers.data.cells["vsv"], careers.pattern_part("vsv")
    for unit in range(3):
        mine = cells.unit == unit
        chance = expit(world.predictors["vsv", None][:, [unit]] + part[:, cells.pattern[mine]])
        np.testing.assert_allclose(
            found[:, unit], np.average(chance, axis=1, weights=cells.trials[mine]), rtol=1e-12
        )


def test_years_rise(careers: Forward) -> None:
    years = careers.data.patterns["jaar"].unique()
    assert all(later > earlier for earlier, later in pairwise(years))
