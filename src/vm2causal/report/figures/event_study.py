"""Event studies: effects by period since the start, with those of periods before it."""

from __future__ import annotations

from typing import Any, Final

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from vm2causal.disclosure import small_count
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.did.design import SERIES
from vm2causal.monitor.did.effects import POOLED
from vm2causal.monitor.did.weighting import BY_EXPOSURE
from vm2causal.report.canvas import style
from vm2causal.report.documents.did import DidTables
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.did import about, estimate_sentence, outcome_after
from vm2causal.texts import Language, number, text

_CLOSED: Final = "group_time"
_APART: Final = 0.12
"""How far marks of one period stand apart."""


def draw_event_studies(tables: DidTables, *, language: Language) -> list[NamedFigure]:
    """Draw the event study of every outcome and count date.

    Effects on fewer pupils than may be shown are left out.

    Parameters
    ----------
    tables
        Of :func:`~vm2causal.workflow.did.fit_did`.
    language
        Of the texts: Dutch or English.
    """
    effects = tables.estimates[tables.estimates["about"] == BY_EXPOSURE]
    found: list[NamedFigure] = []
    for key, part in effects.groupby(SERIES, sort=False):
        same = tables.placebos[SERIES].eq(list(key)).all(axis=1)
        found.append(_draw(part, tables.placebos[same], len(found), language))
    return found


def _draw(
    effects: pd.DataFrame, placebos: pd.DataFrame, number_of: int, language: Language
) -> NamedFigure:
    rows = [row for row in row_dicts(effects) if not small_count(row["trials"])]
    before = row_dicts(placebos)
    groups = list(dict.fromkeys(row["group"] for row in before))
    with style.figure_style():
        figure, axis = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
        closed = [row for row in rows if row["method"] == _CLOSED]
        pooled = [row for row in rows if row["method"] == POOLED]
        label = text("did.figure.placebo", language)
        for place, group in enumerate(groups):
            mine = [row for row in before if row["group"] == group]
            apart = _APART * (place - (len(groups) - 1) / 2)
            _marks(axis, mine, apart, style.GREY, "D", label if place == 0 else "")
        label = text("did.method.group_time", language)
        _marks(axis, closed, -_APART, style.VERMILLION, "s", label)
        _marks(axis, pooled, _APART, style.BLUE, "o", text("did.method.hierarchical", language))
        axis.axhline(0, color=style.BLACK, lw=0.8)
        axis.axvline(-0.5, color=style.GREY, ls=":", lw=1.2)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_xlabel(text("did.figure.exposure", language))
        axis.set_ylabel(text("did.heading.difference", language))
        figure.legend(loc="outside lower left", ncols=1, frameon=False, fontsize=8)
    first = row_dicts(effects)[0]
    level = number(100 * first["risk_difference"]["level"], language)
    title = text("did.figure.title", language, outcome=outcome_after(first, language), level=level)
    alt = " ".join([title + ".", *(estimate_sentence(row, language) for row in pooled)])
    return finish_figure(
        figure,
        name=f"event-study-{number_of + 1}",
        title=title,
        alt=alt,
        data=exempt_table(_numbers(before, closed + pooled, language), Exempt.HOLDER),
        language=language,
        synthetic=False,
    )


def _marks(
    axis: Axes, rows: list[dict[str, Any]], shift: float, colour: str, marker: str, label: str
) -> None:
    if not rows:
        return
    middle = [100 * row["risk_difference"]["mean"] for row in rows]
    ends = [
        [
            abs(100 * row["risk_difference"][end] - value)
            for row, value in zip(rows, middle, strict=True)
        ]
        for end in ("lower", "upper")
    ]
    axis.errorbar(
        [row["exposure"] + shift for row in rows],
        middle,
        yerr=ends,
        fmt=marker,
        ms=5,
        color=colour,
        lw=1.2,
        capsize=2,
        label=label,
    )


def _numbers(
    before: list[dict[str, Any]], rows: list[dict[str, Any]], language: Language
) -> pd.DataFrame:
    placebo = [{**row, "about": "cell", "method": _CLOSED} for row in before]
    return pd.DataFrame(
        [
            {
                "about": about(row, language),
                "method": row["method"],
                "exposure": row["exposure"],
                "risk_difference": row["risk_difference"],
            }
            for row in [*placebo, *rows]
        ]
    )
