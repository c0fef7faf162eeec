"""Data at the edge: what must not come out as a number that looks like any other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from effects.effect_cases import prior_forward
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.responses import Careers, mean_response
from vm2causal.effects.totals import direct_effect, expected_totals, totals_table
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import QueryKind


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def of(arrows: list[tuple[str, str]], **variables: Variable) -> CausalSpec:
    return CausalSpec(
        name="small",
        variables=variables,
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in arrows],
    )


def test_yes_is_one_whatever_the_alphabet_says() -> None:
    spec = of([("x", "y")], x=Variable(kind="binary"), y=Variable())
    for no, yes in (("nee", "ja"), ("no", "yes"), ("False", "True")):
        data = table_data(spec, table(x=[yes, no, yes], y=[1.0, 2.0, 3.0]))
        assert data.columns["x"].levels == (no, yes)


def test_two_unknown_words_are_asked_about() -> None:
    spec = of([("x", "y")], x=Variable(kind="binary"), y=Variable())
    with pytest.raises(StudyError, match=r"which of these two values counts as 0\. Got: 'a, b'"):
        table_data(spec, table(x=["a", "b"], y=[1.0, 2.0]))


def test_quartiles_that_coincide_give_way_to_values_that_differ() -> None:
    spec = of([("x", "y")], x=Variable(), y=Variable())
    x = np.where(np.arange(100) < 85, 0.0, 3.0)
    forward = prior_forward(table_data(spec, table(x=x, y=np.arange(100.0))), draws=5)
    (contrast,) = default_contrasts(forward, "x")
    assert (contrast.high, contrast.low) == (3.0, 0.0)


def test_an_arrow_to_a_nominal_effect_is_its_total_where_nothing_lies_between() -> None:
    spec = of(
        [("x", "z")],
        x=Variable(kind="binary", levels=("0", "1")),
        z=Variable(kind="nominal", levels=("a", "b", "c")),
    )
    rng = np.random.default_rng(0)
    data = table_data(spec, table(x=rng.choice(["0", "1"], 60), z=rng.choice(list("abc"), 60)))
    forward = prior_forward(data, draws=20)
    (contrast,) = default_contrasts(forward, "x")
    totals = totals_table(forward, [contrast], {"x": ["z"]}).set_index("effect_level")
    for row in arrow_table(forward).itertuples():
        whole = totals.loc[row.effect_level, "natural"]
        assert row.natural["mean"] == pytest.approx(whole["mean"])


def test_units_without_a_count_are_given_the_usual_probability() -> None:
    spec = of([("x", "n")], x=Variable(), n=Variable(kind="count", trials="of"))
    x = np.linspace(-1, 1, 40)
    events = np.where(np.arange(40) % 2, 3.0, np.nan)
    forward = prior_forward(table_data(spec, table(x=x, n=events, of=np.full(40, 9))), draws=10)
    response = mean_response(forward, forward.observed, "n")
    assert (response > 0).all()


def test_a_career_with_a_year_nobody_counted_is_not_followed() -> None:
    study = small_study()
    unknown = study.careers.assign(teldatum_1=None)
    forward = prior_forward(study_data(STUDY_SPEC, replace(study, careers=unknown)), draws=5)
    assert not Careers(forward).possible
    # everybody who started counts all the same
    assert forward.data.weights.sum() == study.careers["leerlingen"].sum()


def test_a_direct_effect_leaves_out_what_runs_through_mediators() -> None:
    forward = prior_forward(study_data(STUDY_SPEC, small_study()), draws=40)
    (contrast,) = default_contrasts(forward, "samenwerking")
    direct = direct_effect(forward, contrast, "vsv")
    # samenwerking works on vsv through binding alone
    assert float(np.abs(direct["natural"]).max()) < 1e-12
    total = expected_totals(forward, contrast, ["vsv"])["vsv"]
    assert float(np.abs(total["natural"]).max()) > 1e-6
    kinds = totals_table(forward, [contrast], {"samenwerking": ["vsv"]}, kind=QueryKind.DIRECT)
    assert set(kinds["kind"]) == {"direct"}


def test_doing_something_to_a_count_is_doing_it_to_its_own_careers() -> None:
    forward = prior_forward(study_data(STUDY_SPEC, small_study()), draws=5)
    world = forward.world({"vsv": -3.0})
    np.testing.assert_array_equal(world.predictors["vsv", None], -3.0)
