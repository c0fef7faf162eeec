"""A name written otherwise is a mistake, not something nobody observed."""

from pathlib import Path

import pandas as pd
import pytest

from command_line import run
from vm2causal.errors import StudyError
from vm2causal.spec import read_model
from vm2causal.spec.model_text import declared, model_of_text
from vm2causal.workflow.absent_columns import Missing
from vm2causal.workflow.sources import read_source
from workflow.study_cases import study, written

SPEC = model_of_text("score -> passed; entry -> score; entry -> passed")
TABLE = pd.DataFrame(
    {"scores": [1.5, 2.0, 0.5] * 10, "entry": [3, 1, 2] * 10, "passed": [0.0, 1.5, 1.0] * 10}
)


def test_the_nearest_column_is_named() -> None:
    with pytest.raises(StudyError, match=r"variable 'score'.*Did you mean 'scores'\?.*'column: …'"):
        read_source(TABLE, SPEC)


def test_a_column_of_another_variable_is_not_proposed() -> None:
    spec = model_of_text("entry -> passed; entry -> entry2 -> passed")
    with pytest.raises(StudyError, match=r"variable 'entry2'.*There are: entry, passed, scores\."):
        read_source(TABLE, spec)


def test_what_is_said_to_be_unobserved_is() -> None:
    meant = read_source(TABLE, SPEC, missing=Missing.UNOBSERVED)
    assert meant.adapted.missing == ("score",)
    said = read_source(TABLE, declared(SPEC, {"score": {"observed": False}}))
    assert said.data.spec.graph == meant.data.spec.graph


def test_a_column_that_holds_nothing_is_unobserved_as_before() -> None:
    empty = TABLE.rename(columns={"scores": "score"}).assign(score=None)
    assert read_source(empty, SPEC).adapted.missing == ("score",)


def test_a_study_may_leave_out_columns_of_its_format_and_no_others(tmp_path: Path) -> None:
    folder = written(study(14), tmp_path / "s")
    found = read_source(folder, read_model("onderzoeksmodel-2012"))
    assert "krimp" in found.adapted.missing
    other = declared(read_model("onderzoeksmodel-2012"), {"krimp": {"column": "krimpt"}})
    with pytest.raises(StudyError, match=r"variable 'krimp'.*Got: 'krimpt'\. Did you mean 'krimp'"):
        read_source(folder, other)


def test_the_command_line_refuses_too(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yaml").write_text(
        "schema: vm2causal/model/1\nvariables: {score: {}, entry: {}, passed: {}}\n"
        "arrows: [{from: score, to: passed}, {from: entry, to: passed}]\n",
        encoding="utf-8",
    )
    done = run("fit", tmp_path / "t.csv", "--model", tmp_path / "m.yaml", "--out", tmp_path / "f")
    assert done.returncode == 2
    assert "t.csv: No column holds the variable 'score' of the model." in done.stderr
    assert "--allow-missing" in done.stderr
    assert not (tmp_path / "f").exists()
