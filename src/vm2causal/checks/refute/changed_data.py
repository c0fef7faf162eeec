"""Data changed so that the answer to a question about them is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt

from vm2causal.checks.refute.refitted_effect import AttackedQuery
from vm2causal.model.data.columns import Column, Grouping, Ints
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import TABLE_UNIT
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Kind

SUBSET: Final = 0.8
"""Share of the schools that stay in a subset."""
MOST_FOLDS: Final = 10
"""Groups of schools that are left out in turn, at most."""


def strata(data: StructuralData) -> Ints:
    """Combination of the levels of all groups that are variables, such as sector and tranche.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    codes = np.zeros(len(data.units), dtype=np.int64)
    for name, grouping in data.groups.items():
        if name in data.spec.variables:
            codes = codes * len(grouping.labels) + grouping.codes
    return codes


def within_strata(codes: Ints, rng: np.random.Generator) -> Ints:
    """A permutation of positions that moves each only within its stratum.

    Parameters
    ----------
    codes
        Stratum of each position.
    rng
        Source of the random numbers.

    Examples
    --------
    >>> order = within_strata(np.array([0, 1, 0, 1]), np.random.default_rng(1))
    >>> sorted(int(place) for place in order[[0, 2]])
    [0, 2]
    """
    order = np.arange(len(codes))
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        order[members] = rng.permutation(members)
    return order


def with_placebo(
    data: StructuralData, query: AttackedQuery, rng: np.random.Generator
) -> tuple[StructuralData, AttackedQuery]:
    """Set beside the cause a copy of it, dealt anew within strata, and ask what the copy does.

    The cause itself stays: in its absence what it does would be noise that not every likelihood
    has room for.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    rng
        Source of the random numbers.
    """
    name = _free_name(data, "placebo")
    order = _order_of(data, query.cause, strata(data), rng)
    variable = data.spec.variables[query.cause]
    items = tuple(f"{name}-{item}" for item in variable.items)
    copy = Variable(
        kind=variable.kind,
        levels=variable.levels,
        reference=variable.reference,
        items=items,
        trials=variable.trials,
        exposure=variable.exposure,
        level=variable.level,
    )
    arrow = Arrow.model_validate({"from": name, "to": query.effect})
    spec = with_arrows(data.spec, {name: copy}, [arrow])
    changed = _dealt(replace(data, spec=spec), query.cause, name, order)
    given = () if query.full else (*query.given, query.cause)
    return changed, replace(query, cause=name, given=given)


def with_dummy(data: StructuralData, effect: str, rng: np.random.Generator) -> StructuralData:
    """An effect that nothing acts on: dealt anew over all units.

    Counts in a table have no room for differences between rows that nothing explains: they are
    drawn with the same probability everywhere.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    effect
        Name of the variable whose response is asked for.
    rng
        Source of the random numbers.
    """
    if effect in data.cells and data.unit == TABLE_UNIT:
        cells = data.cells[effect]
        share = float(cells.events.sum()) / max(int(cells.trials.sum()), 1)
        drawn = replace(cells, events=rng.binomial(cells.trials, share))
        return replace(data, cells={**data.cells, effect: drawn})
    order = _order_of(data, effect, np.zeros(len(data.units), dtype=np.int64), rng)
    return _dealt(data, effect, effect, order)


def _order_of(data: StructuralData, name: str, codes: Ints, rng: np.random.Generator) -> Ints:
    """Whose value each unit gets: of a variable that describes a group, all of it another's."""
    own = data.own_units(name)
    holders, place = np.unique(own, return_inverse=True)
    dealt: Ints = holders[within_strata(codes[holders], rng)][place]
    return dealt


def _dealt(data: StructuralData, source: str, target: str, order: Ints) -> StructuralData:
    """Give ``target`` the data of ``source``: unit k what unit ``order[k]`` had."""
    if source in data.items:
        return replace(data, items={**data.items, target: data.items[source][order]})
    if source in data.columns:
        column = data.columns[source]
        moved = column.of(order)
        return replace(data, columns={**data.columns, target: moved})
    cells = data.cells[source]
    moved_cells = replace(cells, unit=np.argsort(order)[cells.unit])
    return replace(data, cells={**data.cells, target: moved_cells})


def _free_name(data: StructuralData, stem: str) -> str:
    names = (f"{stem}-{number}" for number in count(1))
    return next(name for name in names if name not in data.spec.variables)


def with_random_cause(
    data: StructuralData, query: AttackedQuery, rng: np.random.Generator
) -> tuple[StructuralData, AttackedQuery]:
    """Add a variable of pure noise as a common cause.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    rng
        Source of the random numbers.
    """
    name = _free_name(data, "noise")
    # what acts on a variable that describes a group is itself one value for all of it
    shared = next(
        (end for end in (query.cause, query.effect) if data.group_of(end) is not None), query.cause
    )
    noise = rng.standard_normal(len(data.units))[data.own_units(shared)]
    column = Column(Kind.CONTINUOUS, noise, centre=float(noise.mean()), scale=float(noise.std()))
    arrows = [
        Arrow.model_validate({"from": name, "to": end}) for end in (query.cause, query.effect)
    ]
    spec = with_arrows(data.spec, {name: Variable(level=data.group_of(shared))}, arrows)
    changed = replace(data, spec=spec, columns={**data.columns, name: column})
    return changed, replace(query, given=() if query.full else (*query.given, name))


def with_arrows(
    spec: CausalSpec, variables: dict[str, Variable], arrows: Collection[Arrow]
) -> CausalSpec:
    """A model with more variables and arrows.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    variables
        To add, by name.
    arrows
        To add; their ends are variables of the model or among those added.
    """
    return spec.changed(variables={**spec.variables, **variables}, arrows=(*spec.arrows, *arrows))


def cluster_of(data: StructuralData) -> str | None:
    """The group that units hang together by: the first that is no variable of the model.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    own = [name for name in data.groups if name not in data.spec.variables]
    return next((name for name in own if len(data.groups[name].labels) > 1), None)


def clusters(data: StructuralData) -> Ints:
    """Cluster of each unit; each its own where there is no such group.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    name = cluster_of(data)
    return np.arange(len(data.units)) if name is None else data.groups[name].codes


def subset_of(data: StructuralData, rng: np.random.Generator) -> StructuralData:
    """Keep a random share of the clusters.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    rng
        Source of the random numbers.
    """
    codes = clusters(data)
    labels = np.unique(codes)
    kept = rng.choice(labels, max(1, round(SUBSET * len(labels))), replace=False)
    return units_of(data, np.isin(codes, kept))


def folds(data: StructuralData) -> list[list[int]]:
    """Clusters dealt into groups of about the same weight, heaviest first.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    codes = clusters(data)
    weights = np.bincount(codes, weights=data.weights)
    number = min(MOST_FOLDS, len(np.unique(codes)))
    dealt: list[list[int]] = [[] for _ in range(number)]
    for place, code in enumerate(np.argsort(-weights, kind="stable")):
        turn, position = divmod(place, number)
        dealt[position if turn % 2 == 0 else number - 1 - position].append(int(code))
    return dealt


def without_clusters(data: StructuralData, left_out: Collection[int]) -> StructuralData:
    """Leave out clusters by their codes.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    left_out
        Codes of :func:`clusters`.
    """
    return units_of(data, ~np.isin(clusters(data), list(left_out)))


def without_level(data: StructuralData, group: str, code: int) -> StructuralData:
    """Leave out the units of one level of a group.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    group
        Name of a group of the model.
    code
        Of the level that is left out, from 0.
    """
    return units_of(data, data.groups[group].codes != code)


def units_of(data: StructuralData, kept: npt.NDArray[np.bool_]) -> StructuralData:
    """Keep some units; what standardises a variable stays, so that effects stay comparable.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    kept
        Whether each unit stays, shape (unit,).
    """
    place = np.cumsum(kept) - 1
    cells = {
        name: replace(
            item,
            unit=place[item.unit[here]],
            pattern=item.pattern[here],
            events=item.events[here],
            trials=item.trials[here],
        )
        for name, item in data.cells.items()
        for here in (kept[item.unit],)
    }
    return replace(
        data,
        units=tuple(unit for unit, stays in zip(data.units, kept, strict=True) if stays),
        groups={name: _grouping(data, name, kept) for name in data.groups},
        columns={name: column.of(kept) for name, column in data.columns.items()},
        items={name: answers[kept] for name, answers in data.items.items()},
        cells=cells,
        weights=data.weights[kept],
        years=None if data.years is None else data.years[kept],
    )


def _grouping(data: StructuralData, name: str, kept: npt.NDArray[np.bool_]) -> Grouping:
    """A group of the kept units; the levels of a variable stay, whether they occur or not."""
    grouping = data.groups[name]
    codes = grouping.codes[kept]
    if name in data.spec.variables:
        return Grouping(grouping.labels, codes)
    present, new = np.unique(codes, return_inverse=True)
    return Grouping(tuple(grouping.labels[code] for code in present), new.astype(np.int64))
