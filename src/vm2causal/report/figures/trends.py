"""What is left of the answers of the monitor had sites and nation moved apart without VM2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from vm2causal.disclosure import flattened, with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.effects import POOLED_TRANCHES
from vm2causal.report.canvas import style
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.text_size import wrapped_to
from vm2causal.report.figures.monitor_trajectories import Mark
from vm2causal.report.figures.named_figure import PUBLISHED, NamedFigure
from vm2causal.report.words.sentences import after_years, trend_sentence
from vm2causal.texts import Language, capitalised, number, text

_MARKS: Final = {
    "T1": Mark(style.BLUE, "-", "o"),
    "T2": Mark(style.VERMILLION, "--", "s"),
}
_ROOM: Final = 1.15
_WHOLE: Final = MaxNLocator(nbins=6, integer=True)


def draw_trends(trends: pd.DataFrame, *, language: Language) -> NamedFigure:
    """Estimate and interval of T1 and T2 against the size of a violation, a panel per outcome.

    Parameters
    ----------
    trends
        From :func:`~vm2causal.monitor.parallel_trends.trend_table`.
    language
        Of the texts: Dutch or English.
    """
    shown = trends[trends["tranche"].isin(POOLED_TRANCHES)]
    rows = row_dicts(shown)
    title = text("figure.trends.title", language)
    with style.figure_style():
        stacked = form().stacked
        shape = (len(OUTCOMES), 1) if stacked else (1, len(OUTCOMES))
        size = (form().width, 7.0 if stacked else 4.2)
        figure, axes = plt.subplots(*shape, figsize=size, squeeze=False)
        for axis, outcome in zip(axes.flat, OUTCOMES, strict=True):
            _panel(axis, [row for row in rows if row["outcome"] == outcome], language)
            axis.set_title(capitalised(text(f"outcome.{outcome}", language)), fontsize=9)
        legend = (0.72 if stacked else 0.42) / size[1]
        across = wrapped_to(text("figure.trends.axis", language), 9.0, size[0] - 0.4)
        figure.supylabel(text("figure.trends.left", language), fontsize=9)
        figure.supxlabel(across, y=legend + 0.01, fontsize=9)
        shown_title = wrapped_to(title, 10.5, size[0] - 0.2)
        figure.suptitle(shown_title, x=0.02, ha="left", fontsize=10.5)
        handles, labels = axes[0][0].get_legend_handles_labels()
        other = axes.flat[1].get_legend_handles_labels()
        named = dict(zip(labels + other[1], handles + other[0], strict=True))
        columns = 1 if stacked else 2
        figure.legend(
            list(named.values()), list(named), loc="lower left", ncols=columns, frameon=False,
            fontsize=8,
        )  # fmt: skip
        figure.tight_layout(rect=(0, legend + 0.01, 1, 0.99))
    level = number(100 * rows[0]["risk_difference"]["level"], language)
    summary = " ".join(trend_sentence(row, language) for row in rows)
    alt = text("alt.trends", language, level=level, summary=summary)
    return NamedFigure(
        "parallel-trends",
        figure,
        title,
        alt,
        with_origin(flattened(exempt_table(shown, Exempt.PUBLISHED)), PUBLISHED),
    )


def _panel(axis: Axes, rows: list[dict[str, Any]], language: Language) -> None:
    moved = 100 * rows[0]["moved"]
    end = _ROOM * max(2 * moved, *(100 * row["sign_lost"] for row in rows))
    violation = np.array([0.0, end])
    for row in rows:
        mark = _MARKS[row["tranche"]]
        middle, low, high = _benefit(row["outcome"], row["risk_difference"])
        label = f"{text(f'tranche.{row["tranche"]}', language)}, " + after_years(
            row["years_since_start"], language
        )
        axis.fill_between(
            violation, low - violation, high - violation, color=mark.colour, alpha=0.16, lw=0
        )
        axis.plot(
            violation, middle - violation, color=mark.colour, ls=mark.line, lw=1.8, label=label
        )
        # where the nearer end of the interval comes to 0
        if low > 0:
            axis.plot(low, 0, marker=mark.marker, color=mark.colour, ms=6, clip_on=False)
    axis.axhline(0, color=style.BLACK, lw=0.8)
    moved_label = text("figure.trends.moved", language)
    axis.axvline(moved, color=style.GREY, ls=":", lw=1.4, label=moved_label)
    axis.set_xlim(0, end)
    # a locator would place labels beyond the limits too
    axis.set_xticks([tick for tick in _WHOLE.tick_values(0, end) if 0 <= tick <= end])
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))


def _benefit(outcome: str, found: Mapping[str, float]) -> tuple[float, float, float]:
    """Mean and ends in points, positive where VM2 is better."""
    mean, low, high = (100 * found[part] for part in ("mean", "lower", "upper"))
    return (-mean, -high, -low) if outcome == "vsv" else (mean, low, high)
