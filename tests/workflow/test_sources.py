"""Where data come from: what reading them decides is said and recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.spec import CausalSpec
from vm2causal.workflow.sources import read_source
from workflow.study_cases import MODEL, study, written

SPEC = CausalSpec.model_validate(
    {"name": "xy", "variables": {"x": {}, "y": {}}, "arrows": [{"from": "x", "to": "y"}]}
)


def test_the_record_of_choices_reads_the_same_again(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("Notitie\nx;y\n1.000;1,5\n1.250;2,5\n-9;3\nBron;\n".encode("cp1252"))
    choices = Choices(header_row=2, skip_rows=(4,), decimal={"x": ","}, missing={"x": ("-9",)})
    first = read_source(table, SPEC, choices)
    assert first.reading is not None
    (tmp_path / "t.table.yaml").write_text(yaml.safe_dump(first.reading["choices"]), "utf-8")
    second = read_source(table, SPEC)
    assert second.reading is not None
    assert second.reading["choices"] == first.reading["choices"]
    assert second.reading["columns"] == first.reading["columns"]
    assert second.reading["sidecar"] == "t.table.yaml"
    assert second.data.columns["x"].values[:2].tolist() == [1000.0, 1250.0]
    assert second.data.units == ("1", "2", "3")


def test_units_carry_the_numbers_of_their_rows(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n1,1\n,\n3,2\n", encoding="utf-8")
    assert read_source(table, SPEC).data.units == ("1", "3")


def test_groups_of_a_study_in_other_capitals_are_one_and_said(tmp_path: Path) -> None:
    given = study()
    experiments = given.experiments.copy()
    school = str(experiments.loc[0, "school"])
    experiments.loc[0, "school"] = school.upper()
    changed = replace(given, experiments=experiments)
    spec = MODEL.model_copy(update={"groups": ("school",)})
    plain = read_source(written(given, tmp_path / "plain"), spec)
    read = read_source(written(changed, tmp_path / "changed"), spec)
    assert len(read.data.groups["school"].labels) == len(plain.data.groups["school"].labels)
    (remark,) = [item for item in read.remarks if item.code == "spellings"]
    assert school.upper() in (remark.fields["level"], remark.fields["others"])


def test_an_experiment_far_from_all_others_is_said_and_can_be_left_out(tmp_path: Path) -> None:
    given = study()
    shrinking = [round(1.0 + 0.1 * place, 1) for place in range(len(given.experiments))]
    shrinking[4] = 55.5
    experiments = given.experiments.copy()
    experiments.insert(list(experiments).index("tranche") + 1, "krimp", shrinking)
    changed = replace(given, experiments=experiments)
    spec = CausalSpec.model_validate({
        "name": "s",
        "variables": {"krimp": {}, "vsv": {"kind": "count", "trials": "vsv_van"}},
        "arrows": [{"from": "krimp", "to": "vsv"}],
    })  # fmt: skip
    folder = written(changed, tmp_path / "study")
    read = read_source(folder, spec)
    (remark,) = [item for item in read.remarks if item.code == "outlier"]
    assert dict(remark.fields) == {"column": "krimp", "value": "55.5", "row": 5}
    assert read.without is not None
    assert read.without.rows == (5,)
    assert set(read.data.units) - set(read.without.data.units) == {"Proef 04"}
    left = read.without.data.cells["vsv"].trials.sum()
    assert left == read.data.cells["vsv"].trials[read.data.cells["vsv"].unit != 4].sum()
    # what the model does not use moves no answer of it
    other = read_source(folder, MODEL)
    assert other.without is None
    assert not [item for item in other.remarks if item.code == "outlier"]
    (folder / "experiments.table.yaml").write_text(
        "schema: vm2causal/table/1\nkeep: {krimp: [55.5]}\n", encoding="utf-8"
    )
    assert read_source(folder, spec).without is None


def test_options_of_a_table_are_refused_for_a_study(tmp_path: Path) -> None:
    folder = written(study(), tmp_path / "study")
    with pytest.raises(OptionError, match=r"a study has several.*experiments\.table\.yaml"):
        read_source(folder, MODEL, Choices(sheet="x"))


def test_weights_are_named_and_a_used_column_is_not(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y,gewicht,lengte\n1,1,1.5,2\n2,2,0.5,3\n", encoding="utf-8")
    assert read_source(table, SPEC).remarks == (Remark("weights", {"column": "gewicht"}),)


def test_what_is_found_once_arranged_has_its_place_in_the_file(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y,school\n1,1,A\n,,\n2,2,\n", encoding="utf-8")
    spec = SPEC.model_copy(update={"groups": ("school",)})
    with pytest.raises(StudyError, match=r"^t\.csv, row 3, column school: Every row must say"):
        read_source(table, spec)
