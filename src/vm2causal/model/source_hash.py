"""A hash of what is fitted that does not tell who is who.

A hash over real names, or over units in the order of their names, would confirm a guess at whose
pseudonym is whose. This one can be computed from the fit with its pseudonyms, so it tells nothing
that the fit does not: hidden names are no part of it, and it is the same in any order of what they
name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from vm2causal.model.columns import Cells, Ints
from vm2causal.model.fit_arrays import arrays_of, digest
from vm2causal.model.structural_data import StructuralData

_ROUNDS = 2
"""How often what a group holds is carried to its units: enough for groups that cross."""


def source_hash(data: StructuralData, *, hidden: Collection[str]) -> str:
    """SHA-256 of data without the names of some groups and units, whatever their order.

    Parameters
    ----------
    hidden
        Groups, or the main unit, that have pseudonyms in the fit.

    Returns
    -------
    str
        The same for data and for their
        :func:`~vm2causal.model.pseudonymous.renamed_data`, if only names in ``hidden`` differ.
    """
    marks = _unit_marks(data, hidden)
    partitions = [data.groups[name].codes for name in data.groups if name in hidden]
    for _ in range(_ROUNDS if partitions else 0):
        marks = _with_company(marks, partitions)
    found = hashlib.sha256(_without_units(data, hidden).encode())
    for mark in sorted(marks) if data.unit in hidden else marks:
        found.update(mark)
    return found.hexdigest()


def _unit_marks(data: StructuralData, hidden: Collection[str]) -> list[bytes]:
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


def _with_company(marks: list[bytes], partitions: list[Ints]) -> list[bytes]:
    """Each unit's mark together with those of the units it shares its groups with."""
    found = [hashlib.sha256(mark) for mark in marks]
    for codes in partitions:
        company: dict[int, list[bytes]] = {}
        for code, mark in zip(codes.tolist(), marks, strict=True):
            company.setdefault(code, []).append(mark)
        whole = {
            code: hashlib.sha256(b"".join(sorted(members))).digest()
            for code, members in company.items()
        }
        for unit, code in enumerate(codes.tolist()):
            found[unit].update(whole[code])
    return [mark.digest() for mark in found]


def _without_units(data: StructuralData, hidden: Collection[str]) -> str:
    """Hash of everything that is not about one unit: levels, labels, patterns, totals."""
    none = np.zeros(0, dtype=np.int64)
    kept = replace(
        data,
        units=(),
        groups={
            name: replace(grouping, labels=() if name in hidden else grouping.labels, codes=none)
            for name, grouping in data.groups.items()
        },
        columns={
            name: replace(column, values=column.values[:0]) for name, column in data.columns.items()
        },
        items={name: answers[:0] for name, answers in data.items.items()},
        cells={name: Cells(none, none, none, none) for name in data.cells},
        weights=data.weights[:0],
        years=None if data.years is None else data.years[:0],
    )
    return digest(*arrays_of(kept).values())
