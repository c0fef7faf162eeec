import json
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from figure_cases import RECORD
from model.fit_cases import stand_in_fit
from model.structural_cases import (
    EVERY_KIND,
    STUDY_SPEC,
    small_study,
    table_of_every_kind,
)
from vm2causal.errors import FitError, OutputError
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.model.fits import fit_files
from vm2causal.model.fits.fit_arrays import arrays_of, data_of
from vm2causal.model.fits.fit_files import read_fit, read_record, require_fit_folder, write_fit
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import CausalSpec, Variable


def of_study() -> StructuralData:
    return study_data(STUDY_SPEC, small_study(missing=0.2))


def of_table() -> StructuralData:
    return table_data(EVERY_KIND, table_of_every_kind(missing=0.1))


def named_as_the_unit() -> StructuralData:
    """A variable that is called as the rows of the table are."""
    spec = CausalSpec(
        name="rows",
        variables={"row": Variable(kind="continuous"), "y": Variable(kind="continuous")},
        arrows=[{"from": "row", "to": "y"}],
    )
    return table_data(spec, pd.DataFrame({"row": [1.5, 2, 4, 8.0], "y": [0.1, 0.3, 0.2, np.nan]}))


CASES = [of_study, of_table, named_as_the_unit]


def assert_same(one: Any, other: Any) -> None:
    """Equal values, types of arrays and orders included, all the way down."""
    if is_dataclass(one):
        assert type(one) is type(other)
        for item in fields(one):
            assert_same(getattr(one, item.name), getattr(other, item.name))
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_index_type=False, check_column_type=False)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    else:
        assert one == other


def densities(layout: Layout) -> list[float]:
    points = np.random.default_rng(3).normal(scale=0.7, size=(5, layout.size))
    return [structural_program(layout).log_density(point)[0] for point in points]


@pytest.mark.parametrize("case", CASES)
def test_data_survive_as_arrays(case: Any) -> None:
    data = case()
    assert_same(data, data_of(data.spec, arrays_of(data)))


@pytest.mark.parametrize("case", CASES)
def test_a_fit_reads_back_with_the_same_density(case: Any, tmp_path: Path) -> None:
    fit = stand_in_fit(case(), priors=Priors.EVIDENCE)
    written = write_fit(fit, tmp_path / "fit", RECORD | {"missing": ["x"]})
    again = read_fit(tmp_path / "fit")
    assert densities(again.layout) == densities(fit.layout)
    assert_same(fit.layout.data, again.layout.data)
    xr.testing.assert_identical(fit.posterior.drop_attrs(), again.posterior.drop_attrs())
    assert (again.seed, again.priors, again.backend) == (fit.seed, fit.priors, fit.backend)
    assert again.timings == fit.timings
    assert [path.name for path in written] == [
        "fit.zarr",
        "model.yaml",
        "CONFIDENTIAL.txt",
        "timings.json",
        "run.json",
    ]
    assert read_record(tmp_path / "fit")["missing"] == ["x"]


def test_arviz_opens_it(tmp_path: Path) -> None:
    import arviz as az

    write_fit(stand_in_fit(of_study()), tmp_path / "fit", {})
    with pytest.warns(RuntimeWarning, match="non-consolidated metadata"):
        tree = az.from_zarr(str(tmp_path / "fit" / "fit.zarr"))
    assert set(tree.children) == {"posterior", "sample_stats", "constant_data", "observed_data"}
    assert tree["posterior"]["weight"].dims == ("chain", "draw", "arrow_weight")
    assert tree["observed_data"]["versnelling"].dims == ("experiment",)
    assert tree["constant_data"]["tranche"].attrs["levels"] == ["T1", "T2"]


def test_no_path_of_the_user_is_kept(tmp_path: Path) -> None:
    write_fit(stand_in_fit(of_study()), tmp_path / "secret-folder" / "fit", {})
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"secret-folder" in content or b"pickle" in content for content in kept)


def test_an_interrupted_write_leaves_the_old_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = stand_in_fit(of_study())
    write_fit(fit, tmp_path / "fit", RECORD | {"pupils_left_out": 1})

    def interrupted(*arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_files, "model_to_yaml", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_fit(fit, tmp_path / "fit", RECORD | {"pupils_left_out": 2})
    assert read_record(tmp_path / "fit")["pupils_left_out"] == 1
    assert densities(read_fit(tmp_path / "fit").layout) == densities(fit.layout)
    assert [item.name for item in tmp_path.iterdir()] == ["fit"]


def test_an_earlier_fit_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    fit = stand_in_fit(of_study())
    write_fit(fit, tmp_path / "fit", RECORD | {"pupils_left_out": 1})
    write_fit(fit, tmp_path / "fit", RECORD | {"pupils_left_out": 2})
    assert read_record(tmp_path / "fit")["pupils_left_out"] == 2
    (tmp_path / "fit" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"other things than a fit: notes\.txt\. Got: 'fit'"):
        write_fit(fit, tmp_path / "fit", RECORD | {"pupils_left_out": 3})
    assert (tmp_path / "fit" / "notes.txt").read_text() == "mine"
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="This is a file, not a folder"):
        require_fit_folder(tmp_path / "file")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fits") / "fit"
    write_fit(stand_in_fit(of_study()), folder, RECORD)
    return folder


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "fit"))


def changed_record(folder: Path, **changes: object) -> None:
    record = json.loads((folder / "run.json").read_text()) | changes
    (folder / "run.json").write_text(json.dumps(record))


def without(folder: Path, name: str) -> None:
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: without(f, "run.json"), r"no finished fit: run\.json is missing\. Got: 'fit'"),
        (lambda f: (f / "run.json").write_text("{"), r"run\.json: This file is no JSON\."),
        (lambda f: (f / "run.json").write_text("[]"), r"something else than a fit.* Got: None"),
        (
            lambda f: changed_record(f, schema="vm2causal/run/1"),
            r"something else than a fit of this version\. Got: 'vm2causal/run/1'",
        ),
        (lambda f: changed_record(f, seed="x"), r"run\.json: 'seed' is a whole number\. Got: 'x'"),
        (lambda f: changed_record(f, timings={}), r"run\.json: 'timings\.\w+' is missing"),
        (
            lambda f: (f / "timings.json").write_text('{"schema": "vm2causal/timings/1"}'),
            r"timings\.json: 'timings\.\w+' is missing",
        ),
        (lambda f: without(f, "fit.zarr"), r"fit\.zarr: The draws cannot be read"),
        (lambda f: without(f, "fit.zarr/posterior/weight"), r"fit\.zarr: "),
        (lambda f: without(f, "fit.zarr/posterior/weight/c/0/0/0"), r"is not the 'arrays_sha256'"),
        (lambda f: changed_record(f, draws_sha256="0" * 64), r"hash is not the 'draws_sha256'"),
        (lambda f: changed_record(f, data_sha256="0" * 64), r"hash is not the 'data_sha256'"),
        (lambda f: without(f, "model.yaml"), r"model\.yaml: The model of this fit is missing"),
        (
            lambda f: (f / "model.yaml").write_text("schema: vm2causal/model/1\n"),
            r"model\.yaml: This is not what was written",
        ),
        (shutil.rmtree, r"There is no such folder\. Got: 'fit'"),
    ],
)
def test_damage_is_named(copied: Path, damage: Any, message: str) -> None:
    damage(copied)
    with pytest.raises(FitError, match=message):
        read_fit(copied)


@settings(max_examples=10, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), cut=st.floats(0, 1))
def test_a_file_cut_short_never_reads_as_another_fit(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, place: float, cut: float
) -> None:
    copy = Path(shutil.copytree(whole, tmp_path_factory.mktemp("cut") / "fit"))
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    path = files[int(place * len(files))]
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    try:
        again = read_fit(copy)
    except FitError:
        return
    assert densities(again.layout) == densities(read_fit(whole).layout)
