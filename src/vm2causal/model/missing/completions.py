"""Missing levels: every value they could have had, so that they can be summed out.

Where a level is missing and other variables depend on it, the likelihood of that unit is the sum
over the possible levels (missing at random given what the model conditions on). Missing variables
of one unit that touch the same equation are summed jointly; others apart, which keeps the sums
short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import log, prod
from typing import TYPE_CHECKING, Final

import networkx as nx
import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Cells, Ints

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.structural_layout import Layout

MOST_CONFIGURATIONS: Final = 324
"""Combinations of missing levels of one unit that are summed at most."""


@dataclass(frozen=True)
class Completion:
    """One way to fill in the missing levels of a unit that belong together.

    Parameters
    ----------
    block
        Completions of one block exclude each other; their probabilities are added.
    unit
        The main unit.
    levels
        Filled-in rank of each missing variable.
    affected
        Variables whose density depends on the filled-in levels, the missing ones with causes
        included.
    log_weight
        Log probability of the filled-in levels of variables without causes: their shares among
        the units where they are known.
    """

    block: int
    unit: int
    levels: Mapping[str, int]
    affected: tuple[str, ...]
    log_weight: float


def completions(layout: Layout) -> tuple[Completion, ...]:
    """Every completion of every block of missing levels, in order of unit.

    Raises
    ------
    StudyError
        When one unit misses so much at once that there are too many combinations.
    """
    return tuple(_completions(layout))


def marginalised_units(layout: Layout, found: tuple[Completion, ...]) -> dict[str, Ints]:
    """Per variable the units whose density of it stands in a sum over completions."""
    units: dict[str, set[int]] = {name: set() for name in layout.order}
    for completion in found:
        for name in completion.affected:
            units[name].add(completion.unit)
    return {name: np.array(sorted(members), dtype=np.int64) for name, members in units.items()}


def cells_of(cells: Cells, units: Ints) -> tuple[Ints, Ints]:
    """Every pair of a place in ``units`` and a cell of the unit that stands there.

    Examples
    --------
    >>> none = np.zeros(3, dtype=np.int64)
    >>> cells = Cells(np.array([5, 7, 5]), none, none, none)
    >>> places, found = cells_of(cells, np.array([7, 6, 5]))
    >>> places.tolist(), found.tolist()
    ([0, 2, 2], [1, 0, 2])
    """
    order = np.argsort(cells.unit, kind="stable")
    first, last = (np.searchsorted(cells.unit[order], units, side) for side in ("left", "right"))
    number = last - first
    places = np.repeat(np.arange(len(units)), number)
    within = np.arange(len(places)) - np.repeat(np.cumsum(number) - number, number)
    return places, order[first[places] + within]


def _completions(layout: Layout) -> Iterator[Completion]:
    data = layout.data
    missing = {
        name: column.missing
        for name, column in data.columns.items()
        if column.kind.levelled and column.missing.any() and layout.children(name)
    }
    shares = {name: _log_shares(data, name) for name in missing}
    block = 0
    for unit in np.flatnonzero(np.any(list(missing.values()), axis=0)) if missing else ():
        absent = [name for name in missing if missing[name][unit]]
        for group in _blocks(layout, absent, int(unit)):
            _require_few(data, group, int(unit))
            affected = _affected(layout, group, int(unit))
            for ranks in product(*(range(len(data.columns[name].levels)) for name in group)):
                levels = dict(zip(group, ranks, strict=True))
                exogenous = [name for name in group if name not in layout.predictors_of]
                weight = sum(shares[name][levels[name]] for name in exogenous)
                yield Completion(block, int(unit), levels, affected, weight)
            block += 1


def _blocks(layout: Layout, absent: list[str], unit: int) -> list[list[str]]:
    """Missing variables of a unit that act on, or are, the same affected variable."""
    graph: nx.Graph[tuple[str, str]] = nx.Graph()
    for name in absent:
        graph.add_node(("missing", name))
        for effect in _affected(layout, [name], unit):
            graph.add_edge(("missing", name), ("affected", effect))
    return [
        sorted(name for kind, name in part if kind == "missing")
        for part in nx.connected_components(graph)
    ]


def _affected(layout: Layout, group: list[str], unit: int) -> tuple[str, ...]:
    """Variables with a density that depends on the levels of ``group``."""
    data = layout.data
    touched = {name for name in group if name in layout.predictors_of}
    acting = list(group)
    while acting:
        for effect in layout.children(acting.pop()):
            column = data.columns.get(effect)
            unseen = column is not None and bool(column.missing[unit])
            if effect not in touched and (not unseen or layout.children(effect)):
                touched.add(effect)
                acting += [effect] if layout.passes_on(effect) else []
    return tuple(name for name in layout.order if name in touched)


def _log_shares(data: StructuralData, name: str) -> list[float]:
    """Log share of each level among the known; half a unit more for each, so that none is 0."""
    column = data.columns[name]
    known = column.values[~column.missing].astype(np.int64)
    counts = np.bincount(known, minlength=len(column.levels)) + 0.5
    return [log(share) for share in counts / counts.sum()]


def _require_few(data: StructuralData, group: list[str], unit: int) -> None:
    combinations = prod(len(data.columns[name].levels) for name in group)
    if combinations > MOST_CONFIGURATIONS:
        raise StudyError(
            f"This {data.unit} misses {len(group)} variables at once that hang together: "
            f"{combinations} combinations, and {MOST_CONFIGURATIONS} are summed at most.",
            row=unit + 1,
            column=", ".join(group),
            fix=f"Fill in some of them, or leave this {data.unit} out.",
        )
