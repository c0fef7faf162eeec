from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from checks.attack_cases import (
    CONFOUNDED,
    QUICK,
    confounded_table,
    fitted,
    query_of,
    spec_of,
)
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.refute.changed_data import (
    clusters,
    folds,
    strata,
    subset_of,
    units_of,
    with_dummy,
    with_placebo,
    with_random_cause,
    without_level,
)
from vm2causal.checks.refute.negative_controls import Role, controls, named_control
from vm2causal.checks.refute.plan import Attack
from vm2causal.checks.refute.refitted_effect import (
    AttackedQuery,
    attacked_query,
    declared_effects,
    refit_effect,
)
from vm2causal.checks.refute.refutation import Refutation, refute
from vm2causal.checks.refute.rules import (
    controls_hold,
    finds_nothing,
    holds_in_parts,
    stays_put,
)
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval
from vm2causal.errors import QueryError
from vm2causal.identify.result import Bilingual
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language

LINEAR = spec_of({"x": {}, "y": {}}, [("x", "y")])


@pytest.fixture(scope="module")
def study() -> StructuralData:
    return study_data(STUDY_SPEC, small_study(missing=0.2))


def run(
    spec: CausalSpec, table: pd.DataFrame, folder: Path, refits: int = 8, **options: Any
) -> Refutation:
    _, forward = fitted(spec, table)
    query = query_of(forward)
    (found,) = refute(
        forward, [query], folder=folder, seed=3, refits=refits, settings=QUICK, **options
    )
    return found


def passed(found: Refutation) -> dict[Attack, bool | None]:
    return {item.attack: item.passed for item in found.attacks}


# -- data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["samenwerking", "versnelling", "binding"])
def test_a_placebo_keeps_the_cause_and_deals_its_copy_within_strata(
    study: StructuralData, cause: str
) -> None:
    query = _study_query(cause)
    changed, asked = with_placebo(study, query, np.random.default_rng(1))
    assert (asked.cause, asked.given[-1]) == ("placebo-1", cause)
    real, copy = (_per_unit(changed, name) for name in (cause, "placebo-1"))
    assert not np.array_equal(real, copy)
    codes = strata(study)
    for code in np.unique(codes):
        rows, dealt = (sorted(map(repr, side[codes == code].tolist())) for side in (real, copy))
        assert rows == dealt
    np.testing.assert_array_equal(_per_unit(study, cause), real)
    assert structural_layout(changed).size > structural_layout(study).size


def _study_query(cause: str) -> AttackedQuery:
    return AttackedQuery(cause, "vsv", ("sector",), (), None, None, "")


def _per_unit(data: StructuralData, name: str) -> np.ndarray[Any, Any]:
    if name in data.items:
        return data.items[name]
    if name in data.columns:
        return data.columns[name].values
    cells = data.cells[name]
    counts = np.zeros((len(data.units), len(data.patterns)))
    counts[cells.unit, cells.pattern] = cells.trials * 1000 + cells.events
    return counts


def test_noise_becomes_one_more_thing_to_adjust_for(study: StructuralData) -> None:
    query = _study_query("versnelling")
    changed, asked = with_random_cause(study, query, np.random.default_rng(1))
    assert asked.given == ("sector", "noise-1")
    assert "noise-1" in changed.spec.parents("vsv")
    assert abs(changed.columns["noise-1"].standardised.mean()) < 1e-12


def test_a_dummy_has_the_values_of_the_outcome_and_none_of_its_causes() -> None:
    table = confounded_table()
    data = table_data(CONFOUNDED, table)
    changed = with_dummy(data, "y", np.random.default_rng(1))
    assert sorted(changed.columns["y"].values) == sorted(data.columns["y"].values)
    assert abs(np.corrcoef(changed.columns["y"].values, table["x"])[0, 1]) < 0.15
    assert np.array_equal(changed.columns["x"].values, data.columns["x"].values)


def test_units_left_out_are_left_out_everywhere(study: StructuralData) -> None:
    kept = np.arange(len(study.units)) % 3 != 0
    part = units_of(study, kept)
    assert len(part.units) == kept.sum() == len(part.weights)
    assert part.weights.sum() == study.weights[kept].sum()
    for name, cells in study.cells.items():
        assert part.cells[name].trials.sum() == cells.trials[kept[cells.unit]].sum()
        labels = np.array(part.units)[part.cells[name].unit]
        assert list(labels) == [study.units[unit] for unit in cells.unit if kept[unit]]
    school = [study.groups["school"].labels[code] for code in study.groups["school"].codes]
    again = [part.groups["school"].labels[code] for code in part.groups["school"].codes]
    assert again == [name for name, stays in zip(school, kept, strict=True) if stays]
    assert part.columns["versnelling"].scale == study.columns["versnelling"].scale


def test_schools_leave_together(study: StructuralData) -> None:
    part = subset_of(study, np.random.default_rng(1))
    labels = part.groups["school"].labels
    assert len(labels) == round(0.8 * len(study.groups["school"].labels))
    assert len(part.units) == 2 * len(labels)


def test_folds_hold_every_school_once_and_weigh_about_the_same(study: StructuralData) -> None:
    dealt = folds(study)
    assert sorted(code for fold in dealt for code in fold) == sorted(np.unique(clusters(study)))
    assert len(dealt) == 10


def test_a_level_left_out_is_gone(study: StructuralData) -> None:
    part = without_level(study, "sector", 1)
    assert 1 not in set(part.groups["sector"].codes)
    assert part.groups["sector"].labels == study.groups["sector"].labels


# -- rules -----------------------------------------------------------------------------------------


def estimate(mean: float, sd: float = 1.0) -> dict[str, Any]:
    half = 1.96 * sd
    effect = {"mean": mean, "sd": sd, "lower": mean - half, "upper": mean + half, "level": 0.95}
    return {"effect": effect, "p_positive": 0.5}


BASE = Interval(mean=1.0, sd=1.0, lower=-1.0, upper=3.0, level=0.95)


def test_estimates_of_nothing_may_lie_as_far_from_0_as_they_claim() -> None:
    found = finds_nothing({str(k): estimate(3.0 if k < 5 else 0.0) for k in range(20)})
    limit = np.sqrt(stats.chi2(20).isf(0.01) / 20 * (1 + 0.15**2))
    assert (found.value, found.limit) == (pytest.approx(1.5), pytest.approx(limit))
    assert not found.passed


def test_chance_alone_brings_no_placebo_down_oftener_than_it_may() -> None:
    scores = np.random.default_rng(2).normal(size=(4000, 20))
    fallen = [
        not finds_nothing({str(k): estimate(z) for k, z in enumerate(row)}).passed for row in scores
    ]
    assert np.mean(fallen) < 0.01 + 3 * np.sqrt(0.01 * 0.99 / 4000)


def test_a_shift_is_measured_in_standard_deviations() -> None:
    found = stays_put({"a": estimate(1.3), "b": estimate(0.7)}, BASE)
    assert found.value == pytest.approx(0.3)


def test_parts_may_differ_as_much_as_their_size_explains() -> None:
    half = {"a": 0.5}
    # sd √((1 − f) / f) = 1, and 0.15 for Monte Carlo error
    found = holds_in_parts({"a": estimate(3.0)}, BASE, half, worst=True)
    assert found.value == pytest.approx(2 / np.hypot(1, 0.15))
    wide = holds_in_parts({"a": estimate(3.0, sd=3.0)}, BASE, half, worst=True)
    assert wide.value == pytest.approx(2 / np.sqrt(8 + 0.15**2))
    both = {"near": estimate(1.5), "far": estimate(-2.0)}
    assert holds_in_parts(both, BASE, {"near": 0.5, "far": 0.5}, worst=True).part == "far"


def test_the_limit_of_controls_hangs_on_their_number() -> None:
    found = controls_hold(
        {"a": estimate(0) | {"p_positive": 0.99}, "b": estimate(0) | {"p_positive": 0.5}}
    )
    assert (found.value, found.limit) == (pytest.approx(0.98), pytest.approx(0.975))
    assert not found.passed


# -- questions -------------------------------------------------------------------------------------


@pytest.mark.mcmc
def test_what_is_unobserved_is_assumed_away_and_named() -> None:
    spec = spec_of(
        {"z": {}, "x": {}, "y": {}, "u": {"observed": False}},
        [("z", "x"), ("z", "y"), ("x", "y"), ("u", "x"), ("u", "y")],
    )
    _, forward = fitted(spec, confounded_table(60))
    query = query_of(forward)
    assert (query.given, query.assumed) == (("z",), ("u",))
    full = query_of(forward, full=True)
    assert (full.given, full.assumed, full.full) == ((), (), True)


@pytest.mark.mcmc
def test_what_hardly_varies_is_not_attacked() -> None:
    _, forward = fitted(LINEAR, pd.DataFrame({"x": [1.0] * 20, "y": np.arange(20.0)}))
    found = attacked_query(forward, "x", "y", priors=Priors.NEUTRAL)
    assert isinstance(found, Bilingual)
    assert "x" in found.in_language(Language.EN)


def test_total_questions_come_before_others() -> None:
    assert declared_effects(STUDY_SPEC) == ()
    asked = {"queries": [{"cause": "x", "effect": "y", "kind": "direct"}]}
    direct = CausalSpec.model_validate(LINEAR.model_dump(by_alias=True) | asked)
    assert declared_effects(direct) == (("x", "y"),)


@pytest.fixture(scope="module")
def with_controls() -> Forward:
    rng = np.random.default_rng(2)
    table = confounded_table(80).assign(w=rng.normal(size=80), v=rng.normal(size=80))
    spec = spec_of(
        {name: {} for name in "zwvxy"},
        [("z", "x"), ("z", "y"), ("w", "x"), ("x", "y"), ("z", "v")],
    )
    return fitted(spec, table)[1]


@pytest.mark.mcmc
def test_controls_follow_from_the_graph(with_controls: Forward) -> None:
    found = {
        (item.role, item.variable): item.query
        for item in controls(with_controls, query_of(with_controls))
    }
    exposure = found[Role.EXPOSURE, "w"]
    assert (exposure.cause, exposure.effect, exposure.given) == ("w", "y", ("z", "x"))
    outcome = found[Role.OUTCOME, "v"]
    assert (outcome.cause, outcome.effect, outcome.given) == ("x", "v", ("z",))


@pytest.mark.mcmc
def test_what_the_graph_makes_no_control_is_refused(with_controls: Forward) -> None:
    query = query_of(with_controls)
    assert named_control(with_controls, query, "w").variable == "w"
    with pytest.raises(QueryError, match=r"no negative control of x -> y.*'z'.*One of: v, w\."):
        named_control(with_controls, query, "z")


# -- known bad, and known good ---------------------------------------------------------------------


@pytest.mark.mcmc
def test_a_sound_estimate_stands(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    table = confounded_table(200).assign(
        w=rng.normal(size=200),
        school=[f"s{k}" for k in rng.integers(0, 12, 200)],
        sector=rng.choice(list("abc"), 200),
    )
    table["x"] += 0.4 * table["w"]
    table["y"] += 0.2 * table["w"]
    spec = spec_of(
        {**{name: {} for name in "zwxy"}, "sector": {"kind": "nominal"}},
        [("z", "x"), ("z", "y"), ("w", "x"), ("x", "y"), ("sector", "y")],
        ["school", "sector"],
    )
    found = run(spec, table, tmp_path, 5)
    assert found.stands
    assert set(passed(found).values()) == {True}
    again = run(spec, table, tmp_path, 5)
    assert again.estimate == found.estimate


@pytest.mark.mcmc
def test_counts_that_vary_more_than_the_model_allows_are_caught(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    of = np.full(30, 500)
    events = rng.binomial(of, 1 / (1 + np.exp(1 - 1.2 * rng.normal(size=30))))
    spec = spec_of({"x": {}, "y": {"kind": "count", "trials": "of"}}, [("x", "y")])
    found = run(spec, pd.DataFrame({"x": rng.normal(size=30), "y": events, "of": of}), tmp_path)
    judged = passed(found)
    assert judged[Attack.PLACEBO] is False
    assert judged[Attack.RANDOM_CAUSE] is False
    assert judged[Attack.LEVEL_OUT] is None
    assert not found.stands


@pytest.mark.mcmc
def test_a_prior_that_makes_the_effect_is_caught(tmp_path: Path) -> None:
    plain = {
        "name": "believed",
        "variables": {"x": {}, "y": {}},
        "arrows": [{"from": "x", "to": "y", "prior": {"mean": 0.8, "sd": 0.05}}],
    }
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)})
    fit, forward = fitted(CausalSpec.model_validate(plain), table, priors=Priors.EVIDENCE)
    query = attacked_query(forward, "x", "y", full=True, priors=fit.priors)
    assert isinstance(query, AttackedQuery)
    (found,) = refute(forward, [query], folder=tmp_path, seed=3, refits=6, settings=QUICK)
    judged = passed(found)
    assert judged[Attack.DUMMY] is False
    assert judged[Attack.CONTROL] is None


@pytest.mark.mcmc
def test_an_effect_that_differs_by_school_is_caught(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    school, x = rng.integers(0, 10, 200), rng.normal(size=200)
    y = rng.normal(0, 1.5, 10)[school] * x + 0.3 * rng.normal(size=200)
    table = pd.DataFrame({"x": x, "y": y, "school": [f"s{k}" for k in school]})
    judged = passed(run(spec_of({"x": {}, "y": {}}, [("x", "y")], ["school"]), table, tmp_path, 4))
    assert judged[Attack.SUBSET] is False
    assert judged[Attack.CLUSTER_OUT] is False


@pytest.mark.mcmc
def test_an_effect_of_one_sector_is_caught(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    sector, x = rng.choice(list("abcd"), 200), rng.normal(size=200)
    y = 2 * x * (sector == "a") + 0.5 * rng.normal(size=200)
    spec = spec_of(
        {"x": {}, "y": {}, "sector": {"kind": "nominal"}}, [("x", "y"), ("sector", "y")], ["sector"]
    )
    table = pd.DataFrame({"x": x, "y": y, "sector": sector})
    (found,) = run(spec, table, tmp_path, levels_of="sector").attacks
    assert (found.attack, found.passed) == (Attack.LEVEL_OUT, False)
    assert list(found.estimates["refit"]) == [f"sector-{level}" for level in "abcd"]
    assert found.judgement is not None
    assert found.judgement.part == "sector-a"


@pytest.mark.mcmc
def test_an_unmeasured_common_cause_is_caught_by_a_control(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    u, w = rng.standard_normal((2, 200))
    x = w + u + 0.5 * rng.normal(size=200)
    y = u + 0.5 * rng.normal(size=200)
    spec = spec_of({"w": {}, "x": {}, "y": {}}, [("w", "x"), ("x", "y")])
    found = run(spec, pd.DataFrame({"w": w, "x": x, "y": y}), tmp_path, refits=4)
    assert passed(found)[Attack.CONTROL] is False


@pytest.mark.mcmc
def test_refits_that_fail_are_named_and_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(data: StructuralData, *arguments: Any, **options: Any) -> dict[str, Any]:
        if len(data.units) < 20:
            raise ValueError("too few rows")
        return refit_effect(data, *arguments, **options)

    monkeypatch.setattr("vm2causal.checks.refute.refutation.refit_effect", fail)
    found = run(LINEAR, confounded_table(20)[["x", "y"]], tmp_path, refits=4)
    judged = passed(found)
    assert judged[Attack.SUBSET] is judged[Attack.CLUSTER_OUT] is None
    assert judged[Attack.PLACEBO] is not None
    subset = next(item for item in found.attacks if item.attack is Attack.SUBSET)
    assert subset.failed["001"] == "ValueError: too few rows"
    assert subset.estimates.empty
