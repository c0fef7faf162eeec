"""Fits as a stranger may send them: whatever stands in one, nothing runs and one line says why.

The fits are made here, by changing a whole one and mending its hashes, as an attacker would.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numcodecs import Blosc

from command_line import run
from figure_cases import study_fit, written_fit
from vm2causal.errors import FitError
from vm2causal.model.fits.array_files import read_arrays
from vm2causal.model.fits.fit_files import read_fit

Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the present format."""
    return written_fit(study_fit(), tmp_path_factory.mktemp("present") / "fit")


@pytest.fixture(scope="module")
def former(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same fit as an earlier version wrote it: format 2 with a list of arrays."""
    folder = Path(shutil.copytree(whole, tmp_path_factory.mktemp("former") / "fit"))
    with xr.open_datatree(folder / "fit.zarr", engine="zarr", consolidated=False) as stored:
        tree = stored.load()
    shutil.rmtree(folder / "fit.zarr")
    for node in tree.subtree:
        for item in node.variables.values():
            item.encoding.clear()
    tree.to_zarr(folder / "fit.zarr", zarr_format=2, consolidated=True)
    record = json.loads((folder / "run.json").read_text())
    del record["arrays_sha256"]
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_the_former_format_reads_as_the_present_one(whole: Path, former: Path) -> None:
    one, other = read_fit(whole), read_fit(former)
    xr.testing.assert_identical(one.posterior, other.posterior)


def test_what_is_written_holds_no_object_and_no_time(whole: Path) -> None:
    found = read_arrays(whole / "fit.zarr")
    assert {item.kind for item in found.arrays.values()} <= set("biufU")
    assert all(item.packed for item in found.arrays.values())
    assert not any(b"created_at" in content for content in found.files.values())


class _Runs:
    """What a pickle runs when it is loaded: a command that leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def edited(path: Path, **changes: Any) -> None:
    """Change a description, in the list of arrays too."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    listing = next(up / ".zmetadata" for up in path.parents if up.suffix == ".zarr")
    if listing.exists():
        content = json.loads(listing.read_text())
        content["metadata"][path.relative_to(listing.parent).as_posix()] |= changes
        listing.write_text(json.dumps(content))


def rehashed(folder: Path) -> None:
    """Give the record the hash of the arrays as they are now, as far as they can be read."""
    record = json.loads((folder / "run.json").read_text())
    if "arrays_sha256" in record:
        del record["arrays_sha256"]
    (folder / "run.json").write_text(json.dumps(record))


ARRAYS = ("constant_data/unit.weights", "constant_data/experiment", "observed_data/vsv",
          "posterior/weight", "sample_stats/diverging")  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("filters", [("vlen-utf8", "pickle"), ("pickle",), ("json2",), ()])
def test_no_pickle_is_loaded(
    former: Path, tmp_path: Path, array: str, filters: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Even where the libraries are told to load it."""
    monkeypatch.setenv("NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE", "1")
    monkeypatch.setenv("ZARR_ARRAY__ALLOW_UNSAFE_PICKLE_DECODE", "1")
    folder, mark = Path(shutil.copytree(former, tmp_path / "fit")), tmp_path / "ran"
    place = folder / "fit.zarr" / array
    shape = json.loads((place / ".zarray").read_text())["shape"]
    edited(
        place / ".zarray",
        dtype="|O",
        filters=[{"id": name, "protocol": 5} for name in filters] or None,
        compressor=None,
    )
    chunk = place / ".".join("0" for _ in shape)
    chunk.write_bytes(pickle.dumps([_Runs(mark)]))
    done = run("effects", folder)
    assert done.returncode == 2
    assert f"fit.zarr/{array}/.zarray: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not mark.exists()


def described(array: str, **changes: Any) -> Damage:
    return lambda folder: edited(folder / "fit.zarr" / array / "zarr.json", **changes)


def chunk_of(folder: Path, array: str) -> Path:
    return next(item for item in (folder / "fit.zarr" / array / "c").rglob("*") if item.is_file())


def bomb(folder: Path) -> None:
    """A chunk of 40 MB of zeros in a few kB, where its array says 4 kB."""
    chunk_of(folder, "posterior/weight").write_bytes(Blosc("zstd").encode(np.zeros(5_000_000)))


def consistent_bomb(folder: Path) -> None:
    """The same, with an array that says so too."""
    edited(
        folder / "fit.zarr/posterior/weight/zarr.json",
        shape=[1, 80, 62_500],
        chunk_grid={"name": "regular", "configuration": {"chunk_shape": [1, 80, 62_500]}},
    )
    bomb(folder)


def large_together(folder: Path) -> None:
    """Arrays of which each could be, without a chunk, so that a few bytes would fill the memory."""
    for name in ("weight", "intercept"):
        place = folder / "fit.zarr" / "sample_stats" / name
        shutil.copytree(folder / "fit.zarr/posterior/weight", place)
        shutil.rmtree(place / "c")
        grid = {"name": "regular", "configuration": {"chunk_shape": [4, 10**4, 1]}}
        edited(place / "zarr.json", shape=[4, 10**4, 15_000], chunk_grid=grid)


def linked(folder: Path) -> None:
    chunk = chunk_of(folder, "posterior/weight")
    moved = chunk.rename(folder.parent / "elsewhere")
    chunk.symlink_to(moved)


def replaced(make: Callable[[Path], object], *, name: str) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        make(path)

    return damage


def bound(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


DEEP = "[" * 100_000

DAMAGES: dict[str, tuple[Damage, str]] = {
    "object": (described("posterior/weight", data_type="variable_length_bytes"), "texts of one"),
    "string": (described("posterior/term", data_type="string"), "texts of one length only"),
    "extension": (described("posterior/term", data_type={"name": "r16"}), "texts of one length"),
    "pickle-codec": (
        described("posterior/weight", codecs=[{"name": "numcodecs.pickle"}]), "This codec is not",
    ),
    "sharding": (
        described("posterior/weight", codecs=[{"name": "sharding_indexed", "configuration": {}}]),
        "This codec is not read",
    ),
    "gzip": (
        described("posterior/weight", codecs=[{"name": "bytes"}, {"name": "gzip"}]),
        "This codec is not read",
    ),
    "blosc-kind": (
        described(
            "posterior/weight",
            codecs=[{"name": "bytes"}, {"name": "blosc", "configuration": {"cname": "zlib"}}],
        ),
        "This codec is not read",
    ),
    "endian": (
        described(
            "posterior/weight", codecs=[{"name": "bytes", "configuration": {"endian": "big"}}]
        ),
        "This order of bytes",
    ),
    "transformer": (described("posterior/weight", storage_transformers=[{"name": "x"}]), "transfo"),
    "key": (described("posterior/weight", code="x"), "has no place in the description"),
    "format": (described("posterior/weight", zarr_format=4), "'zarr_format' of an array of a fit"),
    "scaled": (
        described("posterior/weight", attributes={"scale_factor": -1.0}), "change values by this",
    ),
    "huge": (
        described("posterior/weight", shape=[4, 10**9, 10**9]), "larger than a fit can be",
    ),
    "chunks": (
        described(
            "posterior/weight",
            chunk_grid={"name": "regular", "configuration": {"chunk_shape": [1, 1]}},
        ),
        "do not belong to an array of this shape",
    ),
    "negative": (described("posterior/weight", shape=[-1, 80, 7]), "no shape of an array"),
    "bool-shape": (described("posterior/weight", shape=[True, 80, 7]), "no shape of an array"),
    "bomb": (bomb, "unpacks to 40,000,000 bytes, where its array says 4,480"),
    "consistent-bomb": (consistent_bomb, "says that this has the shape [1, 80, 7]"),
    "other-type": (described("posterior/weight", data_type="int64"), "this has the shape"),
    "surplus-chunk": (
        lambda f: shutil.copy(
            chunk_of(f, "posterior/weight"), f / "fit.zarr/posterior/weight/c/0/0/9"
        ),
        "no chunk of its array",
    ),
    "surplus-file": (lambda f: (f / "fit.zarr/posterior/x.py").write_text("1"), "to no array"),
    "short-chunk": (
        lambda f: chunk_of(f, "posterior/weight").write_bytes(b"\x02\x01\x21\x08" * 9),
        "This chunk",
    ),
    "surplus-group": (
        lambda f: shutil.copytree(f / "fit.zarr/posterior", f / "fit.zarr/prior"),
        "other groups of arrays",
    ),
    "link": (linked, "A fit holds no links"),
    "arrays-link": (
        replaced(lambda path: path.symlink_to("/etc"), name="fit.zarr"), "A fit holds no links",
    ),
    "model-link": (replaced(lambda path: path.symlink_to("/etc/passwd"), name="model.yaml"),
                   "model.yaml: This file cannot be read"),
    "record-link": (replaced(lambda path: path.symlink_to("/etc/passwd"), name="run.json"),
                    "run.json: This file cannot be read"),
    "many-large": (large_together, "larger than a fit can be"),
    "folder-link": (
        replaced(lambda path: path.symlink_to("/etc"), name="fit.zarr/posterior"),
        "A fit holds no links",
    ),
    "pipe": (replaced(os.mkfifo, name="fit.zarr/posterior/weight/zarr.json"), "it is a pipe"),
    "record-pipe": (replaced(os.mkfifo, name="run.json"), "run.json"),
    "model-pipe": (replaced(os.mkfifo, name="model.yaml"), "model.yaml"),
    "socket": (replaced(bound, name="fit.zarr/posterior/weight/zarr.json"), "cannot be read"),
    "record-folder": (replaced(Path.mkdir, name="run.json"), "run.json"),
    "arrays-file": (replaced(lambda p: p.write_bytes(b"x"), name="fit.zarr"), "cannot be read"),
    "deep-json": (
        lambda f: (f / "fit.zarr/posterior/weight/zarr.json").write_text(DEEP), "no description",
    ),
    "deep-record": (lambda f: (f / "run.json").write_text(DEEP), "run.json: This file is no JSON"),
    "not-json": (
        lambda f: (f / "fit.zarr/posterior/weight/zarr.json").write_text("{"), "no description",
    ),
    "list-json": (
        lambda f: (f / "fit.zarr/posterior/weight/zarr.json").write_text("[1]"), "no description",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_doctored_fit_is_refused_in_one_line(whole: Path, tmp_path: Path, kind: str) -> None:
    damage, message = DAMAGES[kind]
    folder = Path(shutil.copytree(whole, tmp_path / "fit"))
    if not kind.startswith("record-") and kind != "deep-record":
        rehashed(folder)
    damage(folder)
    done = run("effects", folder)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path) not in done.stderr


def test_a_list_of_arrays_that_disagrees_is_refused(former: Path, tmp_path: Path) -> None:
    """Other readers go by the list, ours by what stands beside each array."""
    folder = Path(shutil.copytree(former, tmp_path / "fit"))
    listing = folder / "fit.zarr" / ".zmetadata"
    content = json.loads(listing.read_text())
    content["metadata"]["posterior/weight/.zarray"]["dtype"] = "|O"
    listing.write_text(json.dumps(content))
    with pytest.raises(FitError, match=r"\.zmetadata: This list of arrays is not that"):
        read_fit(folder)


@pytest.mark.parametrize("name", ["sector.code", "vsv.unit"])
def test_a_number_that_points_outside_is_refused(
    whole: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vm2causal.model.fits import fit_files

    folder = Path(shutil.copytree(whole, tmp_path / "fit"))
    rehashed(folder)
    path = chunk_of(folder, f"constant_data/{name}")
    values = np.frombuffer(Blosc().decode(path.read_bytes()), dtype="<i8").copy()
    values[0] = 10**6
    path.write_bytes(Blosc("lz4").encode(values))
    monkeypatch.setattr(fit_files, "_require_hash", lambda *arguments: None)
    with pytest.raises(FitError, match="points to what is not there"):
        read_fit(folder)
