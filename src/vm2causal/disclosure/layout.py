"""What a reader knows about how a table of counts is made, as linear relations between its counts.

Every published number is a sum of base counts: the counts of the rows in which no dimension is
totalled. A reader who knows this can add and subtract; so can the protection, and its audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.errors import OptionError, TableError

TOTAL: Final = "totaal"
"""Level of a dimension in the rows that add over it."""

CELL: Final = "cell"
KNOWN: Final = "known"
IDENTITY: Final = "identity"
REMAINDER: Final = "remainder"
APART: Final = "apart"

ROW: Final = "_row"
"""Column with the position of a row in its table."""


type _Part = tuple[pd.DataFrame, Any]
"""Numbers, and how each is a sum of base counts."""


@dataclass(frozen=True)
class Layout:
    """How a tidy table of counts is made; public knowledge, without a single count of the table.

    Parameters
    ----------
    dims
        Columns that say which cell a row is. A row with ``total`` in a dimension adds over it.
    counts
        Columns with numbers of pupils.
    of
        A count that is part of another one, e.g. ``{"vsv": "vsv_van"}``. What is left of the
        whole is a count too, and needs the same protection.
    within
        Further pairs of a count and one that holds all of its pupils, such as those who left by
        one year and by the next; what lies between is a count too.
    apart
        Pairs of counts of which neither holds the other, such as those who are somewhere in one
        year and in another; how far they lie apart needs the same protection.
    adds
        Counts that together make another one exactly, e.g. ``{"vsv_van": ("vsv", "sk_van")}``.
    known
        Totals that readers have from elsewhere, as rows with ``dims`` and some of ``counts``;
        they cannot be kept from anyone any more.
    total
        The level that marks a total.
    zeros_hidden
        Whether zeros are withheld like small counts. Where they are shown, a reader knows that
        what is withheld is at least 1.
    """

    dims: tuple[str, ...]
    counts: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    within: Sequence[tuple[str, str]] = ()
    apart: Sequence[tuple[str, str]] = ()
    adds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: pd.DataFrame | None = field(default=None, repr=False)
    total: str = TOTAL
    zeros_hidden: bool = False

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Every count that is part of another one, with that one."""
        return [*self.of.items(), *self.within]


@dataclass(frozen=True)
class Relations:
    """The numbers a table is about, each as a sum of base counts.

    Parameters
    ----------
    numbers
        One row per number: ``row`` (position in the table, −1 where it stands in no row),
        ``count`` (column), ``kind`` (cell of the table, remainder of a whole, how far two counts
        lie apart, known, or an identity that is zero) and ``value`` (NaN where it is withheld).
    sums
        Sparse matrix of 0, 1 and −1: numbers × base counts.
    floor
        What a reader knows each number to be at least; minus infinity for how far counts lie
        apart, since that may be either way.
    base
        The base counts, NaN where withheld.
    """

    numbers: pd.DataFrame
    sums: Any
    floor: np.ndarray
    base: np.ndarray

    def is_kind(self, kind: str) -> np.ndarray:
        """Which numbers are of one kind, as a mask."""
        return np.asarray(self.numbers["kind"] == kind)

    @cached_property
    def is_difference(self) -> np.ndarray:
        """Which numbers stand nowhere, but are worked out by who sees two others."""
        return np.asarray(self.numbers["kind"].isin((REMAINDER, APART)))

    @property
    def values(self) -> np.ndarray:
        """The numbers themselves, NaN where withheld."""
        return self.numbers["value"].to_numpy(dtype=float)


def relations(table: pd.DataFrame, layout: Layout) -> Relations:
    """Write down how the numbers of ``table`` follow from its base counts.

    Raises
    ------
    TableError
        When columns are missing, or two rows describe the same cell.
    OptionError
        When the layout has no dimension, or relates counts the table does not have.
    """
    from scipy import sparse

    _require_usable(table, layout)
    totalled = _totalled(table, layout)
    cells = table[~totalled.any(axis=1)]
    base = cells[list(layout.dims)].reset_index(drop=True)
    base_counts = np.concatenate([_floats(cells[count]) for count in layout.counts])
    member, already = _membership(table, base, layout), _known_already(table, layout)
    parts = [*_cells(table, member, already, layout), *_differences(table, member, already, layout)]
    parts += [*_additions(base, layout), *_known_totals(base, layout)]
    numbers = pd.concat([rows for rows, _ in parts], ignore_index=True)
    floor = np.asarray((numbers["kind"] == CELL) & (not layout.zeros_hidden), dtype=float)
    floor[numbers["kind"] == APART] = -np.inf
    return Relations(
        numbers, sparse.vstack([sums for _, sums in parts], format="csr"), floor, base_counts
    )


def by_kept_dims(table: pd.DataFrame, layout: Layout) -> list[tuple[list[str], pd.DataFrame]]:
    """Split a table by the dimensions its rows keep: the cells, and every kind of total.

    Returns
    -------
    list of tuple
        The dimensions kept, and the rows; their position in ``table`` stands in ``ROW``.
    """
    totalled = _totalled(table, layout)
    numbered = table.assign(**{ROW: np.arange(len(table))})
    split = []
    for pattern in totalled.drop_duplicates().to_numpy():
        kept = [name for name, gone in zip(layout.dims, pattern, strict=True) if not gone]
        split.append((kept, numbered[np.asarray((totalled == pattern).all(axis=1))]))
    return split


def placed(table: pd.DataFrame, numbers: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Where numbers stand: the ``dims`` of their rows, and ``count``."""
    listed = table[list(layout.dims)].iloc[numbers["row"].to_numpy()].reset_index(drop=True)
    return listed.assign(count=numbers["count"].to_numpy())


def _membership(table: pd.DataFrame, base: pd.DataFrame, layout: Layout) -> Any:
    """Which base rows each row of a table adds up, as a sparse matrix of 0 and 1."""
    from scipy import sparse

    numbered = base.assign(_base=np.arange(len(base)))
    pairs = [
        rows[[*kept, ROW]].merge(numbered, on=kept)
        if kept
        else rows[[ROW]].merge(numbered, how="cross")
        for kept, rows in by_kept_dims(table, layout)
    ]
    none = pd.DataFrame({ROW: [], "_base": []}, dtype=int)
    joined = pd.concat([none, *(pair[[ROW, "_base"]] for pair in pairs)])
    place = (joined[ROW].to_numpy(), joined["_base"].to_numpy())
    shape = (len(table), len(base))
    return sparse.csr_array((np.ones(len(joined)), place), shape=shape)


def _cells(table: pd.DataFrame, member: Any, already: pd.DataFrame, layout: Layout) -> list[_Part]:
    return [
        (
            _numbers(table[count], count, np.where(already[count], KNOWN, CELL)),
            _block(member, count, layout),
        )
        for count in layout.counts
    ]


def _differences(
    table: pd.DataFrame, member: Any, already: pd.DataFrame, layout: Layout
) -> list[_Part]:
    """Per pair of counts their difference, which readers work out where they have both."""
    return [
        (
            _numbers(
                table[whole] - table[part],
                part,
                np.where(already[whole] & already[part], KNOWN, kind),
            ),
            _block(member, whole, layout) - _block(member, part, layout),
        )
        for kind, pairs in ((REMAINDER, layout.parts), (APART, layout.apart))
        for part, whole in pairs
    ]


def _additions(base: pd.DataFrame, layout: Layout) -> list[_Part]:
    """Per exact addition and base row: whole − parts, known to be zero."""
    from scipy import sparse

    single = sparse.eye_array(len(base), format="csr")
    zero = pd.Series(0.0, index=base.index)
    return [
        (
            _numbers(zero, whole, IDENTITY, row=-1),
            _block(single, whole, layout) - sum(_block(single, part, layout) for part in parts),
        )
        for whole, parts in layout.adds.items()
    ]


def _known_totals(base: pd.DataFrame, layout: Layout) -> list[_Part]:
    if layout.known is None:
        return []
    member = _membership(layout.known, base, layout)
    given = {count: np.asarray(layout.known[count].notna()) for count in _known_counts(layout)}
    return [
        (
            _numbers(layout.known.loc[rows, count], count, KNOWN, row=-1),
            _block(member[np.flatnonzero(rows)], count, layout),
        )
        for count, rows in given.items()
    ]


def _block(rows: Any, count: str, layout: Layout) -> Any:
    """Sums over base rows → sums over all base counts, which stand count after count."""
    from scipy import sparse

    place = layout.counts.index(count)
    unit = sparse.csr_array(([1.0], ([0], [place])), shape=(1, len(layout.counts)))
    return sparse.kron(unit, rows, format="csr")


def _totalled(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    return table[list(layout.dims)].astype(object) == layout.total


def _known_counts(layout: Layout) -> list[str]:
    assert layout.known is not None
    return [count for count in layout.counts if count in layout.known.columns]


def _known_already(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Which counts of the table stand among the known totals too."""
    already = pd.DataFrame(False, index=table.index, columns=list(layout.counts))
    if layout.known is not None:
        dims, counts = list(layout.dims), _known_counts(layout)
        matched = table[dims].merge(layout.known[[*dims, *counts]], on=dims, how="left")
        already[counts] = matched[counts].notna().to_numpy()
    return already


def _numbers(
    values: pd.Series[Any], count: str, kind: str | np.ndarray, *, row: int | None = None
) -> pd.DataFrame:
    place = np.arange(len(values)) if row is None else np.full(len(values), row)
    listed = {"row": place, "count": count, "kind": kind, "value": _floats(values)}
    return pd.DataFrame(listed, index=range(len(values)))


def _floats(values: pd.Series[Any]) -> np.ndarray:
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _require_usable(table: pd.DataFrame, layout: Layout) -> None:
    named = {count for pair in (*layout.parts, *layout.apart) for count in pair} | set(layout.adds)
    named.update(part for parts in layout.adds.values() for part in parts)
    unknown = sorted(named.difference(layout.counts))
    if unknown:
        raise OptionError("A relation names a count the table does not have.", value=unknown[0])
    if not layout.dims:
        raise OptionError("A table of counts has at least one dimension.")
    _require_distinct_rows(table, layout, [*layout.dims, *layout.counts])
    if layout.known is not None:
        _require_distinct_rows(layout.known, layout, layout.dims)


def _require_distinct_rows(table: pd.DataFrame, layout: Layout, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise TableError("A table of counts lacks a column it is said to have.", column=missing[0])
    doubled = table.duplicated(list(layout.dims))
    if doubled.any():
        raise TableError(
            "Two rows of a table of counts describe the same cell.",
            row=int(np.flatnonzero(doubled)[0]) + 1,
            fix="Add them up, or name the column that tells them apart among the dims.",
        )
