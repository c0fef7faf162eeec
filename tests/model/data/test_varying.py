"""Letting every arrow vary that can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.errors import OptionError
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.data.varying import Varied, let_vary
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.terms import VaryingCoefficient
from vm2causal.spec import Arrow, CausalSpec, Variable

SPEC = CausalSpec(
    name="schools",
    variables={
        "sector": Variable(kind="nominal"),
        "size": Variable(),
        "hours": Variable(),
        "effort": Variable(observed=False),
        "score": Variable(),
        "passed": Variable(kind="binary", levels=("no", "yes")),
    },
    arrows=[
        Arrow(cause="size", effect="score"),
        Arrow(cause="hours", effect="score"),
        Arrow(cause="sector", effect="score"),
        Arrow(cause="score", effect="passed"),
        Arrow(cause="effort", effect="score"),
        Arrow(cause="effort", effect="passed"),
    ],
    groups=("school",),
)


def schools() -> StructuralData:
    rng, rows = np.random.default_rng(2), 60
    school = np.arange(rows) % 12
    table = pd.DataFrame(
        {
            "school": [f"s{one}" for one in school],
            "sector": rng.choice(["care", "trade"], rows),
            "size": school * 10.0,
            "hours": rng.normal(size=rows),
            "score": rng.normal(size=rows),
            "passed": rng.choice(["no", "yes"], rows),
        }
    )
    return table_data(SPEC, table)


def test_arrows_vary_by_a_group_where_their_cause_differs_within_it() -> None:
    """Not that of the school's size, nor those of what nobody observed."""
    spec, varied = let_vary(schools(), ["school"])
    able = (("hours", "score"), ("sector", "score"), ("score", "passed"))
    assert varied == (Varied("school", able),)
    assert {arrow.key for arrow in spec.arrows if arrow.varies == ("school",)} == set(able)
    layout = structural_layout(replace(schools(), spec=spec))
    terms = [term for item in layout.predictors for term in item.modifiers]
    assert sum(isinstance(term, VaryingCoefficient) for term in terms) == len(able)


def test_arrows_vary_by_a_variable_into_its_own_effects() -> None:
    spec, varied = let_vary(schools(), ["sector"])
    assert varied == (Varied("sector", (("size", "score"), ("hours", "score"))),)
    assert spec.arrow("score", "passed") == SPEC.arrow("score", "passed")


def test_effects_may_be_named_and_what_the_file_says_stays() -> None:
    data = schools()
    spec, _ = let_vary(data, ["school: passed"])
    assert [arrow.key for arrow in spec.arrows if arrow.varies] == [("score", "passed")]
    again, varied = let_vary(replace(data, spec=spec), ["school:score", "sector"])
    assert [item.by for item in varied] == ["school", "sector"]
    found = {arrow.key: arrow.varies for arrow in again.arrows}
    assert found["score", "passed"] == ("school",)
    assert found["hours", "score"] == ("school", "sector")
    assert let_vary(data, []) == (data.spec, ())


def test_what_pupils_are_within_a_unit_has_one_coefficient() -> None:
    data = study_data(STUDY_SPEC, small_study())
    spec, varied = let_vary(data, ["school"])
    causes = {cause for item in varied for cause, _ in item.arrows}
    assert data.covariates
    assert causes
    assert causes.isdisjoint(data.covariates)
    assert causes.isdisjoint(spec.groups)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("hours", r"by a group of the model or by a variable with levels.*school, sector"),
        ("klas", r"by a group of the model.*Got: 'klas'"),
        ("sector:pased", r"leads to this.*Did you mean 'passed'"),
        ("sector: passed", r"No arrow.*draw the arrow from 'sector' too"),
        ("school: size", r"leads to this. Got: 'size'"),
    ],
)
def test_what_no_arrow_can_vary_by_is_refused(asked: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        let_vary(schools(), [asked])
