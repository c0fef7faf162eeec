"""What a study can show: computed by hand on small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vm2causal.inputs.study.findings import (
    coinciding,
    constants,
    missing,
    missing_patterns,
    overlap,
    reversed_items,
    variation,
    without_overlap,
)

FILE = "experiments.csv"


def _experiments(**columns: list[object]) -> pd.DataFrame:
    """A typed table of experiments, one sector after another."""
    size = len(next(iter(columns.values())))
    base = {
        "experiment": [f"E{number}" for number in range(size)],
        "school": [f"S{number}" for number in range(size)],
        "sector": [("techniek", "economie")[number % 2] for number in range(size)],
        "tranche": ["T1"] * size,
    }
    frame = pd.DataFrame(base | columns)
    quantities = {"krimp", "leerlingenaantal"}
    return frame.astype({name: "float64" if name in quantities else "str" for name in frame})


def _codes(problems: list) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.column) for problem in problems]


def test_variation_of_every_kind() -> None:
    experiments = _experiments(
        krimp=[1.0, 3.0, None, 5.0],
        status=["gestopt", "lopend", "afgerond", "afgerond"],
        vmbo_examen=["nee", "nee", "nee", None],
    )
    careers = pd.DataFrame({"geslacht": ["meisje", "jongen"], "leerlingen": [3, 1]})
    table = variation(experiments, careers).set_index("variable")
    assert table.loc["krimp"].tolist() == [2.0, 3]
    assert table.at["status", "sd"] == pytest.approx(np.std([0, 1, 2, 2], ddof=1))
    assert table.loc["vmbo_examen"].tolist() == [0.0, 1]
    assert np.isnan(table.at["sector", "sd"])
    assert table.at["sector", "levels"] == 2
    assert table.at["geslacht", "sd"] == pytest.approx(np.std([0, 0, 0, 1], ddof=1))


def test_constant_and_empty_variables_are_found() -> None:
    experiments = _experiments(
        mbo_stof=["3", "3", "3", None],
        versnelling=["0", "0.5", "1", "1"],
        krimp=[None] * 4,
        continuiteit=["ja", None, None, None],
    )
    assert _codes(constants(experiments, file=FILE)) == [
        ("no_values", "krimp"),
        ("constant", "mbo_stof"),
    ]


def test_variables_that_coincide_are_found() -> None:
    levels = ["1", "2", "3", "4", "5"] * 3
    experiments = _experiments(
        krimp=[float(level) ** 3 for level in levels],
        positie_1=levels,
        positie_2=[str(6 - int(level)) for level in levels],
        positie_3=["3", "1", "4", "2", "5", *levels[5:10], "2", "5", "1", "4", "3"],
    )
    found = coinciding(experiments, file=FILE)
    assert _codes(found) == [
        ("collinear", "positie_1"),
        ("collinear", "positie_2"),
        ("collinear", "positie_2"),
    ]
    assert found[0].rule == "It coincides with krimp: the rank correlation is 1.00."
    assert "positie_1: the rank correlation is -1.00" in found[2].rule


def test_a_nominal_variable_that_decides_another_is_found() -> None:
    experiments = _experiments(
        financiele_afspraken=["nvt", "geen", "nvt", "ja"] * 3,
        zelfde_bestuur=["ja", "nee", "ja", "nee"] * 3,
    )
    found = {(item.column, item.rule.split(":")[0]) for item in coinciding(experiments, file=FILE)}
    assert ("zelfde_bestuur", "It is decided by financiele_afspraken") in found
    assert not any(column == "financiele_afspraken" for column, _ in found)


def test_few_answers_prove_nothing() -> None:
    experiments = _experiments(krimp=[1.0, 2.0, 3.0], positie_1=["1", "2", "3"])
    assert coinciding(experiments, file=FILE) == []


def test_reversed_items_are_found() -> None:
    answers = ["1", "2", "3", "4", "5", "4", "3", "2", "1", "5", "2", "4"]
    turned = [str(6 - int(answer)) for answer in answers]
    experiments = _experiments(
        samenwerking_1=answers,
        samenwerking_2=turned,
        samenwerking_3=answers,
        samenwerking_4=answers,
    )
    (found,) = reversed_items(experiments, file=FILE)
    assert (found.code, found.column) == ("reversed_item", "samenwerking_2")
    assert "the rank correlation is -1.00" in found.rule
    alike = experiments.assign(samenwerking_2=answers)
    assert reversed_items(alike.astype({"samenwerking_2": "str"}), file=FILE) == []


def test_missing_answers_are_counted_alone_and_together() -> None:
    experiments = _experiments(
        krimp=[1.0, None, None, 2.0],
        status=["lopend", None, None, None],
    )
    assert missing(experiments).to_dict("records") == [
        {"variable": "krimp", "missing": 2, "share": 0.5},
        {"variable": "status", "missing": 3, "share": 0.75},
    ]
    patterns = missing_patterns(experiments)
    assert patterns.to_numpy().tolist() == [[("krimp", "status"), 2], [(), 1], [("status",), 1]]


def test_overlap_counts_values_within_sectors() -> None:
    experiments = _experiments(
        mbo_stof=["3", "4", "3", "4"],
        versnelling=["0", "0", "1", None],
        positie_1=["1", "5", "2", "5"],
        positie_2=["2", "5", "1", "5"],
    )
    table = overlap(experiments).set_index(["cause", "sector"])
    assert table.loc[("mbo_stof", "techniek")].tolist() == [2, 1, False]
    assert table.loc[("versnelling", "techniek")].tolist() == [2, 2, True]
    assert table.loc[("versnelling", "economie")].tolist() == [1, 1, False]
    assert table.loc[("positie", "techniek")].tolist() == [2, 1, False]
    assert _codes(without_overlap(experiments, file=FILE)) == [
        ("no_overlap", "positie"),
        ("no_overlap", "mbo_stof"),
    ]


def test_a_table_without_anything_has_empty_findings() -> None:
    nothing = pd.DataFrame()
    for table in (variation(nothing, None), missing(nothing), missing_patterns(nothing)):
        assert table.empty
    assert overlap(nothing).empty
    assert constants(nothing, file=FILE) == coinciding(nothing, file=FILE) == []
