"""Arrays in a folder in zarr's format, held against a closed list before a byte is decoded.

What a researcher is sent is data: nothing in it may choose what runs here. All files are read into
memory once, as they are; every array has one of a few types, one codec, and chunks that unpack to
exactly the size their array says. Written is format 3, read formats 2 and 3, both under the same
list, whatever the library that decodes would do with more.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.errors import FitError
from vm2causal.model.fits.array_types import Described, Refused, described, require_group
from vm2causal.plain_files import read_plain, refused

MOST_FILES: Final = 50_000
"""Most files of a folder of arrays."""

LARGEST_FOLDER: Final = 4_000_000_000
"""Most bytes of all its files together."""

LARGEST_UNPACKED: Final = 8_000_000_000
"""Most bytes of all arrays together once they are unpacked."""

_DEEPEST: Final = 12
_HEADER: Final = 16
_FORMAT_OF_BLOSC: Final = 2
_LZ4: Final = 1
_ZSTD: Final = 4
_AGAIN: Final = "Fit again, or name the folder of another fit."
_LISTING: Final = ".zmetadata"
_DESCRIPTIONS: Final = (".zarray", ".zattrs", ".zgroup", "zarr.json")


@dataclass(frozen=True)
class ArrayFiles:
    """The files of a folder, every array in them described and held against the list.

    Parameters
    ----------
    name
        Of the folder, for messages.
    files
        Content by path below the folder.
    arrays
        What each array is, by its path.
    """

    name: str
    files: Mapping[str, bytes]
    arrays: Mapping[str, Described]

    def group(self, name: str) -> dict[str, Described]:
        """Arrays of one group, by name."""
        return {
            path.removeprefix(f"{name}/"): item
            for path, item in self.arrays.items()
            if path.startswith(f"{name}/")
        }

    @property
    def groups(self) -> frozenset[str]:
        """Names of the groups."""
        return frozenset(name.partition("/")[0] for name in self.files if "/" in name)

    def digest(self) -> str:
        """SHA-256 of all files, as they are."""
        found = hashlib.sha256()
        for name in sorted(self.files):
            found.update(f"{name}\0{len(self.files[name])}\0".encode())
            found.update(self.files[name])
        return found.hexdigest()

    def refuse(self, path: str, rule: str, value: object = None) -> FitError:
        """The error that an array of this folder deserves."""
        file = f"{self.name}/{path}"
        if value is None:
            return FitError(rule, file=file, fix=_AGAIN)
        return FitError(rule, file=file, value=value, fix=_AGAIN)

    def decoded(self, group: str) -> xr.Dataset:
        """Arrays of one group, in memory.

        Raises
        ------
        FitError
            When they do not fit together, or a chunk is damaged.
        """
        from zarr.core.buffer import default_buffer_prototype
        from zarr.storage import MemoryStore

        buffer = default_buffer_prototype().buffer
        kept = {
            name: buffer.from_bytes(content)
            for name, content in self.files.items()
            if "/" not in name or name.startswith(f"{group}/")
        }
        try:
            with xr.open_dataset(
                MemoryStore(kept),
                engine="zarr",
                group=group,
                consolidated=False,
                decode_times=False,
                chunks=None,
            ) as found:
                return found.load()
        except _DAMAGED as error:
            raise FitError(
                "The draws cannot be read.", file=self.name, value=type(error).__name__, fix=_AGAIN
            ) from error


_DAMAGED: Final = (
    OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, SystemError
)  # fmt: skip
"""A damaged store shows itself in as many ways as it has layers; Blosc's is a ``SystemError``."""


def write_arrays(tree: xr.DataTree, folder: Path) -> None:
    """Write groups of arrays: bool, numbers and fixed-length text, one codec, no time."""
    from zarr.codecs import BloscCodec

    plain = xr.DataTree.from_dict(
        {name: _plain(node.to_dataset()) for name, node in tree.children.items()}
    )
    codec = {"compressors": [BloscCodec(cname="lz4")]}
    encoding = {
        node.path: {str(name): codec for name in node.dataset.variables}
        for node in plain.subtree
        if node.path != "/"
    }
    # without a list of its arrays, which format 3 does not specify: nothing could disagree with it
    plain.to_zarr(folder, zarr_format=3, consolidated=False, encoding=encoding)


def read_arrays(folder: Path) -> ArrayFiles:
    """Read the files of a folder of arrays, and hold every array against the list.

    Raises
    ------
    FitError
        When there is something in it that no fit holds; with the file and what it is.
    """
    files = _files(folder)
    _require_same_listing(files, folder.name)
    found = ArrayFiles(folder.name, files, {})
    arrays: dict[str, Described] = {}
    for name in sorted(files):
        path, _, last = name.rpartition("/")
        if last not in _DESCRIPTIONS:
            continue
        try:
            document = _document(files, name)
            if last == ".zgroup" or document.get("node_type") == "group":
                require_group(document)
            elif last == ".zattrs":
                continue
            else:
                attributes = _document(files, f"{path}/.zattrs") if last == ".zarray" else None
                arrays[path] = described(document, attributes)
        except Refused as error:
            raise found.refuse(name, error.rule, error.value) from error
    _require_chunks(found, arrays)
    return ArrayFiles(folder.name, files, arrays)


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    room = LARGEST_FOLDER
    for path in _walked(folder, folder.name, 0):
        name = path.relative_to(folder).as_posix()
        if len(found) >= MOST_FILES:
            raise FitError(f"A fit has at most {MOST_FILES:,} files.", file=folder.name, fix=_AGAIN)
        with refused(FitError, file=f"{folder.name}/{name}", fix=_AGAIN):
            found[name] = read_plain(path, largest=room, follow=False)
        room -= len(found[name])
    return found


def _walked(folder: Path, name: str, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError as error:
        raise FitError("The draws cannot be read.", file=name, fix=_AGAIN) from error
    for entry in entries:
        below = f"{name}/{entry.name}"
        if entry.is_symlink():
            raise FitError("A fit holds no links.", file=below, fix=_AGAIN)
        if not entry.is_dir():
            yield Path(entry.path)
        elif depth < _DEEPEST:
            yield from _walked(Path(entry.path), below, depth + 1)
        else:
            raise FitError("A fit has no folders this deep.", file=below, fix=_AGAIN)


def _document(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        found = json.loads(files.get(name, b"{}"))
    except (ValueError, RecursionError) as error:
        raise Refused("This is no description of an array.") from error
    if not isinstance(found, dict):
        raise Refused("This is no description of an array.")
    return found


def _require_same_listing(files: Mapping[str, bytes], name: str) -> None:
    """A list of all arrays, which other readers go by, says what stands beside each array."""
    if _LISTING not in files:
        return
    try:
        listed = _document(files, _LISTING).get("metadata")
        here = {path: _document(files, path) for path in files if _describes_array(path)}
    except Refused as error:
        raise FitError(error.rule, file=f"{name}/{_LISTING}", fix=_AGAIN) from error
    said = listed if isinstance(listed, dict) else {}
    if {path: item for path, item in said.items() if _describes_array(path)} != here:
        raise FitError(
            "This list of arrays is not that of the arrays beside it.",
            file=f"{name}/{_LISTING}",
            fix=_AGAIN,
        )


def _describes_array(path: str) -> bool:
    return path.rpartition("/")[2] in (".zarray", ".zattrs")


def _require_chunks(found: ArrayFiles, arrays: Mapping[str, Described]) -> None:
    """Every other file is a chunk of an array, and unpacks to just the size of one."""
    room = LARGEST_UNPACKED
    for path, array in arrays.items():
        room -= array.nbytes
        if prod(array.grid) > MOST_FILES or room < 0:
            raise found.refuse(path, "This array is larger than a fit can be.", list(array.shape))
    for name, content in found.files.items():
        if name.rpartition("/")[2] in _DESCRIPTIONS or name == _LISTING:
            continue
        owner = next((item for item in _above(name) if item in arrays), None)
        if owner is None:
            raise found.refuse(name, "This file belongs to no array.")
        array = arrays[owner]
        if not _is_place(name.removeprefix(f"{owner}/"), array):
            raise found.refuse(name, "This file is no chunk of its array.")
        problem = _chunk_problem(content, array)
        if problem:
            raise found.refuse(name, problem)


def _above(name: str) -> Iterator[str]:
    parts = name.split("/")
    return ("/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))


def _is_place(place: str, array: Described) -> bool:
    """Whether this is the name of a chunk within the grid of its array."""
    if array.separator == "/":
        head, _, place = place.partition("/")
        if head != "c":
            return False
    numbers = place.split(array.separator) if array.shape else []
    if not array.shape:
        return place in ("", "0")
    return len(numbers) == len(array.grid) and all(
        number.isascii() and number.isdigit() and str(int(number)) == number and int(number) < count
        for number, count in zip(numbers, array.grid, strict=True)
    )


def _chunk_problem(content: bytes, array: Described) -> str | None:
    if not array.packed:
        size = len(content)
    elif len(content) < _HEADER or content[0] != _FORMAT_OF_BLOSC:
        return "This chunk is not packed as its array says."
    elif content[2] >> 5 not in (_LZ4, _ZSTD):
        return "This chunk is packed in a way that no fit uses."
    elif int.from_bytes(content[12:16], "little") != len(content):
        return "This chunk is cut short, or has something after it."
    else:
        size = int.from_bytes(content[4:8], "little")
    if size != array.chunk_bytes:
        return f"This chunk unpacks to {size:,} bytes, where its array says {array.chunk_bytes:,}."
    return None


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    """Texts of one length in place of objects; without the time it was made."""
    changed = {
        name: item.copy(data=_texts(item.to_numpy()))
        for name, item in dataset.variables.items()
        if item.dtype.kind not in "biufU"
    }
    kept = dataset.assign(changed) if changed else dataset.copy()
    kept.attrs = {key: value for key, value in kept.attrs.items() if key != "created_at"}
    return kept


def _texts(values: Any) -> Any:
    """Objects as texts; what is missing is an empty one."""
    flat = ["" if item is None or item != item else str(item) for item in values.ravel()]
    return np.array(flat, dtype=f"<U{max([1, *map(len, flat)])}").reshape(values.shape)
