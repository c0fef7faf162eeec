"""Cells that say too much about one school, for who knows another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vm2causal.disclosure.layout import ROW, Layout, by_kept_dims
from vm2causal.errors import OptionError, TableError


@dataclass(frozen=True)
class Dominance:
    """When schools must be protected against each other.

    Parameters
    ----------
    share
        (n, k) rule with n = 1: a cell is sensitive when its largest school makes up more than
        this share of it (0–1).
    closeness
        p% rule: a cell is sensitive when its second largest school can work out the largest one
        to within this share of its size (0–1). Cells of one or two schools always are.
    school
        Column that names the school.

    References
    ----------
    Hundepool et al. (2012), *Statistical Disclosure Control*, chapter 4.
    """

    share: float = 0.85
    closeness: float = 0.1
    school: str = "school"

    def __post_init__(self) -> None:
        for name in ("share", "closeness"):
            if not 0 < getattr(self, name) <= 1:
                raise OptionError(
                    f"The {name} of a dominance rule lies above 0 and is at most 1.",
                    value=getattr(self, name),
                )


def protection_levels(
    table: pd.DataFrame, contributions: pd.DataFrame, layout: Layout, rule: Dominance
) -> pd.DataFrame:
    """How uncertain each count must stay for its largest school to be protected.

    With x₁ and x₂ the largest schools in a cell of X pupils: max(p·x₁ − (X − x₁ − x₂), x₁/k − X)
    rounded up, or 0 when that is negative (Hundepool et al. 2012, chapter 4).

    Returns
    -------
    pandas.DataFrame
        Pupils; rows as in ``table``, a column per count.

    Raises
    ------
    TableError
        When the contributions lack a column or do not add up to the table.

    Examples
    --------
    >>> cells = pd.DataFrame({"sector": ["techniek"], "vsv": [100]})
    >>> schools = pd.DataFrame({"sector": "techniek", "school": ["a", "b", "c"],
    ...                         "vsv": [90, 8, 2]})
    >>> layout = Layout(dims=("sector",), counts=("vsv",))
    >>> int(protection_levels(cells, schools, layout, Dominance()).loc[0, "vsv"])
    7
    """
    for name in (*layout.dims, *layout.counts, rule.school):
        if name not in contributions.columns:
            raise TableError("The counts by school lack a column.", column=name)
    levels = {
        count: _levels(_largest(table, contributions, layout, rule.school, count), rule)
        for count in layout.counts
    }
    return pd.DataFrame(levels)


def _largest(
    table: pd.DataFrame, contributions: pd.DataFrame, layout: Layout, school: str, count: str
) -> pd.DataFrame:
    """Columns ``all``, ``first`` and ``second`` per row of the table: pupils in a cell."""
    found = []
    for kept, rows in by_kept_dims(table, layout):
        schools = contributions.groupby([*kept, school], dropna=False, observed=True)[count].sum()
        pupils = schools.rename("_pupils").reset_index()
        places = rows[[*kept, ROW]]
        found.append(places.merge(pupils, on=kept) if kept else places.merge(pupils, how="cross"))
    pupils = pd.concat(found).sort_values("_pupils", ascending=False, kind="stable")
    rank = pupils.groupby(ROW).cumcount()
    parts = {
        "all": pupils.groupby(ROW)["_pupils"].sum(),
        "first": pupils[rank == 0].set_index(ROW)["_pupils"],
        "second": pupils[rank == 1].set_index(ROW)["_pupils"],
    }
    largest = pd.DataFrame(parts).reindex(range(len(table))).fillna(0.0)
    differs = largest["all"].to_numpy() != table[count].to_numpy(dtype=float)
    if differs.any():
        raise TableError(
            "The counts by school do not add up to the table.",
            row=int(np.flatnonzero(differs)[0]) + 1,
            column=count,
        )
    return largest


def _levels(largest: pd.DataFrame, rule: Dominance) -> pd.Series[float]:
    others = largest["all"] - largest["first"] - largest["second"]
    close = rule.closeness * largest["first"] - others
    dominant = largest["first"] / rule.share - largest["all"]
    # Rounded first: 1.0000000000000002 pupils are one pupil.
    needed = np.maximum(close.to_numpy(), dominant.to_numpy())
    return pd.Series(np.ceil(np.round(np.maximum(needed, 0), 9)), index=largest.index)
