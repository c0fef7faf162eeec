"""A template: refused where it would overwrite, and a study once it is filled in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from vm2causal.errors import OutputError
from vm2causal.inputs.study.checks import check_study
from vm2causal.inputs.study.files import read_study
from vm2causal.inputs.study.schema import EXPERIMENTS, study_codebook
from vm2causal.inputs.study.template import codebook_page, write_template
from vm2causal.texts import Language


@pytest.mark.parametrize("language", list(Language))
def test_the_template_holds_settings_headers_and_codebook(
    tmp_path: Path, language: Language
) -> None:
    written = write_template(tmp_path / "study", language=language)
    assert sorted(path.name for path in written) == [
        "CODEBOOK.md",
        "codebook.csv",
        "counts.csv",
        "experiments.csv",
        "pupils.csv",
        "study.yaml",
    ]
    header = (tmp_path / "study" / "experiments.csv").read_text()
    assert header == ",".join(EXPERIMENTS.columns) + "\n"
    codebook = pd.read_csv(tmp_path / "study" / "codebook.csv", dtype=str, keep_default_na=False)
    assert codebook["values"].tolist() == study_codebook()["values"].tolist()
    page = (tmp_path / "study" / "CODEBOOK.md").read_text()
    assert page == codebook_page(language)
    assert ("betekenis" in page) is (language is Language.NL)
    settings = (tmp_path / "study" / "study.yaml").read_text()
    assert settings.startswith({"nl": "# Instellingen", "en": "# Settings"}[language.value])


def test_an_empty_template_lacks_nothing_but_rows(tmp_path: Path) -> None:
    write_template(tmp_path, language=Language.NL)
    report = check_study(tmp_path)
    assert [(problem.file, problem.code) for problem in report.problems] == [
        ("experiments.csv", "no_rows"),
        ("counts.csv", "no_rows"),
    ]


@pytest.mark.parametrize("used", ["counts", "pupils"])
def test_a_template_that_is_filled_in_is_a_study(tmp_path: Path, used: str) -> None:
    write_template(tmp_path, language=Language.EN)
    book = study_codebook()
    cells = {
        "experiment": "E1",
        "school": "A",
        "tranche": "T1",
        "krimp": "1,5",
        "leerlingenaantal": "16,5",
        "leerling": "1",
        "leerlingen": "12",
        "teldatum_4": "",
    }
    for name in ("experiments", used):
        columns = book[book["file"] == name]
        row = [
            cells.get(column, values.split("|")[-1])
            for column, values in zip(columns["column"], columns["values"], strict=True)
        ]
        with (tmp_path / f"{name}.csv").open("a") as stream:
            stream.write(",".join(f'"{cell}"' for cell in row) + "\n")
    report = check_study(tmp_path)
    assert report.valid, report.problems
    study = read_study(tmp_path)
    assert study.experiments["leerlingenaantal"].tolist() == [16.5]
    assert study.careers["leerlingen"].tolist() == [12 if used == "counts" else 1]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="this one holds something"):
        write_template(tmp_path, language=Language.NL)
    with pytest.raises(OutputError, match="there is a file of this name"):
        write_template(tmp_path / "mine.txt", language=Language.NL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
