"""Decisions of the user: what a sidecar says is what a record of them says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.choices import Choices, skipped_rows
from vm2causal.inputs.tables.sidecar import read_sidecar, sidecar_of

FULL = Choices(
    encoding="cp1252",
    delimiter="\t",
    sheet="Blad1",
    header_row=4,
    skip_rows=(3, 4, 9),
    skip_empty=True,
    decimal={"x": ",", "": "."},
    missing={"": ("-9",), "x": ("99", "onbekend")},
    keep={"y": ("9",)},
    fill_down=("sector",),
)


@pytest.mark.parametrize("choices", [Choices(), FULL, Choices(missing={"": ("NO", "1e3")})])
def test_a_record_of_choices_is_a_sidecar_that_says_the_same(
    tmp_path: Path, choices: Choices
) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(yaml.safe_dump(choices.to_dict()), encoding="utf-8")
    assert read_sidecar(path) == choices


def test_a_sidecar_of_its_own_goes_before_that_of_the_folder(tmp_path: Path) -> None:
    table = tmp_path / "scholen.csv"
    assert sidecar_of(table) is None
    (tmp_path / "table.yaml").touch()
    assert sidecar_of(table) == tmp_path / "table.yaml"
    (tmp_path / "scholen.table.yaml").touch()
    assert sidecar_of(table) == tmp_path / "scholen.table.yaml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x: [", r"table\.yaml, line \d: This is not YAML"),
        ("schema: vm2causal/table/2\n", r"line 1: This is no sidecar"),
        ("schema: vm2causal/table/1\nkeep: {x: {y: 1}}\n", r"line 2, column keep: A text"),
        ("schema: vm2causal/table/1\ndecimal: ';'\n", r"column decimal: .* Got: ';'"),
        ("schema: vm2causal/table/1\nskip_rows: [3-x]\n", r"column skip_rows: .* Got: 'x'"),
        ("schema: vm2causal/table/1\nskip_rows: [0]\n", r"column skip_rows: .* Got: '0'"),
        ("schema: vm2causal/table/1\nshet: a\n", r"Did you mean 'sheet'\?"),
    ],
)
def test_what_means_nothing_is_named_with_its_line(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        read_sidecar(path)


def test_options_go_before_a_sidecar_one_by_one() -> None:
    said = Choices(sheet="a", missing={"x": ("99",)})
    assert said.overruled_by(Choices(sheet="b")) == Choices(sheet="b", missing={"x": ("99",)})


def test_no_row_is_a_row_of_millions() -> None:
    with pytest.raises(StudyError, match="whole number from 1"):
        skipped_rows(["1-99999999999"])
