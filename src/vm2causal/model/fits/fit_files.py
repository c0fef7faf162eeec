"""A fit on disk: ``fit.zarr``, ``model.yaml``, ``CONFIDENTIAL.txt`` and, last, ``run.json``.

How long it took stands in ``timings.json``, so that all else of two equal fits is equal.

It holds what it was fitted to: of a study cells of pupils, of which many hold a single one, and of
a table its rows. So only its owner may read it, and it says that it is confidential. No pickle, no
path of the user. The layout is no part of it: it follows from the model and the data. Hashes tell a
damaged fit from a whole one; that nothing in it can run is the list of ``array_files``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.described import NotAsDescribedError, require_described
from vm2causal.errors import FitError, InputError, OutputError
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.fits.array_files import ArrayFiles, read_arrays, write_arrays
from vm2causal.model.fits.fit_arrays import CONSTANT, OBSERVED, arrays_of, data_of, digest
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.structural_fit import Backend, StructuralFit
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.plain_files import read_json, read_plain, refused
from vm2causal.spec import CausalSpec, model_to_yaml
from vm2causal.spec.files import LARGEST, model_of
from vm2causal.storage import keep_private, require_writable_folder, write_folder_atomically
from vm2causal.texts import Language, text
from vm2causal.timings import TIMINGS_FILE, read_timings, timings_text

SCHEMA: Final = "vm2causal/fit/2"
"""What ``run.json`` of a fit says under ``schema``."""

DRAWS_FILE: Final = "fit.zarr"
MODEL_FILE: Final = "model.yaml"
RECORD_FILE: Final = "run.json"

_GROUPS: Final = frozenset({"posterior", "sample_stats", CONSTANT, OBSERVED})
_DRAWS: Final = ("posterior", "sample_stats")

CONFIDENTIAL_FILE: Final = "CONFIDENTIAL.txt"
"""Says to whoever finds the folder what it holds."""

_PARTS: Final = frozenset({DRAWS_FILE, MODEL_FILE, RECORD_FILE, CONFIDENTIAL_FILE, TIMINGS_FILE})
_AGAIN: Final = "Fit again, or name the folder of another fit."


def require_fit_folder(folder: Path) -> Path:
    """Find out before any long work whether a fit can be written to ``folder``.

    Only an earlier fit, or nothing, is replaced.

    Raises
    ------
    OutputError
        When the folder holds anything else, or cannot be written.
    """
    if folder.is_dir():
        others = sorted(item.name for item in folder.iterdir() if item.name not in _PARTS)
        if others:
            raise OutputError(
                f"This folder holds other things than a fit: {', '.join(others[:5])}.",
                value=folder.name,
                fix="Name a new folder with --out; an earlier fit may be replaced.",
            )
    elif folder.exists():
        raise OutputError(
            "This is a file, not a folder.", value=folder.name, fix="Name a folder with --out."
        )
    require_writable_folder(folder.absolute().parent, below=False)
    return folder


def write_fit(fit: StructuralFit, folder: Path, facts: Mapping[str, Any]) -> list[Path]:
    """Write a fit, whole or not at all; an earlier fit there is replaced once this one stands.

    Parameters
    ----------
    facts
        What else ``run.json`` says, as plain JSON values: versions, diagnostics, …

    Returns
    -------
    list of Path
        What was written; ``run.json`` last.

    Raises
    ------
    OutputError
        When the folder holds other things than a fit, or cannot be written.
    """
    require_fit_folder(folder)
    write_folder_atomically(folder, lambda fresh: _write(fit, fresh, facts))
    names = (DRAWS_FILE, MODEL_FILE, CONFIDENTIAL_FILE, TIMINGS_FILE, RECORD_FILE)
    return [folder / name for name in names]


def read_fit(folder: Path) -> StructuralFit:
    """Read a fit back, with its model, data and layout.

    Raises
    ------
    FitError
        When the folder holds no fit, half a fit, or one that was altered.
    """
    record = read_record(folder)
    linked = (folder / DRAWS_FILE).is_symlink()
    _require(not linked, DRAWS_FILE, "A fit holds no links.")
    stored = read_arrays(folder / DRAWS_FILE)
    _require(stored.groups == _GROUPS, DRAWS_FILE, "A fit has other groups of arrays than this.")
    if "arrays_sha256" in record:
        _require_hash(record, "arrays_sha256", stored.digest(), DRAWS_FILE)
    arrays = {name: stored.decoded(name) for name in (CONSTANT, OBSERVED)}
    _require_hash(record, "data_sha256", _digest(arrays[CONSTANT], arrays[OBSERVED]), DRAWS_FILE)
    try:
        layout = _layout(folder, record, arrays)
        _require_draws(stored, layout)
        arrays |= {name: stored.decoded(name) for name in _DRAWS}
        _require_hash(record, "draws_sha256", _digest(arrays["posterior"]), DRAWS_FILE)
        tree = xr.DataTree.from_dict(arrays)
        tree.attrs["sampling_seconds"] = float(record["timings"]["sample_s"])
        return StructuralFit(
            layout,
            tree,
            Priors(record["priors"]),
            Backend(record["backend"]),
            int(record["seed"]),
            {str(name): float(value) for name, value in record["timings"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FitError(
            "This record lacks what a fit needs.", file=RECORD_FILE, value=str(error), fix=_AGAIN
        ) from error


def read_record(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` of a fit: how it was made, and its diagnostics; with its timings.

    Returns
    -------
    dict
        As ``schemas/fit.schema.json`` describes it, down to the type of every value.

    Raises
    ------
    FitError
        When the folder holds no whole fit, or its record anything else than is described.
    """
    if not folder.is_dir():
        raise FitError("There is no such folder.", value=folder.name, fix=_AGAIN)
    path = folder / RECORD_FILE
    if not path.is_file():
        raise FitError(
            f"This folder holds no finished fit: {RECORD_FILE} is missing.",
            value=folder.name,
            fix=_AGAIN,
        )
    try:
        with refused(FitError, file=RECORD_FILE, fix=_AGAIN):
            record = read_json(path, follow=False)
    except ValueError as error:
        raise FitError("This file is no JSON.", file=RECORD_FILE, fix=_AGAIN) from error
    found = record.get("schema") if isinstance(record, dict) else None
    if found != SCHEMA:
        raise FitError(
            "This folder holds something else than a fit of this version.",
            file=RECORD_FILE,
            value=found,
            fix=_AGAIN,
        )
    # an earlier version wrote the timings among the rest
    apart = "timings" not in record
    whole = {"timings": _timings(folder)} | record if apart else record
    try:
        require_described(whole, "fit")
    except NotAsDescribedError as error:
        raise FitError(
            error.rule,
            file=TIMINGS_FILE if apart and error.rule.startswith("'timings") else RECORD_FILE,
            value=error.value,
            fix=_AGAIN,
        ) from error
    return dict(whole)


def _timings(folder: Path) -> dict[str, float]:
    try:
        with refused(FitError, file=TIMINGS_FILE, fix=_AGAIN):
            return read_timings(folder)
    except ValueError as error:
        raise FitError(f"This cannot be used: {error}.", file=TIMINGS_FILE, fix=_AGAIN) from error


def _write(fit: StructuralFit, folder: Path, facts: Mapping[str, Any]) -> None:
    folder.mkdir()
    data = fit.layout.data
    arrays = arrays_of(data)
    posterior = fit.posterior
    kept = {"posterior": posterior, "sample_stats": fit.tree["sample_stats"].to_dataset()}
    tree = xr.DataTree.from_dict(kept | arrays)
    write_arrays(tree, folder / DRAWS_FILE)
    (folder / MODEL_FILE).write_text(model_to_yaml(data.spec), encoding="utf-8")
    record = {
        "schema": SCHEMA,
        **{name: fact for name, fact in facts.items() if name != "timings"},
        "origin": data.origin.value,
        "unit": data.unit,
        "seed": fit.seed,
        "priors": fit.priors.value,
        "backend": fit.backend.value,
        "model_sha256": model_hash(data.spec),
        "data_sha256": digest(arrays[CONSTANT], arrays[OBSERVED]),
        "draws_sha256": digest(posterior),
        "arrays_sha256": read_arrays(folder / DRAWS_FILE).digest(),
    }
    timings = dict(facts.get("timings", {})) | dict(fit.timings)
    (folder / TIMINGS_FILE).write_text(timings_text(timings), encoding="utf-8")
    said = "\n".join(text("fit.confidential", language) for language in Language)
    (folder / CONFIDENTIAL_FILE).write_text(f"CONFIDENTIAL\n\n{said}\n", encoding="utf-8")
    written = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / RECORD_FILE).write_text(written + "\n", encoding="utf-8")
    keep_private(folder)


def model_hash(spec: CausalSpec) -> str:
    """SHA-256 of a model as a fit keeps it."""
    return _hash(model_to_yaml(spec))


def _digest(*datasets: xr.Dataset) -> str:
    """The digest; damaged bytes may not even be text."""
    from pyarrow.lib import ArrowException

    try:
        return digest(*datasets)
    except (ArrowException, UnicodeError) as error:
        raise FitError(
            "The draws cannot be read.", file=DRAWS_FILE, value=type(error).__name__, fix=_AGAIN
        ) from error


def _require_draws(stored: ArrayFiles, layout: Layout) -> None:
    """What the model says the draws are, before the first is unpacked."""
    posterior, stats = (stored.group(name) for name in _DRAWS)
    model = named_draws(layout, np.zeros((1, 1, layout.size)))
    names = set(map(str, model.data_vars))
    absent = names - posterior.keys()
    _require(not absent, DRAWS_FILE, f"Parameters are missing: {', '.join(sorted(absent))}.")
    sizes = {posterior[name].shape[:2] for name in names}
    _require(len(sizes) == 1, DRAWS_FILE, "Parameters differ in their number of draws.")
    chains, draws = size = (*sizes.pop(), 0, 0)[:2]
    lengths = {**model.sizes, "chain": chains, "draw": draws}
    for name, array in posterior.items():
        if name not in model.variables:
            raise stored.refuse(f"posterior/{name}", "The model of this fit has no such parameter.")
        shape = tuple(lengths[str(dim)] for dim in model.variables[name].dims)
        if array.shape != shape or (name in names and array.kind != "f"):
            raise stored.refuse(
                f"posterior/{name}",
                f"The model of this fit says that this has the shape {list(shape)}.",
                list(array.shape),
            )
    for name, array in stats.items():
        if array.shape not in (size, (chains,), (draws,)):
            raise stored.refuse(
                f"sample_stats/{name}", "This is not one value per draw.", list(array.shape)
            )


def _require_places(data: StructuralData) -> None:
    """Every place that a number of the data points to exists."""
    pointers = [(item.codes, len(item.labels), name) for name, item in data.groups.items()]
    for name, cells in data.cells.items():
        pointers += [
            (cells.unit, len(data.units), name),
            (cells.pattern, max(len(data.patterns), 1), name),
        ]
    for places, count, name in pointers:
        if places.size and not (places.min() >= 0 and places.max() < count):
            raise FitError(
                "A number of the data points to what is not there.",
                file=DRAWS_FILE,
                value=name,
                fix=_AGAIN,
            )


def _layout(folder: Path, record: Mapping[str, Any], arrays: dict[str, xr.Dataset]) -> Layout:
    path = folder / MODEL_FILE
    _require(path.is_file(), MODEL_FILE, "The model of this fit is missing.")
    with refused(FitError, file=MODEL_FILE, fix=_AGAIN):
        content = read_plain(path, largest=LARGEST, follow=False)
    _require_hash(record, "model_sha256", _hash_bytes(content), MODEL_FILE)
    try:
        data = data_of(model_of(content, MODEL_FILE), arrays)
        _require_places(data)
        layout = structural_layout(data, priors=Priors(record["priors"]))
    except FitError:
        raise
    except InputError as error:
        raise FitError(
            "This version of vm2causal does not read the model of this fit.",
            file=MODEL_FILE,
            value=error.rule,
            fix=_AGAIN,
        ) from error
    return layout


def _require(held: bool, file: str, rule: str) -> None:
    if not held:
        raise FitError(rule, file=file, fix=_AGAIN)


def _require_hash(record: Mapping[str, Any], key: str, found: str, file: str) -> None:
    if record.get(key) != found:
        raise FitError(
            f"This is not what was written: its hash is not the '{key}' of {RECORD_FILE}.",
            file=file,
            fix=_AGAIN,
        )


def _hash(text: str) -> str:
    return _hash_bytes(text.encode())


def _hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
