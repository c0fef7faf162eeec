"""Numbers along an axis as the language writes them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from vm2causal.texts import Language, number


def number_formatter(axes: Axes, language: Language) -> FuncFormatter:
    """Ticks as the language writes them, with as many decimals as they need.

    Parameters
    ----------
    axes
        Whose numbers are written.
    language
        Of the texts: Dutch or English.
    """

    def shown(value: float, place: int | None) -> str:
        ticks = [tick for tick in axes.get_xticks() if np.isfinite(tick)]
        decimals = next(
            (d for d in range(4) if all(abs(tick - round(tick, d)) < 1e-9 for tick in ticks)), 4
        )
        return number(value + 0.0 if abs(value) > 1e-12 else 0.0, language, decimals)

    return FuncFormatter(shown)
