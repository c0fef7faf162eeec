"""Predictive checks as they may be shown: what sums up few persons, and in what steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.disclosure import MINIMUM, by_error, is_dominated, share
from vm2causal.disclosure.digits import significant
from vm2causal.effects.about_few import few_levels
from vm2causal.effects.linked_counts import career_key, withheld_of
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import YEAR, StructuralData

_TAIL: Final = 0.05
"""Probabilities beyond are told to their first digit, others to tenths."""

_WHOLE: Final = 1e-6
"""What a share times its persons may lack of a whole number."""


def shown_summaries(data: StructuralData, table: pd.DataFrame) -> pd.DataFrame:
    """A predictive check without what sums up few persons, and its shares of persons in steps.

    Left out are sectors that are hidden, levels that few have, and shares of events of which there
    are few, or few without. Of the other shares of persons the distance is that of the share in
    steps from the mean as it is shown: a distance in full tells how many there are from how many
    are expected, and so does a tail probability.

    Parameters
    ----------
    table
        Of :func:`~vm2causal.checks.replicate.posterior_predictive.posterior_predictive` or
        :func:`~vm2causal.checks.replicate.prior_predictive.prior_predictive`.
    """
    if table.empty or not data.of_persons:
        return table
    small, kept = few_levels(data), []
    # what is absent is none in one table and not a number in another
    for row in row_dicts(table.astype(object).where(table.notna(), None)):
        if {("sector", row["sector"]), (row["variable"], row["level"])} & small:
            continue
        persons = persons_of(data, row)
        if persons is None:
            kept.append(row)
        elif min(row["observed"], 1 - row["observed"]) * persons >= MINIMUM - _WHOLE:
            kept.append(_in_steps(row, persons))
    return pd.DataFrame(kept, columns=list(table.columns))


def told_careers(data: StructuralData, found: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Careers without what was counted where that says too much of one school, or of few pupils.

    Of few pupils it tells beside all else that is told of them: see
    :mod:`~vm2causal.effects.linked_counts`. Of one school it tells where it makes up most of a
    group, or has one other beside it.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.effects.trajectories.shown_trajectories`.
    by
        The group that careers are followed by; None for everybody.
    """
    if found.empty or not data.of_persons:
        return found
    of_one = {group: _is_of_one_school(data, by, group) for group in found["group"].unique()}
    left = found.assign(observed=found["observed"].mask(found["group"].map(of_one).astype(bool)))
    linked = withheld_of(data, left)
    gone = [
        career_key(row["group"], int(row["year"]), row["position"]) in linked
        for row in row_dicts(left)
    ]
    return left.assign(observed=left["observed"].mask(np.array(gone)))


def _is_of_one_school(data: StructuralData, by: str | None, group: str) -> bool:
    here = np.ones(len(data.units), dtype=bool)
    if by is not None:
        here = data.groups[by].codes == data.groups[by].labels.index(group)
    schools = data.groups.get("school")
    codes = np.arange(len(data.units)) if schools is None else schools.codes
    return is_dominated(np.bincount(codes[here], data.persons[here]).tolist())


def persons_of(data: StructuralData, row: Mapping[str, Any]) -> int | None:
    """Out of how many persons a share is; None of what is no share of persons."""
    name = row["variable"]
    if row["statistic"] != "share":
        return None
    cells = data.cells.get(name)
    if cells is None:
        # in a study levels are those of experiments
        column = data.column(name) if data.years is None else None
        return None if column is None else int((~column.missing).sum())
    here = np.ones(len(cells.unit), dtype=bool)
    if row["year"] is not None:
        here &= data.patterns[YEAR].to_numpy()[cells.pattern] == row["year"]
    if row["sector"] is not None:
        grouping = data.groups["sector"]
        here &= grouping.codes[cells.unit] == grouping.labels.index(row["sector"])
    return int(cells.trials[here].sum())


def _in_steps(row: Mapping[str, Any], persons: int) -> dict[str, Any]:
    observed = share(row["observed"], persons)
    found = {**row, "observed": observed}
    if row.get("sd"):
        mean, sd = by_error(row["mean"], row["sd"]), significant(row["sd"])
        found["distance"] = (by_error(observed, row["sd"]) - mean) / sd
    if row.get("p") is not None:
        tail = min(row["p"], 1 - row["p"])
        coarse = round(tail, 1) if tail >= _TAIL else significant(tail, 1)
        found["p"] = coarse if row["p"] < 0.5 else 1 - coarse
    return found
