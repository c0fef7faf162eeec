"""Large arguments of tasks: written once into the folder of a batch, named by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.errors import FitError
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.fits.fit_arrays import arrays_of, data_of
from vm2causal.plain_files import LARGEST_JSON, read_plain, refused
from vm2causal.spec import CausalSpec
from vm2causal.storage import keep_private, write_atomically

DATA_FOLDER: Final = "data"
"""Folder of these files, within that of the batch."""

Reference = dict[str, str]
"""``{"file": "<hash>.json"}``."""

_KEPT: Final = 16
"""Files that a process keeps read."""


def put_data(data: StructuralData, folder: Path) -> Reference:
    """Write data, with their model, into the folder of a batch; a task receives them whole.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    folder
        Of the batch.
    """
    arrays = {name: _plain(dataset) for name, dataset in arrays_of(data).items()}
    return _put({"kind": "data", "spec": _spec_content(data.spec), "arrays": arrays}, folder)


def put_spec(spec: CausalSpec, folder: Path) -> Reference:
    """Write a model into the folder of a batch.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    folder
        Of the batch.
    """
    return _put({"kind": "spec", "spec": _spec_content(spec)}, folder)


def put_json(value: Any, folder: Path) -> Reference:
    """Write any plain JSON value into the folder of a batch.

    Parameters
    ----------
    value
        Made of what JSON knows.
    folder
        Of the batch.
    """
    return _put({"kind": "json", "value": value}, folder)


def references(arguments: Any) -> Iterator[str]:
    """Names of the files that arguments refer to.

    Parameters
    ----------
    arguments
        Of a task.
    """
    if _is_reference(arguments):
        yield arguments["file"]
    elif isinstance(arguments, Mapping):
        for value in arguments.values():
            yield from references(value)
    elif isinstance(arguments, list | tuple):
        for value in arguments:
            yield from references(value)


def resolved(arguments: Any, texts: Mapping[str, str]) -> Any:
    """Arguments with what their files hold in place of the references.

    Parameters
    ----------
    arguments
        Of a task.
    texts
        Content of each file by its name.
    """
    if _is_reference(arguments):
        return _loaded(texts[arguments["file"]])
    if isinstance(arguments, Mapping):
        return {name: resolved(value, texts) for name, value in arguments.items()}
    if isinstance(arguments, list | tuple):
        return [resolved(value, texts) for value in arguments]
    return arguments


def read_files(names: Iterator[str], folder: Path) -> dict[str, str]:
    """Content of files of a batch.

    Parameters
    ----------
    names
        Of the files.
    folder
        Of the batch.

    Raises
    ------
    FitError
        When one is missing, or is not what was written.
    """
    return {name: _read(name, folder / DATA_FOLDER / name) for name in sorted(set(names))}


def _read(name: str, path: Path) -> str:
    with refused(FitError, file=name, fix=_AGAIN):
        # what is no text is not what was written either
        text = read_plain(path, largest=LARGEST_JSON).decode(errors="replace")
    if _name(text) != name:
        raise FitError("This is not what was written: its hash differs.", file=name, fix=_AGAIN)
    return text


_AGAIN: Final = "Start the batch again in a new folder."


def _is_reference(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"file"}


def _put(content: Mapping[str, Any], folder: Path) -> Reference:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    name = _name(text)
    # written anew even where it stands: what stands may be damaged
    write_atomically(folder / DATA_FOLDER / name, text)
    # a copy of the data, as confidential as they are
    keep_private(folder / DATA_FOLDER)
    folder.chmod(0o700)
    return {"file": name}


def _name(text: str) -> str:
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


@lru_cache(maxsize=_KEPT)
def _loaded(text: str) -> Any:
    """What a file holds; read once per process."""
    content = json.loads(text)
    if content["kind"] == "json":
        return content["value"]
    spec = CausalSpec.model_validate_json(content["spec"])
    if content["kind"] == "spec":
        return spec
    arrays = {name: _dataset(plain) for name, plain in content["arrays"].items()}
    return data_of(spec, arrays)


def _spec_content(spec: CausalSpec) -> str:
    # as text: the order of variables and arrows is part of the model, and keys here are sorted
    return spec.model_dump_json(by_alias=True, exclude_defaults=True)


def _plain(dataset: xr.Dataset) -> dict[str, Any]:
    """A dataset as plain values; numbers keep every digit, as JSON writes the shortest that do."""
    return {
        "attrs": dict(dataset.attrs),
        "variables": [
            {
                "name": str(name),
                "dims": list(variable.dims),
                "type": "str" if variable.dtype.kind not in "iufb" else str(variable.dtype),
                "values": variable.to_numpy().tolist(),
                "attrs": dict(variable.attrs),
            }
            for name, variable in dataset.variables.items()
        ],
    }


def _dataset(plain: Mapping[str, Any]) -> xr.Dataset:
    variables = {
        item["name"]: (
            item["dims"],
            np.array(item["values"], dtype=np.dtype(item["type"])).reshape(_shape(item)),
            item["attrs"],
        )
        for item in plain["variables"]
    }
    return xr.Dataset(variables, attrs=plain["attrs"])


def _shape(item: Mapping[str, Any]) -> tuple[int, ...]:
    """Shape of nested lists; of an empty one only its own dims are known."""
    shape = tuple(int(length) for length in np.shape(item["values"]))
    return (*shape, *[0] * (len(item["dims"]) - len(shape)))
