"""How much sites differ, as far as the published tables show it.

No source publishes shares by site. They do publish the starters of experiments *zoals beoogd*
apart, and so by subtraction those of the others. Variance between these two kinds of experiments
is part of the variance between experiments, so what it is of the variance between pupils bounds
the intra-class correlation from below.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import OUTCOMES

_KEYS: Final = ["outcome", "tranche", "years_since_start"]


def split_by_status(tables: PublishedTables) -> pd.DataFrame:
    r"""Shares of pupils of experiments as intended and of the others, and the bound they give.

    With shares :math:`p_k` in parts :math:`w_k` of the starters, and :math:`p` of all,

    .. math:: \rho \ge \eta^2 = \frac{\sum_k w_k (p_k - p)^2}{p (1 - p)}

    (correlation ratio; variance within and between groups: Snijders & Bosker 2012, Multilevel
    Analysis, 3.3). It is the φ² of the table of status by outcome.

    Parameters
    ----------
    tables
        The published tables of the monitor.

    Returns
    -------
    pandas.DataFrame
        One row per cohort and teldatum with both counts published: ``outcome``, ``tranche``,
        ``years_since_start``, ``as_intended`` and ``others`` [share of their starters],
        ``icc_lower``.
    """
    counted = tables.outcomes[
        (tables.outcomes["group"] == "vm2") & tables.outcomes["count"].notna()
    ].set_index(_KEYS)
    columns = ["count", "denominator"]
    everyone = counted.loc[counted["selection"] == "all", columns].astype(float)
    ran = counted.loc[counted["selection"] == "as_intended", columns].astype(float)
    both = everyone.join(ran.add_suffix("_ran"), how="inner")
    rest = both["denominator"] - both["denominator_ran"]
    share = both["count"] / both["denominator"]
    as_intended = both["count_ran"] / both["denominator_ran"]
    others = (both["count"] - both["count_ran"]) / rest
    between = (
        both["denominator_ran"] * (as_intended - share) ** 2 + rest * (others - share) ** 2
    ) / both["denominator"]
    bound = between / (share * (1 - share))
    found = pd.DataFrame({"as_intended": as_intended, "others": others, "icc_lower": bound})
    return found.reset_index()


def icc_lower_bounds(tables: PublishedTables, selection: str) -> list[float]:
    """Least intra-class correlation of each outcome, in the order of ``OUTCOMES``.

    The largest of the tranches for all starters. Among pupils of experiments as intended nothing
    is published apart, so there is no bound.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    selection
        Of pupils: ``all`` or ``as_intended``.
    """
    if selection != "all":
        return [0.0 for _ in OUTCOMES]
    split = split_by_status(tables).groupby("outcome")["icc_lower"].max()
    return [float(split[outcome]) for outcome in OUTCOMES]
