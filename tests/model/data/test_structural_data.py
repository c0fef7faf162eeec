from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.errors import StudyError
from vm2causal.inputs.study.flows import yearly_flows
from vm2causal.inputs.study.frame import Origin
from vm2causal.model.data.columns import construct_information
from vm2causal.model.data.structural_data import (
    YEAR,
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable


def one_variable(
    variable: Variable, values: list[object], **columns: list[object]
) -> StructuralData:
    spec = CausalSpec(name="one", variables={"x": variable})
    return table_data(spec, pd.DataFrame({"x": values, **columns}))


# -- columns ----------------------------------------------------------------------------------


def test_a_number_is_standardised_over_what_is_known() -> None:
    column = one_variable(Variable(), [1.0, None, 3.0, 8.0]).columns["x"]
    assert (column.centre, column.scale) == (4.0, pytest.approx(np.std([1, 3, 8])))
    np.testing.assert_allclose(
        column.standardised, np.array([-3, 0, -1, 4]) / np.std([1, 3, 8]), rtol=1e-14
    )
    assert column.missing.tolist() == [False, True, False, False]


@pytest.mark.parametrize("values", [[0.1] * 7, [None, 3.0, None], [None, None]])
def test_a_number_that_does_not_vary_has_scale_1(values: list[object]) -> None:
    column = one_variable(Variable(), values).columns["x"]
    assert column.scale == 1.0
    assert not column.varies
    np.testing.assert_allclose(column.standardised, 0.0, atol=1e-15)


def test_levels_become_ranks_in_the_order_of_the_model() -> None:
    variable = Variable(kind="ordinal", levels=("low", "mid", "high"))
    column = one_variable(variable, ["high", None, "low", "MID"]).columns["x"]
    np.testing.assert_array_equal(column.values, [2, np.nan, 0, 1])
    assert column.levels == ("low", "mid", "high")


def test_levels_that_are_not_declared_are_those_found_numbers_by_size() -> None:
    column = one_variable(Variable(kind="nominal"), [10.0, 9.0, None, 9.0]).columns["x"]
    assert column.levels == ("9", "10")
    np.testing.assert_array_equal(column.values, [1, 0, np.nan, 0])


@pytest.mark.parametrize("values", [[1, 0, 1], [True, False, True], ["true", "false", "true"]])
def test_truth_values_are_0_and_1(values: list[object]) -> None:
    column = one_variable(Variable(kind="binary"), values).columns["x"]
    np.testing.assert_array_equal(column.values[:2], [1, 0])


def test_a_binary_variable_that_is_always_1_knows_of_0() -> None:
    column = one_variable(Variable(kind="binary"), [1, 1]).columns["x"]
    assert column.levels == ("0", "1")
    assert not column.varies


def test_an_indicator_averages_to_0_over_the_known() -> None:
    variable = Variable(kind="nominal", levels=("a", "b", "c"), reference="b")
    column = one_variable(variable, ["a", "b", "c", "c", None]).columns["x"]
    assert column.reference == 1
    assert column.share(2) == 0.5
    np.testing.assert_allclose(column.indicator(2), [-0.5, -0.5, 0.5, 0.5, 0.0])


def test_a_variable_is_read_from_its_column() -> None:
    data = one_variable(Variable(column="elsewhere"), [1, 2], elsewhere=[5.0, 7.0])
    assert data.columns["x"].centre == 6.0


def test_answers_to_items_are_ranks_and_minus_1_where_missing() -> None:
    variable = Variable(kind="latent", items=("a", "b"), levels=("1", "2", "3"))
    data = one_variable(variable, [0, 0, 0], a=["3", None, "1"], b=[1, 2, 3])
    np.testing.assert_array_equal(data.items["x"], [[2, 0], [-1, 1], [0, 2]])


def test_turning_the_scale_of_a_construct_turns_its_ranks() -> None:
    levels = ("1", "2", "3")
    answers = {"a": ["3", None, "1"], "b": ["1", "2", "3"]}
    plain = Variable(kind="latent", items=("a", "b"), levels=levels)
    turned = Variable(kind="latent", items=("a", "b"), levels=levels[::-1])
    one = one_variable(plain, [0] * 3, **answers).items["x"]
    other = one_variable(turned, [0] * 3, **answers).items["x"]
    np.testing.assert_array_equal(other, np.where(one < 0, one, 2 - one))


# -- what cannot be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "values", "message"),
    [
        (Variable(), [1.0, "many"], r"row 2, column x: 'x' must be a number\. Got: 'many'"),
        (
            Variable(kind="ordinal", levels=("a", "b")),
            ["a", "b", "c"],
            r"row 3, column x: 'x' must be one of a, b\. Got: 'c'\. Correct the value",
        ),
        (
            Variable(kind="binary"),
            ["a", "b", "c"],
            r"column x: A binary variable has two values at most\. Got: 'a, b, c'",
        ),
        (
            Variable(kind="latent", items=("x", "x2"), levels=("1", "2")),
            ["1", "3"],
            r"The model's variable 'x' has no data: column 'x2' is not there\.",
        ),
        (
            Variable(column="y"),
            [1],
            r"variable 'x' has no data: column 'y' is not there\. Got: 'x'",
        ),
    ],
)
def test_what_data_cannot_be(variable: Variable, values: list[object], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        one_variable(variable, values)


@pytest.mark.parametrize(
    ("events", "trials", "got"), [(-1, 2, "-1 of 2"), (3, 2, "3 of 2"), (0.5, 2, "0.5 of 2")]
)
def test_counts_are_whole_and_within_their_trials(events: float, trials: float, got: str) -> None:
    variable = Variable(kind="count", trials="n")
    with pytest.raises(
        StudyError,
        match=rf"row 2, column x: 'x' must be a whole number from 0 to 'n'\. Got: '{got}'",
    ):
        one_variable(variable, [1, events], n=[1, trials])


def test_counts_that_are_unknown_have_no_cell() -> None:
    cells = one_variable(Variable(kind="count", trials="n"), [1, None, 0], n=[4, 4, 2]).cells["x"]
    assert cells.unit.tolist() == [0, 2]
    assert cells.events.tolist() == [1, 0]
    assert cells.trials.tolist() == [4, 2]


# -- groups -----------------------------------------------------------------------------------


def grouped(values: list[object], variable: Variable | None = None) -> StructuralData:
    variables = {"y": Variable()} | ({"g": variable} if variable else {})
    arrows = [Arrow(cause="g", effect="y")] if variable else []
    spec = CausalSpec(name="grouped", variables=variables, arrows=arrows, groups=["g"])
    column = variable.column if variable and variable.column else "g"
    return table_data(spec, pd.DataFrame({column: values, "y": np.arange(len(values))}))


def test_every_row_belongs_to_a_level_of_a_group() -> None:
    with pytest.raises(StudyError, match="row 2, column g: Every row must say to which level"):
        grouped(["a", None, "b"])


def test_a_group_has_the_levels_found() -> None:
    group = grouped(["b", "a", "b"]).groups["g"]
    assert group.labels == ("a", "b")
    assert group.codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("variable", "values"),
    [
        (Variable(kind="nominal"), [10, 9, 8, 10]),
        (Variable(kind="nominal"), [10.0, 9.0, 8.0, 10.0]),
        (Variable(kind="nominal", levels=("north", "east", "south")), ["East", "north", "SOUTH"]),
        (Variable(kind="nominal", column="place"), ["x", "y", "z"]),
    ],
)
def test_a_group_that_is_a_variable_has_the_same_ranks(
    variable: Variable, values: list[object]
) -> None:
    """Effects of its levels are found by either."""
    data = grouped(values, variable)
    assert data.groups["g"].labels == data.columns["g"].levels
    np.testing.assert_array_equal(data.groups["g"].codes, data.columns["g"].values)


def test_a_group_level_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(StudyError, match=r"row 2, column g: 'g' must be one of a, b, c\. Got: 'd'"):
        grouped(["a", "d"], Variable(kind="nominal", levels=("a", "b", "c")))


# -- studies ----------------------------------------------------------------------------------


def test_every_kind_finds_its_place() -> None:
    data = table_data(EVERY_KIND, table_of_every_kind(missing=0.1))
    assert set(data.columns) == {"area", "plan", "size", "open", "grade", "score"}
    assert set(data.items) == {"trust"}
    assert set(data.cells) == {"cases"}
    assert data.unit == "row"
    assert data.units[:2] == ("1", "2")
    assert data.years is None
    assert data.origin is Origin.REAL
    np.testing.assert_array_equal(data.weights, 1.0)


def test_cells_of_a_study_hold_every_pupil_event_once() -> None:
    study = small_study()
    data, flows = study_data(STUDY_SPEC, study), yearly_flows(study)
    for name in ("binding", "vsv"):
        cells = data.cells[name]
        assert cells.events.sum() == flows[name].sum()
        assert cells.trials.sum() == flows[f"{name}_van"].sum()
        by_unit = flows.groupby("experiment")[name].sum()
        np.testing.assert_array_equal(
            np.bincount(cells.unit, weights=cells.events, minlength=len(data.units)),
            by_unit.reindex(data.units, fill_value=0),
        )
        by_year = flows.groupby("jaar")[f"{name}_van"].sum()
        year = data.patterns[YEAR].to_numpy()[cells.pattern]
        for wanted, number in by_year.items():
            assert cells.trials[year == wanted].sum() == number
    assert data.returned == (flows["terugkeer"].sum(), flows["terugkeer_van"].sum())


def test_weights_are_starters_and_years_are_teldata() -> None:
    study = small_study()
    data = study_data(STUDY_SPEC, replace(study, teldata={"T1": 2, "T2": 1}))
    starters = study.careers.groupby("experiment")["leerlingen"].sum()
    np.testing.assert_array_equal(data.weights, starters.reindex(data.units, fill_value=0))
    assert data.years is not None
    tranche = study.experiments["tranche"]
    np.testing.assert_array_equal(data.years, np.where(tranche == "T1", 2, 1))


def test_pupils_of_an_unknown_kind_are_left_out_and_counted() -> None:
    study = small_study()
    careers = study.careers.copy()
    careers.loc[careers.index[:3], "lwoo"] = None
    data = study_data(STUDY_SPEC, replace(study, careers=careers))
    lost = int(study.careers.loc[study.careers.index[:3], "leerlingen"].sum())
    assert data.dropped == lost
    # averages are over all starters of an experiment, whatever is known of them
    assert data.weights.sum() == study.careers["leerlingen"].sum()


def test_covariates_are_centred_on_the_pupils_not_on_the_cells() -> None:
    study = small_study()
    column = study_data(STUDY_SPEC, study).covariates["lwoo"]
    careers = study.careers
    share = careers.loc[careers["lwoo"] == "ja", "leerlingen"].sum() / careers["leerlingen"].sum()
    # each kind of pupil stands once per year among the patterns
    assert column.centre == pytest.approx(share)
    assert column.scale == pytest.approx(np.sqrt(share * (1 - share)))


def test_the_order_of_rows_says_nothing() -> None:
    study = small_study(missing=0.2)
    order = np.random.default_rng(0).permutation(len(study.experiments))
    shuffled = replace(
        study,
        experiments=study.experiments.iloc[order].reset_index(drop=True),
        careers=study.careers.sample(frac=1, random_state=0).reset_index(drop=True),
    )
    one, other = study_data(STUDY_SPEC, study), study_data(STUDY_SPEC, shuffled)
    assert other.units == tuple(one.units[place] for place in order)
    np.testing.assert_array_equal(other.weights, one.weights[order])
    np.testing.assert_array_equal(
        other.columns["versnelling"].values, one.columns["versnelling"].values[order]
    )
    pd.testing.assert_frame_equal(other.patterns, one.patterns)
    for name, cells in one.cells.items():
        here, there = (
            sorted(zip(unit, item.pattern, item.events, item.trials, strict=True))
            for item, unit in (
                (cells, cells.unit),
                (other.cells[name], order[other.cells[name].unit]),
            )
        )
        assert here == there


def test_what_a_study_lacks_is_named() -> None:
    study = small_study()
    with pytest.raises(
        StudyError, match="variable 'versnelling' has no data: column 'versnelling'"
    ):
        study_data(
            STUDY_SPEC, replace(study, experiments=study.experiments.drop(columns="versnelling"))
        )
    with pytest.raises(StudyError, match="variable 'lwoo' has no data: column 'lwoo'"):
        study_data(STUDY_SPEC, replace(study, careers=study.careers.drop(columns="lwoo")))


# -- constructs -------------------------------------------------------------------------------


def test_information_of_a_construct() -> None:
    """Answers in equal shares say most: (1 − 1/K²) / 3 an item."""
    answers = np.tile(np.arange(5)[:, np.newaxis], (4, 3))
    each = (1 - 1 / 25) / 3
    assert construct_information(answers) == pytest.approx(3 * each / (1 + 3 * each))
    assert construct_information(np.full((9, 3), -1)) == 0.0
    assert construct_information(np.full((9, 3), 4)) == 0.0
    half = np.where(np.arange(20)[:, np.newaxis] % 2, answers, -1)
    assert construct_information(half) <= construct_information(answers)


# -- nested groups -----------------------------------------------------------------------------


def test_levels_of_a_nested_group_are_those_of_one_level_around_it() -> None:
    spec = CausalSpec.model_validate(
        {
            "name": "m",
            "variables": {"x": {}, "y": {}},
            "arrows": [{"from": "x", "to": "y"}],
            "groups": ["school", {"class": "school"}, {"table": "class"}],
        }
    )
    frame = pd.DataFrame(
        {
            "x": [0.0, 1.0, 2.0, 3.0, 4.0],
            "y": [1.0, 0.0, 1.0, 0.0, 2.0],
            "school": ["a", "a", "b", "b", "b"],
            "class": ["1", "2", "1", "1", "2"],
            "table": ["x", "x", "x", "y", "x"],
        }
    )
    found = table_data(spec, frame).groups
    assert found["class"].labels == ("a / 1", "a / 2", "b / 1", "b / 2")
    assert found["class"].codes.tolist() == [0, 1, 2, 2, 3]
    assert found["table"].labels[2:4] == ("b / 1 / x", "b / 1 / y")
    crossed = table_data(spec.changed(nested={}), frame).groups
    assert crossed["class"].labels == ("1", "2")
