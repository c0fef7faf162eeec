"""Totals of a tidy table, as rows to show along with it or to reckon with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from vm2causal.disclosure.layout import TOTAL


def totals(
    table: pd.DataFrame,
    *,
    counts: Sequence[str],
    dims: Sequence[str],
    by: Sequence[Sequence[str]],
    total: str = TOTAL,
) -> pd.DataFrame:
    """Add up a table over some of its dimensions.

    Parameters
    ----------
    by
        The dimensions to keep, one sequence per margin; an empty one is the grand total.

    Returns
    -------
    pandas.DataFrame
        Rows with ``dims`` and ``counts``, ``total`` in the dimensions added over.

    Examples
    --------
    >>> cells = pd.DataFrame({"sector": ["techniek", "landbouw"], "leerlingen": [30, 12]})
    >>> totals(cells, counts=["leerlingen"], dims=["sector"], by=[()]).to_dict("records")
    [{'sector': 'totaal', 'leerlingen': 42}]
    """
    margins = []
    for kept in by:
        gone = {name: total for name in dims if name not in kept}
        if kept:
            summed = (
                table.groupby(list(kept), dropna=False, observed=True)[list(counts)]
                .sum()
                .reset_index()
            )
        else:
            summed = table[list(counts)].sum().to_frame().T
        margins.append(summed.assign(**gone)[[*dims, *counts]])
    return pd.concat(margins, ignore_index=True)
