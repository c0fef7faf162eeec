"""The closed list: what an array of a fit may be, in formats 2 and 3 of zarr."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import Any, Final

_TYPES_OF_2: Final = re.compile(r"\|b1|\|[iu]1|<[iu][248]|<f[48]|<U[1-9][0-9]{0,3}")
_TYPES_OF_3: Final[Mapping[str, int]] = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
    "int64": 8, "uint64": 8, "float32": 4, "float64": 8,
}  # fmt: skip
_TEXT: Final = "fixed_length_utf32"
_LETTER: Final = 4
_LONGEST_TEXT: Final = 9_999
_MOST_DIMENSIONS: Final = 8
_CODECS: Final = frozenset({"lz4", "zstd"})
_BLOSC: Final = frozenset({"id", "name", "cname", "clevel", "shuffle", "blocksize", "typesize"})

_KEYS_OF_2: Final = frozenset(
    {"zarr_format", "shape", "chunks", "dtype", "fill_value", "order", "filters", "compressor"}
)
_KEYS_OF_3: Final = frozenset(
    {
        "zarr_format",
        "node_type",
        "shape",
        "data_type",
        "chunk_grid",
        "chunk_key_encoding",
        "fill_value",
        "codecs",
        "attributes",
        "dimension_names",
        "storage_transformers",
    }
)
_CHANGING: Final = frozenset(
    {"scale_factor", "add_offset", "_Unsigned", "missing_value", "calendar", "grid_mapping"}
)
"""Attributes by which a reader would change values."""


class Refused(Exception):
    """A description breaks a rule of the list."""

    def __init__(self, rule: str, value: object = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.value = value


@dataclass(frozen=True)
class Described:
    """What an array says it is, once that is allowed.

    Parameters
    ----------
    kind
        ``b``, ``i``, ``u``, ``f`` or ``U``.
    itemsize
        Bytes of one value.
    packed
        Whether its chunks are packed with Blosc.
    separator
        Between the numbers in the name of a chunk.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    kind: str
    itemsize: int
    packed: bool
    separator: str

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of chunks along each dimension."""
        return tuple(
            ceil(size / chunk) for size, chunk in zip(self.shape, self.chunks, strict=True)
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return prod(self.shape) * self.itemsize

    @property
    def chunk_bytes(self) -> int:
        """Bytes of a chunk once unpacked."""
        return prod(self.chunks) * self.itemsize


def described(document: Mapping[str, Any], attributes: Mapping[str, Any] | None) -> Described:
    """Hold the description of an array against the list.

    Parameters
    ----------
    document
        Content of ``.zarray`` (format 2) or ``zarr.json`` (format 3).
    attributes
        Those of format 2, which stand in a file of their own; None for format 3.

    Raises
    ------
    Refused
        With the first rule that is broken.
    """
    if attributes is None:
        _require_keys(document, _KEYS_OF_3)
        _require_attributes(document.get("attributes", {}))
        return _of_format_3(document)
    _require_keys(document, _KEYS_OF_2 | {"dimension_separator"})
    _require_attributes(attributes)
    return _of_format_2(document)


def require_group(document: Mapping[str, Any]) -> None:
    """Hold the description of a group against the list.

    Raises
    ------
    Refused
        When it holds more than a group does.
    """
    _require_keys(document, frozenset({"zarr_format", "node_type", "attributes"}))
    if document.get("zarr_format") not in (2, 3):
        raise Refused("This format is not read.", document.get("zarr_format"))


def _of_format_2(document: Mapping[str, Any]) -> Described:
    _require(document, "zarr_format", 2)
    _require(document, "order", "C")
    _require(document, "filters", None)
    separator = document.get("dimension_separator", ".")
    if separator != ".":
        raise Refused("This separator of chunks is not read.", separator)
    dtype = document.get("dtype")
    if not isinstance(dtype, str) or not _TYPES_OF_2.fullmatch(dtype):
        raise Refused("A fit holds truth values, numbers and texts of one length only.", dtype)
    size = int(dtype[2:]) * (_LETTER if dtype[1] == "U" else 1)
    packed = document.get("compressor")
    if packed is not None:
        _require_blosc(packed, packed.get("id") if isinstance(packed, Mapping) else packed)
    shape = _sizes(document.get("shape"), 0)
    return Described(
        shape, _chunks(document.get("chunks"), shape), dtype[1], size, packed is not None, "."
    )


def _of_format_3(document: Mapping[str, Any]) -> Described:
    _require(document, "zarr_format", 3)
    _require(document, "node_type", "array")
    if document.get("storage_transformers"):
        raise Refused("A fit is not transformed.", document["storage_transformers"])
    kind, size = _type_of_3(document.get("data_type"))
    keys = document.get("chunk_key_encoding")
    if keys not in ({"name": "default"}, {"name": "default", "configuration": {"separator": "/"}}):
        raise Refused("These names of chunks are not read.", keys)
    grid = document.get("chunk_grid")
    if not isinstance(grid, Mapping) or grid.get("name") != "regular":
        raise Refused("A fit has a regular grid of chunks.", grid)
    shape = _sizes(document.get("shape"), 0)
    chunks = grid.get("configuration", {}).get("chunk_shape")
    packed = _packed_in_3(document.get("codecs"))
    return Described(shape, _chunks(chunks, shape), kind, size, packed, "/")


def _type_of_3(given: Any) -> tuple[str, int]:
    if isinstance(given, str) and given in _TYPES_OF_3:
        return given[0], _TYPES_OF_3[given]
    if isinstance(given, Mapping) and given.get("name") == _TEXT:
        size = given.get("configuration", {}).get("length_bytes")
        if type(size) is int and 0 < size <= _LETTER * _LONGEST_TEXT and size % _LETTER == 0:
            return "U", size
    raise Refused("A fit holds truth values, numbers and texts of one length only.", given)


def _packed_in_3(given: Any) -> bool:
    names = [item.get("name") if isinstance(item, Mapping) else item for item in _listed(given)]
    if names not in (["bytes"], ["bytes", "blosc"]):
        raise Refused("This codec is not read.", names)
    order = given[0].get("configuration", {"endian": "little"})
    if order != {"endian": "little"}:
        raise Refused("This order of bytes is not read.", order)
    if len(given) == 1:
        return False
    _require_blosc(given[1].get("configuration"), "blosc")
    return True


def _require_blosc(settings: Any, name: Any) -> None:
    if (
        name != "blosc"
        or not isinstance(settings, Mapping)
        or not settings.keys() <= _BLOSC
        or settings.get("cname") not in _CODECS
    ):
        raise Refused("This codec is not read.", settings if name == "blosc" else name)


def _require(document: Mapping[str, Any], key: str, wanted: Any) -> None:
    found = document.get(key)
    if found != wanted or isinstance(found, bool):
        raise Refused(f"'{key}' of an array of a fit is {wanted}.", found)


def _require_keys(document: Mapping[str, Any], known: frozenset[str]) -> None:
    others = sorted(document.keys() - known)
    if others:
        raise Refused("This key has no place in the description of an array.", others[0])


def _require_attributes(attributes: Any) -> None:
    if not isinstance(attributes, Mapping):
        raise Refused("Attributes are a mapping.", attributes)
    changing = sorted(attributes.keys() & _CHANGING)
    if changing:
        raise Refused("A reader would change values by this attribute.", changing[0])


def _sizes(given: Any, least: int) -> tuple[int, ...]:
    sizes = _listed(given)
    if len(sizes) > _MOST_DIMENSIONS or not all(
        type(size) is int and least <= size < 2**40 for size in sizes
    ):
        raise Refused("This is no shape of an array.", given)
    return tuple(sizes)


def _chunks(given: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    chunks = _sizes(given, 1)
    if len(chunks) != len(shape) or any(
        chunk > max(size, 1) for chunk, size in zip(chunks, shape, strict=True)
    ):
        raise Refused("These chunks do not belong to an array of this shape.", given)
    return chunks


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise Refused("A list is expected in the description of an array.", given)
    return given
