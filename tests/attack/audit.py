"""What an attacker can make of a table: the audit of its protection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from vm2causal.disclosure.layout import Layout, placed, relations
from vm2causal.disclosure.programs import Program, least


def audit(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Attack a table: find the bounds between which each number lies that it does not show.

    Two integer programs per number, with nothing but the table as it is shown and its layout.

    Parameters
    ----------
    table
        As shown; withheld counts are NA.
    layout
        How it is made.

    Returns
    -------
    pandas.DataFrame
        ``dims``, ``count``, ``kind`` (``cell``, ``remainder`` of the whole it is part of, or how
        far another count is ``apart`` from it),
        ``lower`` and ``upper`` (infinite when nothing bounds it).
    """
    linked = relations(table, layout)
    unseen = linked.is_difference | np.isnan(linked.values)
    limits = (
        np.where(unseen, linked.floor, linked.values),
        np.where(unseen, np.inf, linked.values),
    )
    targets = np.flatnonzero(np.isnan(linked.values))
    size = linked.sums.shape[1]
    bounds = []
    for target in targets:
        sums = linked.sums[[target]].toarray()[0]
        program = Program(sums, np.zeros(size), np.full(size, np.inf), linked.sums, limits)
        bounds.append((least(program), -least(replace(program, cost=-sums))))
    listed = placed(table, linked.numbers.iloc[targets], layout)
    listed["kind"] = linked.numbers["kind"].iloc[targets].to_numpy()
    listed[["lower", "upper"]] = np.array(bounds, dtype=float).reshape(-1, 2)
    return listed
