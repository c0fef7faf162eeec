"""The columns of a study are those of the model, and the codebook says all of it."""

from __future__ import annotations

import pytest

from vm2causal.inputs.study.columns import levels_of
from vm2causal.inputs.study.frame import PUPIL_COVARIATES
from vm2causal.inputs.study.schema import (
    CONSTRUCTS,
    COUNTS,
    EXPERIMENTS,
    GROUPS,
    PUPIL_ROWS,
    items_of,
    study_codebook,
)
from vm2causal.spec import read_model

MODEL = read_model("onderzoeksmodel-2012")


@pytest.mark.parametrize(
    "name",
    [name for name in EXPERIMENTS.columns if name in MODEL.variables and name != "tranche"],
)
def test_levels_of_experiments_are_those_of_the_model(name: str) -> None:
    assert levels_of(EXPERIMENTS.columns[name]) == tuple(MODEL.variables[name].levels or ())


@pytest.mark.parametrize("name", PUPIL_COVARIATES)
def test_levels_of_pupils_are_those_of_the_model(name: str) -> None:
    for schema in (COUNTS, PUPIL_ROWS):
        assert levels_of(schema.columns[name]) == tuple(MODEL.variables[name].levels)


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_items_are_those_of_the_model(construct: str) -> None:
    variable = MODEL.variables[construct]
    assert items_of(construct) == list(variable.items)
    for name in variable.items:
        column = EXPERIMENTS.columns[name]
        assert levels_of(column) == tuple(variable.levels)
        label = variable.item_labels[name]
        assert (column.metadata["nl"], column.metadata["en"]) == (label.nl, label.en)


def test_every_observed_variable_of_experiments_has_a_column() -> None:
    described = {
        name
        for name, variable in MODEL.variables.items()
        if variable.observed and variable.level in ("experiment", "school", "sector", "tranche")
    }
    columns = set(EXPERIMENTS.columns) - {name for c in CONSTRUCTS for name in items_of(c)}
    assert columns | set(CONSTRUCTS) == described | set(GROUPS)


def test_the_codebook_says_everything_in_both_languages() -> None:
    book = study_codebook()
    assert not book.duplicated(["file", "column"]).any()
    assert (book[["meaning_nl", "meaning_en"]] != "").all(axis=None)
    required = book[book["required"]].groupby("file", sort=False)["column"].apply(list)
    assert required.to_dict() == {
        "experiments": ["experiment", "school", "sector", "tranche"],
        "counts": ["experiment", "leerlingen"],
        "pupils": ["leerling", "experiment"],
    }
    assert (book["required"] == ~book["may_be_empty"]).all()
    sector = book.set_index(["file", "column"]).loc[("experiments", "sector")]
    assert sector["values"] == "techniek|economie|zorg_welzijn|landbouw|intersectoraal"
