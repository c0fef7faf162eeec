"""Variables that describe a group: one observation per level, whatever the number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from vm2causal.errors import ModelFileError, StudyError
from vm2causal.model.data.own_level import crossed_groups
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

SCHOOLS, ROWS = 6, 30
OF = np.arange(ROWS) % SCHOOLS


def spec(**variables: dict[str, Any]) -> CausalSpec:
    said = {"t": {"level": "school"}, "m": {"level": "school"}, "x": {}, "y": {}} | variables
    return CausalSpec(
        name="m",
        variables={name: Variable(**keys) for name, keys in said.items()},
        arrows=[
            Arrow(cause=cause, effect=effect)
            for cause, effect in (("t", "m"), ("m", "y"), ("t", "y"), ("x", "y"))
        ],
        groups=["school"],
    )


def table(**columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    found = {
        "t": rng.normal(size=SCHOOLS)[OF],
        "m": rng.normal(size=SCHOOLS)[OF],
        "x": rng.normal(size=ROWS),
        "y": rng.normal(size=ROWS),
        "school": [f"s{k}" for k in OF],
    }
    return pd.DataFrame(found | columns)


def data(model: CausalSpec | None = None, **columns: object) -> StructuralData:
    return table_data(model or spec(), table(**columns))


def test_each_level_holds_one_observation() -> None:
    found = data()
    assert (found.group_of("m"), found.group_of("y")) == ("school", None)
    assert (int(found.seen("m").sum()), int(found.seen("y").sum())) == (SCHOOLS, ROWS)
    np.testing.assert_array_equal(found.own_units("m"), OF)
    np.testing.assert_array_equal(found.weights_for("m"), np.arange(ROWS) < SCHOOLS)
    layout = structural_layout(found)
    (of_m,), (of_y,) = layout.predictors_of["m"], layout.predictors_of["y"]
    assert not of_m.groups  # a school's own effect cannot be told from its residual
    assert [group for group, _ in of_y.groups] == ["school"]


def test_a_value_in_one_row_is_that_of_its_level() -> None:
    values = table()["m"].to_numpy()
    gaps = np.where(np.arange(ROWS) < SCHOOLS, np.nan, values)
    np.testing.assert_array_equal(data(m=gaps).columns["m"].values, values)


def test_a_group_that_knows_each_row_is_no_level() -> None:
    assert data(school=[f"s{k}" for k in range(ROWS)]).group_of("m") is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"m": [*np.zeros(ROWS - 1), 1.0]},
            r"row 30, column m: 'm' describes a 'school'.*'s5' has two, in rows 6 and 30.*"
            r"0 and 1.*Correct them, or remove 'level: school'",
        ),
        (
            {"m": np.where(OF == 2, np.nan, OF)},
            r"row 3, column m: 'm' describes a 'school' and has causes, and no row of 's2'",
        ),
    ],
)
def test_what_a_level_cannot_have_is_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(StudyError, match=f"(?s){message}"):
        data(**columns)


def test_what_differs_within_a_level_does_not_act_on_it() -> None:
    model = spec()
    arrows = (*model.arrows, Arrow(cause="x", effect="m"))
    with pytest.raises(StudyError, match=r"its cause 'x' differs within one.*mean of 'x' per"):
        structural_layout(data(model.changed(arrows=arrows)))
    hidden = model.changed(
        variables={**model.variables, "u": Variable(observed=False)},
        arrows=(*model.arrows, *(Arrow(cause="u", effect=effect) for effect in ("m", "y"))),
    )
    with pytest.raises(StudyError, match=r"'u', differs within one.*'level: school'"):
        structural_layout(data(hidden))


def test_values_that_repeat_are_asked_about() -> None:
    with pytest.raises(StudyError, match=r"Every 'school' has one value of 'm'.*'level: leerling'"):
        data(spec(m={}))
    assert data(spec(m={"level": "leerling"})).group_of("m") is None


def test_a_level_is_a_group_of_the_model() -> None:
    with pytest.raises(ModelFileError, match=r"no group of the model.*'schol'.*'school'"):
        spec(m={"level": "schol"})
    with pytest.raises(StudyError, match=r"'m' describes a 'school' and is latent"):
        data(spec(m={"level": "school", "kind": "latent", "items": ("q1", "q2")}), q1="1", q2="2")


def test_groups_that_lie_across_one_another_are_told() -> None:
    crossed = data(spec().changed(groups=("school", "class")), **{"class": list("abc") * 10})
    assert list(crossed_groups(crossed)) == []  # a school has one of these classes
    crossed = data(spec().changed(groups=("school", "class")), **{"class": list("abcde") * 6})
    assert list(crossed_groups(crossed)) == [("school", "class")]
