"""Marks of units: hashes of all that is known of them, hidden names and their order apart."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from vm2causal.model.data.columns import Cells, Ints
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.fits.fit_arrays import arrays_of, digest

_ROUNDS = 2
"""How often what a group holds is carried to its units: enough for groups that cross."""


def unit_marks(data: StructuralData, hidden: Collection[str]) -> list[bytes]:
    """A hash per unit of all that is known of it and of what shares its hidden groups.

    Parameters
    ----------
    hidden
        Groups, or the main unit, whose names and order have no part in it.
    """
    marks = _own_marks(data, hidden)
    partitions = hidden_partitions(data, hidden)
    for _ in range(_ROUNDS if partitions else 0):
        marks = _with_company(marks, partitions)
    return marks


def group_marks(marks: Sequence[bytes], codes: Ints) -> dict[int, bytes]:
    """A hash per level of a group: of the marks of its units, in an order of their own."""
    members: dict[int, list[bytes]] = {}
    for code, mark in zip(codes.tolist(), marks, strict=True):
        members.setdefault(code, []).append(mark)
    return {code: hashlib.sha256(b"".join(sorted(own))).digest() for code, own in members.items()}


def hidden_partitions(data: StructuralData, hidden: Collection[str]) -> list[Ints]:
    """Codes of the groups whose names are hidden."""
    return [grouping.codes for name, grouping in data.groups.items() if name in hidden]


def mark_without_units(data: StructuralData, hidden: Collection[str]) -> str:
    """Hash of everything that is not about one unit: levels, labels, patterns, totals."""
    none = np.zeros(0, dtype=np.int64)
    kept = replace(
        data,
        units=(),
        groups={
            name: replace(grouping, labels=() if name in hidden else grouping.labels, codes=none)
            for name, grouping in data.groups.items()
        },
        columns={name: column.of(slice(0)) for name, column in data.columns.items()},
        items={name: answers[:0] for name, answers in data.items.items()},
        cells={name: Cells(none, none, none, none) for name in data.cells},
        weights=data.weights[:0],
        years=None if data.years is None else data.years[:0],
    )
    return digest(*arrays_of(kept).values())


def _own_marks(data: StructuralData, hidden: Collection[str]) -> list[bytes]:
    """A hash per unit of everything that is known of it, hidden names apart."""
    parts = [
        *(column.values for column in data.columns.values()),
        *data.items.values(),
        *(grouping.codes for name, grouping in data.groups.items() if name not in hidden),
        data.weights,
        *(() if data.years is None else (data.years,)),
    ]
    rows = np.column_stack([np.asarray(part, dtype=np.float64) for part in parts])
    found = [hashlib.sha256(row.tobytes()) for row in np.ascontiguousarray(rows)]
    for cells in data.cells.values():
        for mark, counts in zip(found, _by_unit(cells, len(data.units)), strict=True):
            mark.update(b"|")
            mark.update(counts)
    if data.unit not in hidden:
        for mark, label in zip(found, data.units, strict=True):
            mark.update(label.encode())
    return [mark.digest() for mark in found]


def _by_unit(cells: Cells, units: int) -> Iterable[bytes]:
    """Cells of each unit, in an order of their own."""
    order = np.lexsort((cells.events, cells.trials, cells.pattern, cells.unit))
    rows = np.column_stack([cells.pattern, cells.events, cells.trials])[order].astype(np.int64)
    ends = np.searchsorted(cells.unit[order], np.arange(units), side="right")
    return (part.tobytes() for part in np.split(rows, ends[:-1]))


def _with_company(marks: Sequence[bytes], partitions: Sequence[Ints]) -> list[bytes]:
    """Each unit's mark together with those of the units it shares its groups with."""
    found = [hashlib.sha256(mark) for mark in marks]
    for codes in partitions:
        whole = group_marks(marks, codes)
        for unit, code in enumerate(codes.tolist()):
            found[unit].update(whole[code])
    return [mark.digest() for mark in found]
