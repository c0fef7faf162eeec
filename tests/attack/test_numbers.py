"""What few differ by in a number, between groups or in a new level tells no more of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from figure_cases import opened, unsampled_fit
from vm2causal.checks.gate.parameters import parameter_table
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.new_levels import ONE_NEW_LEVEL, totals_in_new_levels
from vm2causal.effects.totals import totals_table
from vm2causal.effects.variance_components import variance_table
from vm2causal.errors import QueryError
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.spec.words import Rows
from vm2causal.workflow.effects import FitOnDisk, all_effects, answer_what_if
from vm2causal.workflow.probabilities import probability_of
from vm2causal.workflow.shown_record import shown_record

PERSONS, GIRLS, PLUS, FEW_C = 60, 3, 4, 5


@cache
def fit(rows: Rows = Rows.PERSONS) -> FitOnDisk:
    """Sixty persons, of whom three are girls, told as a number."""
    rng = np.random.default_rng(3)
    spec = CausalSpec(
        name="persons",
        rows=rows,
        variables={
            "girl": Variable(),
            "x": Variable(),
            "y": Variable(kind="binary", levels=("nee", "ja")),
        },
        arrows=[
            Arrow(cause="girl", effect="y"),
            Arrow(cause="x", effect="y", depends_on=["girl"]),
        ],
        queries=[Query(cause="girl", effect="y"), Query(cause="x", effect="y")],
    )
    table = pd.DataFrame(
        {
            "girl": _ones(GIRLS),
            "x": rng.normal(size=PERSONS),
            "y": ["nee", "ja"] * (PERSONS // 2),
        }
    )
    return opened(unsampled_fit(table_data(spec, table)))


@cache
def without_arrows(rows: Rows = Rows.PERSONS) -> FitOnDisk:
    """What varies between two classes; four have plus, told as a number, and four have lwoo."""
    spec = CausalSpec(
        name="variances",
        rows=rows,
        variables={
            "plus": Variable(),
            "lwoo": Variable(kind="binary", levels=("nee", "ja")),
            "y": Variable(),
        },
        arrows=[],
        groups=["klas"],
    )
    table = pd.DataFrame(
        {
            "plus": _ones(PLUS)[::-1],
            "lwoo": ["ja"] * PLUS + ["nee"] * (PERSONS - PLUS),
            "y": np.random.default_rng(3).normal(size=PERSONS),
            "klas": ["a", "b"] * (PERSONS // 2),
        }
    )
    return opened(unsampled_fit(table_data(spec, table)))


def _ones(number: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [number, PERSONS - number])


def few_with_sd(sd: float) -> list[int]:
    """The attack: a number of 0 and 1 that k of n have has the sd √(k (n − k)) / n."""
    own = {k: (k * (PERSONS - k)) ** 0.5 / PERSONS for k in range(1, 10)}
    return [k for k, one in own.items() if sd == pytest.approx(one, rel=0.02)]


def few_in_contrasts(rows: Iterable[dict[str, Any]]) -> list[int]:
    """The attack: where a contrast stands at a mean, that is a share of the persons."""
    numbers = [
        float(number) for row in rows for number in re.findall(r"\d+\.\d+", row["contrast"] or "")
    ]
    return [k for k in range(1, 10) if any(abs(n - k / PERSONS) < 5e-4 for n in numbers)]


def parameters(of: FitOnDisk, *, exact: bool = False) -> dict[str, float]:
    rows = row_dicts(parameter_table(of.fit.posterior))
    shown = shown_record(of.forward.layout, {**of.record, "parameters": rows})["parameters"]
    return {row["name"]: row["mean"] for row in (rows if exact else shown)}


def variances(of: FitOnDisk, *, exact: bool = False) -> dict[tuple[str, str], float]:
    rows = row_dicts(variance_table(of.forward))
    shown = shown_record(of.forward.layout, {**of.record, "variances": rows})["variances"]
    return {
        (row["variable"], row["component"]): row["sd"]["mean"] for row in (rows if exact else shown)
    }


def test_a_number_that_few_differ_in_is_not_told_in_two_units() -> None:
    rows = [row for row in row_dicts(arrow_table(fit().forward)) if row["cause"] == "girl"]
    won = rows[0]["standardised"]["mean"] / rows[0]["link"]["mean"]
    assert few_with_sd(won) == [GIRLS]
    assert set(all_effects(fit()).arrows["cause"]) == {"x"}
    assert set(all_effects(fit(Rows.UNITS)).arrows["cause"]) == {"girl", "x"}


def test_no_contrast_stands_at_the_mean_of_what_few_have() -> None:
    contrasts = default_contrasts(fit().forward, "girl")
    assert few_in_contrasts(row_dicts(totals_table(fit().forward, contrasts, {"girl": ["y"]}))) == [
        GIRLS
    ]
    assert few_in_contrasts(row_dicts(all_effects(fit()).totals)) == []
    assert set(all_effects(fit()).totals["cause"]) == {"x"}
    assert few_in_contrasts(row_dicts(all_effects(fit(Rows.UNITS)).totals)) == [GIRLS]


def test_what_depends_on_a_number_that_few_have_is_not_told() -> None:
    assert all_effects(fit()).differences.empty
    assert set(all_effects(fit(Rows.UNITS)).differences["by"]) == {"girl"}


@pytest.mark.parametrize("value", ["0.5", "2", "1"])
def test_a_number_that_few_differ_in_is_not_changed(value: str) -> None:
    """The attack: two answers, at any two numbers, give the mean that they are compared with."""
    told = f"This change is not answered about here.*Got: 'girl={value}'"
    with pytest.raises(QueryError, match=told):
        answer_what_if(fit(), {"girl": value}, place=None)
    table, _ = answer_what_if(fit(Rows.UNITS), {"girl": value}, place=None)
    assert set(table["outcome"]) == {"y"}


@cache
def with_few_events(rows: Rows) -> FitOnDisk:
    """Of sixty persons four passed."""
    spec = CausalSpec(
        name="events",
        rows=rows,
        variables={"x": Variable(), "passed": Variable(kind="binary", levels=("no", "yes"))},
        arrows=[Arrow(cause="x", effect="passed")],
    )
    x = np.random.default_rng(3).normal(size=PERSONS)
    table = pd.DataFrame({"x": x, "passed": ["yes"] * PLUS + ["no"] * (PERSONS - PLUS)})
    return opened(unsampled_fit(table_data(spec, table)))


def test_no_limit_is_held_beside_an_outcome_of_few() -> None:
    assert answer_what_if(with_few_events(Rows.PERSONS), {"x": "1"}, place=None)[0].empty
    with pytest.raises(QueryError, match=r"This outcome is not answered about.*Got: 'passed'"):
        probability_of(with_few_events(Rows.PERSONS), "passed < 0.1", {"x": "1"})
    assert 0 <= probability_of(with_few_events(Rows.UNITS), "passed < 0.1", {"x": "1"}).now <= 1


def test_standard_deviations_between_groups_in_two_units_find_nobody() -> None:
    """The attack: in the variances a number has its own unit, in the parameters its sd is 1."""
    name = ("plus", "klas")
    for rows in (Rows.PERSONS, Rows.UNITS):
        of = without_arrows(rows)
        won = variances(of, exact=True)[name] / parameters(of, exact=True)["klas_sd[plus]"]
        assert few_with_sd(won) == [PLUS]
        is_told = rows is Rows.UNITS
        assert (name in variances(of)) is is_told
        assert ("klas_sd[plus]" in parameters(of)) is is_told


def test_what_groups_differ_by_in_what_few_have_is_no_parameter_of_the_record() -> None:
    about_few = {f"{name}[{of}]" for of in ("plus", "lwoo") for name in ("intercept", "klas_sd")}
    about_few |= {"residual_sd[plus]"}
    assert about_few <= set(parameters(without_arrows(Rows.UNITS)))
    shown = set(parameters(without_arrows()))
    assert not about_few & shown
    assert {"intercept[y]", "klas_sd[y]", "residual_sd[y]"} <= shown


def in_classes(rows: Rows) -> Forward:
    """Of x and z on y without doubt: y = x + x z; z is −1 in a, 1 in b and 9 in c, of five."""
    spec = CausalSpec(
        name="classes",
        rows=rows,
        variables={name: Variable() for name in ("x", "z", "y")},
        arrows=[
            Arrow(cause="x", effect="y", depends_on=["z"]),
            Arrow(cause="z", effect="y"),
        ],
        groups=["klas"],
    )
    rng = np.random.default_rng(4)
    klas = np.repeat(["a", "b", "c"], [25, PERSONS - 25 - FEW_C, FEW_C])
    z = pd.Series(klas).map({"a": -1.0, "b": 1.0, "c": 9.0})
    table = pd.DataFrame(
        {"x": rng.normal(size=PERSONS), "z": z, "y": rng.normal(size=PERSONS), "klas": klas}
    )
    found = unsampled_fit(table_data(spec, table), draws=400)
    known = {
        name: xr.full_like(found.posterior[name], value)
        for name, value in {"weight": 1.0, "product": 1.0}.items()
    }
    return Forward(found.layout, found.posterior.assign(known), draws=400)


def test_one_new_level_is_none_of_those_that_few_are_in() -> None:
    """The attack: its average is that of a, b and c, of which the other two are asked for."""
    ends = {}
    for rows in (Rows.PERSONS, Rows.UNITS):
        forward = in_classes(rows)
        contrasts = default_contrasts(forward, "x")
        known = totals_table(forward, contrasts, {"x": ["y"]}, by="klas").set_index("group")
        single = {level: row["mean"] for level, row in known["natural"].items()}
        assert single["a"] < single["b"] < single["c"]
        new = totals_in_new_levels(forward, contrasts, {"x": ["y"]}, "klas").set_index("group")
        ends[rows] = new["natural"][ONE_NEW_LEVEL]["upper"] - single["b"]
        apart = single["c"] - single["b"]
    assert ends[Rows.UNITS] == pytest.approx(apart)
    assert ends[Rows.PERSONS] <= 1e-9


def test_where_no_level_may_be_answered_about_there_is_no_single_new_one() -> None:
    spec = CausalSpec(
        name="pairs",
        variables={"x": Variable(), "y": Variable()},
        arrows=[Arrow(cause="x", effect="y")],
        groups=["klas"],
        queries=[Query(cause="x", effect="y")],
    )
    table = pd.DataFrame(np.random.default_rng(1).normal(size=(40, 2)), columns=["x", "y"])
    table["klas"] = [f"k{row // 2}" for row in range(40)]
    found = all_effects(opened(unsampled_fit(table_data(spec, table))), new="klas")
    assert found.totals["group"].tolist() == ["new levels"]
