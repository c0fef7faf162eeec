"""What one averted vsv, or one extra SK, cost: the user's price over the posterior effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vm2causal.errors import OptionError
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.monitor.effects import Contrast, at_last, pooled_contrast, pooled_years


@dataclass(frozen=True)
class PriceRange:
    """Extra cost of VM2 per starting pupil, in euros: one price, or any between two.

    Parameters
    ----------
    lower, upper
        Euros per starting pupil, above 0; the same for one price.
    """

    lower: float
    upper: float


def parse_price(text: str) -> PriceRange:
    """Read ``EUR`` or ``LOW:HIGH``.

    Parameters
    ----------
    text
        As on the command line, in euros per starting pupil.

    Raises
    ------
    OptionError
        When it is no positive number or range.

    Examples
    --------
    >>> parse_price("500:1500")
    PriceRange(lower=500.0, upper=1500.0)
    """
    parts = text.split(":")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if len(values) not in {1, 2} or not all(np.isfinite(values)) or min(values, default=0) <= 0:
        raise OptionError(
            "The price per pupil must be a positive number of euros, or a range LOW:HIGH.",
            value=text,
            fix="Write --per-pupil 1000 or --per-pupil 500:1500 (a decimal point, no €).",
        )
    if values[0] > values[-1]:
        raise OptionError(
            "The lower end of the price range is above its upper end.",
            value=text,
            fix=f"Write --per-pupil {parts[1]}:{parts[0]}.",
        )
    return PriceRange(values[0], values[-1])


def cost_table(
    contrasts: list[Contrast], price: PriceRange, *, seed: int, level: float = 0.95
) -> pd.DataFrame:
    """Posterior of the cost per averted vsv and per extra SK.

    Where a draw shows no benefit no sum of money buys one: its cost is infinite. Quantiles are
    therefore well defined where a mean is not, and an upper bound may be infinite.

    Parameters
    ----------
    contrasts
        Of :func:`~vm2causal.monitor.effects.did_contrasts`.
    price
        Extra cost of VM2 per starting pupil.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``tranche`` (``pooled`` last), ``years_since_start``: the last
        teldatum, for ``pooled`` the last of both tranches; ``median``, ``lower``, ``upper``
        [euros], ``level`` and ``p_no_benefit``.
    """
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for outcome in OUTCOMES:
        mine = [item for item in contrasts if item.outcome == outcome]
        effects = {(item.tranche, item.year): item.risk_difference for item in at_last(mine)} | {
            ("pooled", year): pooled_contrast(mine, outcome, year)["risk_difference"]
            for year in pooled_years(mine, outcome)[-1:]
        }
        for (tranche, year), effect in effects.items():
            benefit = -effect if outcome == "vsv" else effect
            prices = random.uniform(price.lower, price.upper, benefit.size)
            cost = np.where(benefit > 0, prices / np.maximum(benefit, 1e-12), np.inf)
            tail = (1 - level) / 2
            # an order statistic, because an infinite draw cannot be interpolated
            lower, median, upper = np.quantile(cost, [tail, 0.5, 1 - tail], method="higher")
            rows.append(
                {
                    "outcome": outcome,
                    "tranche": tranche,
                    "years_since_start": year,
                    "median": float(median),
                    "lower": float(lower),
                    "upper": float(upper),
                    "level": level,
                    "p_no_benefit": float((benefit <= 0).mean()),
                }
            )
    return pd.DataFrame(rows)
