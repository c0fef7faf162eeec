"""The second opinion: differences-in-differences of shares in closed form.

Group-time effects of Callaway & Sant'Anna (2021, Journal of Econometrics 225, 200-230, eq. 2.5 and
2.9) are linear in the shares of cells, so their variances and covariances follow exactly from those
of the cells, with the design effect of clusters (Kish 1965, Survey Sampling, 5.4) and the variance
width² / 12 of what rounding hides.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from vm2causal.inputs.rows import row_tuples
from vm2causal.model.data.columns import Floats
from vm2causal.monitor.cohorts import LEAST_PER_SITE
from vm2causal.monitor.did.design import possible_events

DEFAULT_ICC: Final = 0.05
"""Where nobody says how much clusters differ: that of early leaving between VM2 sites."""

DRAWS: Final = 4_000
_HALF: Final = 0.5
"""Of Jeffreys' prior of a share, beta(½, ½)."""


def design_effects(cells: pd.DataFrame, icc: float) -> Floats:
    """How many times larger the variance of each cell's share is than of pupils by themselves.

    Parameters
    ----------
    cells
        Of a :class:`~vm2causal.monitor.did.design.Design`.
    icc
        Intra-class correlation of pupils of one cluster, 0 to 1.
    """
    per_cluster = (cells["trials"] / cells["clusters"]).to_numpy(float)
    beside = np.maximum(per_cluster - 1, LEAST_PER_SITE)
    return np.where(np.isnan(beside), 1.0, 1 + beside * icc)


def cell_variances(cells: pd.DataFrame, icc: float) -> Floats:
    """Sampling variance of the share of every cell, rounding included.

    Parameters
    ----------
    cells
        Of a :class:`~vm2causal.monitor.did.design.Design`.
    icc
        Intra-class correlation of pupils of one cluster, 0 to 1.
    """
    trials = cells["trials"].to_numpy(float)
    # no cell is certain for having no events
    share = (cells["share"].to_numpy(float) * trials + _HALF) / (trials + 2 * _HALF)
    low, high = _ends(cells)
    sampled: Floats = share * (1 - share) / trials * design_effects(cells, icc)
    return sampled + (high - low) ** 2 / 12


def linear_estimates(
    weights: Floats, cells: pd.DataFrame, icc: float, *, level: float = 0.95
) -> pd.DataFrame:
    """Estimates that are linear in the shares of cells, with normal intervals.

    Parameters
    ----------
    weights
        Shape (estimate, cell).
    cells
        Of a :class:`~vm2causal.monitor.did.design.Design`.
    icc
        Intra-class correlation of pupils of one cluster, 0 to 1.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``mean``, ``sd`` (the standard error), ``lower``, ``upper`` and ``level``.
    """
    mean = weights @ cells["share"].to_numpy(float)
    sd = np.sqrt(weights**2 @ cell_variances(cells, icc))
    reach = stats.norm.isf((1 - level) / 2) * sd
    return pd.DataFrame(
        {"mean": mean, "sd": sd, "lower": mean - reach, "upper": mean + reach, "level": level}
    )


def share_draws(cells: pd.DataFrame, icc: float, *, seed: int) -> Floats:
    """Posterior of the share of every cell by itself, shape (:data:`DRAWS`, cell).

    Beta, from Jeffreys' prior and the pupils that count after clustering; within what rounding or
    a mask leaves of a share all values are alike.

    Parameters
    ----------
    cells
        Of a :class:`~vm2causal.monitor.did.design.Design`.
    icc
        Intra-class correlation of pupils of one cluster, 0 to 1.
    seed
        The same seed gives the same draws.
    """
    rng = np.random.default_rng(seed)
    low, high = _ends(cells)
    counted = cells["trials"].to_numpy(float) / design_effects(cells, icc)
    seen = rng.uniform(low, high, (DRAWS, len(cells)))
    return rng.beta(seen * counted + _HALF, (1 - seen) * counted + _HALF)


def _ends(cells: pd.DataFrame) -> tuple[Floats, Floats]:
    """Least and largest share that every cell may have."""
    ends = [
        (row.share_low, row.share_high)
        if np.isnan(row.events_low)
        else tuple(count / row.trials for count in possible_events(row, row.trials_high))
        for row in row_tuples(cells)
    ]
    found = np.clip(np.array(ends, dtype=float), 0.0, 1.0)
    return found[:, 0], found[:, 1]
