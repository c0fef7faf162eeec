from copy import copy
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effects.effect_cases import linear_forward, prior_forward
from effects.what_if_cases import levers_forward
from model.structural_cases import EVERY_KIND, by_other_names, table_of_every_kind
from vm2causal.effects.contrasts import chosen_contrast, unit_values
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import hidden_levels
from vm2causal.effects.what_if import Settings, members_of, outcomes_of, what_if
from vm2causal.effects.what_if_defaults import (
    MIDDLES,
    default_causes,
    default_outcomes,
    default_places,
    default_values,
    quarters,
)
from vm2causal.effects.what_if_grid import AS_IS, what_if_grid
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec.words import Rows

CAUSES = {"trust": ("-0.5", "0.25", "1"), "versnelling": ("1", "0")}
PLACES = (None, "techniek", "e3")


@pytest.fixture(scope="module")
def study() -> Forward:
    return levers_forward()


@pytest.fixture(scope="module")
def every_kind() -> Forward:
    return prior_forward(table_data(EVERY_KIND, table_of_every_kind(40)), draws=30)


def asked(forward: Forward, setting: dict[str, str], place: str | None) -> pd.DataFrame:
    changes = [chosen_contrast(forward, name, value, None)[0] for name, value in setting.items()]
    return what_if(forward, changes, place=place, level=0.9).set_index("outcome")


def intervals(cell, *, difference: bool = False) -> list[float]:
    names = ["mean", "lower", "upper"]
    if difference:
        names = ["difference", "difference_lower", "difference_upper"]
    return cell.sel(quantity=names).values.tolist()


@pytest.mark.parametrize("place", PLACES)
def test_every_cell_is_what_what_if_says(study: Forward, place: str | None) -> None:
    now, then = what_if_grid(study, CAUSES, places=PLACES, outcomes=("vsv", "sk"), level=0.9)
    assert then.dims == ("trust", "versnelling", "place", "outcome", "quantity")
    for values in product(*CAUSES.values()):
        setting = dict(zip(CAUSES, values, strict=True))
        said = asked(study, setting, place)
        for outcome in ("vsv", "sk"):
            here = {"place": place or "", "outcome": outcome}
            row, cell = said.loc[outcome], then.sel({**setting, **here})
            parts = ("mean", "lower", "upper")
            assert intervals(cell) == [row["then"][part] for part in parts]
            assert intervals(cell, difference=True) == [row["difference"][part] for part in parts]
            assert intervals(now.sel(here)) == [row["now"][part] for part in parts]


def test_variables_of_every_kind_are_what_what_if_says(every_kind: Forward) -> None:
    causes = {"size": ("-0.5", "0.5"), "plan": ("none", "full"), "trust": ("0",)}
    outcomes = outcomes_of(every_kind, causes)
    assert set(outcomes) == {"open", "grade", "score", "cases"}
    _, then = what_if_grid(every_kind, causes, places=(None, "h1"), outcomes=outcomes)
    setting = {"size": "0.5", "plan": "none", "trust": "0"}
    changes = [chosen_contrast(every_kind, name, value, None)[0] for name, value in setting.items()]
    said = what_if(every_kind, changes, place="h1").set_index("outcome")
    for outcome in outcomes:
        cell = then.sel({**setting, "place": "h1", "outcome": outcome})
        assert float(cell.sel(quantity="upper")) == said.loc[outcome, "then"]["upper"]


def test_causes_may_be_called_as_the_other_dims() -> None:
    names = {"size": "place", "plan": "quantity", "trust": "outcome"}
    table = table_of_every_kind(40).rename(columns=names)
    forward = prior_forward(table_data(by_other_names(EVERY_KIND, names), table), draws=30)
    causes = {"place": ("-0.5", "0.5"), "quantity": ("none", "full"), "outcome": ("0", "1")}
    _, then = what_if_grid(
        forward, causes, places=(None, "h1"), outcomes=("open", "score"), level=0.9
    )
    assert then.dims[:3] == ("do[place]", "do[quantity]", "do[outcome]")
    for values in product(*causes.values()):
        said = asked(forward, dict(zip(causes, values, strict=True)), "h1")
        cell = then[(*(causes[name].index(at) for name, at in zip(causes, values, strict=True)), 1)]
        for outcome in ("open", "score"):
            here = cell.sel(outcome=outcome, quantity="difference")
            assert float(here) == said.loc[outcome, "difference"]["mean"]


def test_dots_are_the_middles_of_twenty_equal_parts(study: Forward) -> None:
    now, then = what_if_grid(study, CAUSES, places=(None,), outcomes=("sk",))
    names = [f"q{dot}" for dot in range(1, 21)]
    settings = Settings.of(study, CAUSES, outcomes=("sk",))
    draws = settings.responses({"trust": 1.0, "versnelling": 2.0})["sk"] @ members_of(
        study, None, "sk"
    )
    cell = then.sel(trust="1", versnelling="1", place="", outcome="sk", quantity=names)
    np.testing.assert_allclose(cell, np.quantile(draws, np.arange(0.025, 1, 0.05)), rtol=1e-12)
    assert (np.diff(now.sel(place="", outcome="sk", quantity=names)) >= 0).all()


@pytest.mark.parametrize(
    ("causes", "places", "outcomes", "message"),
    [
        ({"trust": ("x",)}, (None,), ("vsv",), "'trust' takes a number"),
        ({"versnelling": ("3",)}, (None,), ("vsv",), "no such level"),
        ({"nothing": ("1",)}, (None,), ("vsv",), "Nothing can be done to 'nothing'"),
        ({"trust": ("1",)}, ("nowhere",), ("vsv",), "'nowhere'"),
        ({"trust": ("1",)}, (None,), ("sector",), r"no such outcome.*'sector'.*One of: vsv, sk"),
        ({"trust": ()}, (None,), ("vsv",), "needs a value.*'trust'"),
        ({}, (None,), ("vsv",), "needs a value"),
    ],
)
def test_what_a_fit_cannot_answer_is_named(study, causes, places, outcomes, message) -> None:
    with pytest.raises(QueryError, match=message):
        what_if_grid(study, causes, places=places, outcomes=outcomes)


def test_a_setting_is_of_its_causes(study: Forward) -> None:
    with pytest.raises(ValueError, match="not among the causes"):
        Settings.of(study, ["trust"]).responses({"versnelling": 1.0})


def test_a_cause_that_is_left_alone_is_as_it_was(study: Forward) -> None:
    settings = Settings.of(study, CAUSES)
    for name, draws in settings.responses({}).items():
        np.testing.assert_array_equal(draws, settings.now[name])
    offered = {"trust": (AS_IS, "1"), "versnelling": (AS_IS, "0.5")}
    now, then = what_if_grid(study, offered, places=(None,), outcomes=("vsv",))
    mean = then.sel(quantity="mean", outcome="vsv", place="")
    untouched = float(mean.sel(trust=AS_IS, versnelling=AS_IS))
    assert untouched == now.sel(quantity="mean").item()
    column = study.data.columns["versnelling"]
    for level, rank in (("0", 0), ("0.5", 1), ("1", 2)):
        set_to = settings.responses({"trust": 1.0, "versnelling": float(rank)})["vsv"]
        kept = settings.responses({"trust": 1.0})["vsv"]
        own = (column.values == rank) & ~column.missing
        assert own.any(), level
        np.testing.assert_allclose(kept[:, own], set_to[:, own])


# -- what a panel offers ----------------------------------------------------------------------


def test_the_first_causes_of_the_queries_are_offered(study: Forward) -> None:
    offered = default_causes(study)
    assert list(offered) == ["trust", "versnelling"]  # lwoo is of pupils, trust is asked twice
    assert offered["versnelling"] == ("0", "0.5", "1")  # nobody has two years
    assert list(default_causes(study, most=1)) == ["trust"]


def test_offered_values_go_through_the_command_line(study: Forward) -> None:
    for cause, values in default_causes(study).items():
        for value in values:
            (contrast,) = chosen_contrast(study, cause, value, None)
            assert not contrast.outside
            if cause == "trust":
                assert contrast.high == float(value)
            else:
                assert contrast.high_text == value


def test_offered_numbers_are_the_middles_of_the_quarters(study: Forward) -> None:
    middles = np.quantile(unit_values(study, "trust"), MIDDLES)
    values = [float(value) for value in default_values(study, "trust")]
    np.testing.assert_allclose(values, middles, rtol=1e-3)


def test_places_of_few_pupils_are_not_offered(study: Forward) -> None:
    grouping = study.data.groups["sector"]
    pupils = np.bincount(grouping.codes, weights=study.data.weights)
    assert (pupils >= 10).all()
    assert default_places(study) == (None, *grouping.labels)
    weights = np.where(grouping.codes == 0, 9 / pupils[0], 1.0) * study.data.weights
    smaller = copy(study)
    smaller.data = replace(study.data, weights=weights)
    offered = default_places(smaller)
    assert len(offered) == 2  # everybody and two sectors would tell how the small one does
    assert set(offered) < {None, *grouping.labels[1:]}
    assert set(offered[1:]) == set(grouping.labels) - hidden_levels(smaller, "sector")


def test_a_table_without_groups_offers_everybody_only() -> None:
    forward = linear_forward()
    assert default_places(forward) == (None, "b")  # its rows are persons, and few in the others
    forward = linear_forward()
    units = forward.data.spec.model_copy(update={"rows": Rows.UNITS})
    forward.data = replace(forward.data, spec=units)
    assert default_places(forward) == (None, "a", "b", "c")
    forward.data.groups.clear()
    assert default_places(forward) == (None,)


def test_outcomes_are_shares(study: Forward, every_kind: Forward) -> None:
    assert default_outcomes(study, ("trust",)) == ("vsv", "sk")
    assert default_outcomes(every_kind, ("size",)) == ("open", "cases")
    assert default_outcomes(linear_forward(), ("x",)) == ()


@given(st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=1, max_size=40))
def test_quarters_lie_within_the_data_and_in_order(numbers: list[float]) -> None:
    found = quarters(np.array([*numbers, np.nan]))
    values = [float(text) for text in found]
    assert 1 <= len(values) <= len(MIDDLES)
    assert values == sorted(set(values))
    slack = 1e-3 * max(map(abs, numbers))
    assert min(numbers) - slack <= values[0] <= values[-1] <= max(numbers) + slack
