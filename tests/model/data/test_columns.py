import numpy as np
import pandas as pd
import pytest

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Column, read_column
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import CausalSpec, Variable
from vm2causal.spec.words import Kind

RANKS = np.array([0.0, 2.0, np.nan, 1.0, 2.0])


@pytest.mark.parametrize("level", [None, 0, 2])
def test_a_rank_enters_alike_whether_it_was_seen_or_filled_in(level: int | None) -> None:
    column = Column(Kind.NOMINAL, RANKS, ("a", "b", "c"), centre=1.25, scale=0.83)
    entered = column.entered(level)
    for rank, value in zip(RANKS, entered, strict=True):
        expected = 0.0 if np.isnan(rank) else column.entered_rank(int(rank), level)
        assert value == pytest.approx(expected, abs=1e-15)


def test_values_enter_per_standard_deviation_and_levels_around_their_share() -> None:
    column = Column(Kind.NOMINAL, RANKS, ("a", "b", "c"), centre=1.25, scale=0.5)
    assert column.entered(None).tolist() == [-2.5, 1.5, 0.0, -0.5, 1.5]
    assert column.entered(2).tolist() == [-0.5, 0.5, 0.0, -0.5, 0.5]
    assert column.entered_rank(1, None) == -0.5
    assert column.entered_rank(2, 2) == 0.5


def test_columns_of_units_and_of_pupils_are_found_by_one_name() -> None:
    data = study_data(STUDY_SPEC, small_study())
    for name, column in {**data.columns, **data.covariates}.items():
        assert data.column(name) is column
    assert data.covariates
    assert data.column("vsv") is None
    assert data.column("nobody") is None


def test_scales_are_found_by_item_and_by_ordinal_variable() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study()))
    assert layout.scale("samenwerking", "s2").loading == 1
    assert layout.scale("versnelling").loading is None


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("zorgg", r"The reference of 'sector' does not occur. Got: 'zorgg'. Did you mean 'zorg'"),
        ("x", r"Got: 'x'. Choose one of: groen, techniek, zorg"),
    ],
)
def test_a_reference_that_does_not_occur_is_refused(reference: str, message: str) -> None:
    spec = CausalSpec(
        name="one", variables={"sector": Variable(kind="nominal", reference=reference)}
    )
    data = pd.Series(["zorg", "techniek", "groen", "zorg"], name="sector")
    with pytest.raises(StudyError, match=message):
        read_column(spec, "sector", data)


def test_a_reference_in_other_capitals_is_that_level() -> None:
    spec = CausalSpec(name="one", variables={"s": Variable(kind="nominal", reference="ZORG")})
    assert read_column(spec, "s", pd.Series(["zorg", "groen"], name="s")).reference == 1


@pytest.mark.parametrize("unit", [1e-40, 1e-13, 1.0, 1e40])
def test_what_standardises_a_variable_does_not_depend_on_its_unit(unit: float) -> None:
    spec = CausalSpec(name="one", variables={"x": Variable()})
    column = read_column(spec, "x", pd.Series([1.0, 2.0, 6.0], name="x") * unit)
    assert column.scale == pytest.approx(np.std([1.0, 2.0, 6.0]) * unit, rel=1e-12)
    assert column.standardised.std() == pytest.approx(1.0)


def test_rounding_is_no_spread() -> None:
    spec = CausalSpec(name="one", variables={"x": Variable()})
    column = read_column(spec, "x", pd.Series([0.1 + 0.2, 0.3, 0.3], name="x"))
    assert column.scale == 1.0
