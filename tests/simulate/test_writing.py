from pathlib import Path

import pandas as pd
import pytest

from vm2causal.errors import OutputError
from vm2causal.inputs.study.files import read_study
from vm2causal.inputs.study.frame import PUPIL_COVARIATES, PUPILS, StudyFrame
from vm2causal.simulate import Truth, read_truth, simulate_study, truth_path, write_simulated
from vm2causal.simulate.writing import pupils_of
from vm2causal.spec import CausalSpec
from vm2causal.storage import shipped_path

DEMO_SEED = 2013


def test_a_simulated_study_reads_back_as_it_was(
    study: StudyFrame, truth: Truth, tmp_path: Path
) -> None:
    apart = write_simulated(study, truth, tmp_path / "s", seed=1)
    read = read_study(tmp_path / "s")
    pd.testing.assert_frame_equal(read.experiments, study.experiments)
    pd.testing.assert_frame_equal(read.careers, study.careers)
    assert (read.title, read.origin, read.teldata) == (study.title, study.origin, study.teldata)
    assert apart == tmp_path / "s-truth.yaml"
    assert read_truth(apart) == truth


def test_nothing_the_analysis_reads_holds_the_truth(
    study: StudyFrame, truth: Truth, tmp_path: Path
) -> None:
    write_simulated(study, truth, tmp_path / "s", seed=1)
    files = {path.name: path.read_text() for path in (tmp_path / "s").iterdir()}
    assert set(files) == {"study.yaml", "experiments.csv", "counts.csv"}
    assert not any("->" in content or "loading" in content for content in files.values())


def test_pupil_rows_are_the_same_careers(spec: CausalSpec, truth: Truth, tmp_path: Path) -> None:
    small = simulate_study(spec, truth, experiments=12, seed=3)
    write_simulated(small, truth, tmp_path / "s", pupil_rows=True, seed=3)
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        "study.yaml",
        "experiments.csv",
        "pupils.csv",
    }
    columns = [name for name in small.careers if name != PUPILS]

    def sorted_cells(careers: pd.DataFrame) -> pd.DataFrame:
        return careers[[*columns, PUPILS]].sort_values(columns, ignore_index=True)

    read = read_study(tmp_path / "s").careers
    pd.testing.assert_frame_equal(sorted_cells(read), sorted_cells(small.careers))


def test_pupils_stand_in_random_order_with_a_number_of_their_own(study: StudyFrame) -> None:
    rows = pupils_of(study, seed=1)
    assert list(rows)[:5] == ["leerling", "experiment", *PUPIL_COVARIATES]
    assert len(rows) == study.careers[PUPILS].sum()
    assert rows["leerling"].is_unique
    assert not rows["experiment"].is_monotonic_increasing
    pd.testing.assert_frame_equal(rows, pupils_of(study, seed=1))


def test_a_folder_with_something_in_it_is_left_alone(
    study: StudyFrame, truth: Truth, tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(
        OutputError, match=r"no empty folder, and nothing is overwritten\. Got: 's'"
    ):
        write_simulated(study, truth, folder, seed=1)
    assert [path.name for path in tmp_path.rglob("*")] == ["s", "mine.txt"]
    with pytest.raises(OutputError, match=r"Got: 'mine\.txt'"):
        write_simulated(study, truth, folder / "mine.txt", seed=1)


def test_the_shipped_study_is_what_the_default_truth_gives(
    study: StudyFrame, truth: Truth, tmp_path: Path
) -> None:
    """Byte for byte; made by ``vm2causal study simulate data/demo``."""
    shipped = shipped_path("data", "demo")
    apart = write_simulated(study, truth, tmp_path / "demo", seed=DEMO_SEED)
    names = sorted(path.name for path in shipped.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "demo").iterdir())
    for name in names:
        assert (shipped / name).read_bytes() == (tmp_path / "demo" / name).read_bytes(), name
    assert apart.read_bytes() == truth_path(shipped).read_bytes()
