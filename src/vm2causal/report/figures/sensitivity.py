"""Figure of unmeasured confounding: how strong it must be, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vm2causal.disclosure import released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.text_size import wrapped_to
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.names import joined_name
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_POINTS: Final = 200
_FLOOR: Final = 0.02
"""Least share of the axis that a benchmark at 0 keeps from the edge."""


def draw_tipping(
    found: Mapping[str, Any], *, spec: CausalSpec, language: Language, synthetic: bool
) -> NamedFigure:
    """Contours of the strengths (a, b) at which a common cause explains an effect away.

    Parameters
    ----------
    found
        One of ``confounding`` of :func:`~vm2causal.report.documents.sensitivity.confounding_shown`.
    spec
        For the labels of variables.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the pupils behind it do not exist.
    """
    ends = {
        "cause": spec.label(found["cause"], language),
        "effect": spec.label(found["effect"], language),
    }
    with style.figure_style():
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axis = figure.subplots()
        right, top = _reach(found)
        _contour(
            axis, found["tipping_interval"], right, style.VERMILLION, "--", "interval", language
        )
        _contour(axis, found["tipping_mean"], right, style.BLUE, "-", "mean", language)
        _benchmarks(axis, found, spec, language)
        axis.set_xlim(0, right)
        axis.set_ylim(0, top)
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter(lambda value, place: number(value, language, 2))
        axis.set_xlabel(wrapped_to(text("sensitivity.figure.a", language, **ends), 9.0, 5.2))
        axis.set_ylabel(wrapped_to(text("sensitivity.figure.b", language, **ends), 9.0, 3.3))
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize=8.5, loc="upper right")
    return finish_figure(
        figure,
        name=joined_name("tipping", found["cause"], found["effect"]),
        title=text("sensitivity.figure.title", language, **ends),
        alt=_alt(found, ends, spec, language),
        data=released_table(_numbers(found)),
        language=language,
        synthetic=synthetic,
    )


def _numbers(found: Mapping[str, Any]) -> pd.DataFrame:
    """The tipping points, then the benchmarks."""
    points = {"mean": found["tipping_mean"], "interval": found["tipping_interval"]}
    tipping = [{"what": name, "a_times_b": value} for name, value in points.items()]
    known = [
        {"what": row["variable"], "a": row["a"], "b": row["b"], "a_times_b": row["a"] * row["b"]}
        for row in found["benchmarks"]
    ]
    return pd.DataFrame([*tipping, *known], columns=["what", "a", "b", "a_times_b"])


def _reach(found: Mapping[str, Any]) -> tuple[float, float]:
    """Axes that hold the benchmarks and, where it is finite, the contour of the mean."""
    right = found["noise"]
    strongest = max((float(row["b"]) for row in found["benchmarks"]), default=0.0)
    needed = found["tipping_mean"] / right if np.isfinite(found["tipping_mean"]) else 0.0
    return right, max(1.15 * strongest, 2.5 * needed, _FLOOR)


def _contour(
    axis: Axes, product: float, right: float, colour: str, line: str, key: str, language: Language
) -> None:
    if not np.isfinite(product) or product <= 0:
        return
    a = np.linspace(right / _POINTS, right, _POINTS)
    label = text(f"sensitivity.figure.{key}", language)
    axis.plot(a, product / a, color=colour, linestyle=line, lw=1.6, label=label)


def _benchmarks(axis: Axes, found: Mapping[str, Any], spec: CausalSpec, language: Language) -> None:
    for row in found["benchmarks"]:
        marker = "X" if row["explains"] else "o"
        axis.plot(row["a"], row["b"], marker=marker, color=style.BLACK, linestyle="none")
        axis.annotate(
            spec.label(row["variable"], language),
            (row["a"], row["b"]),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=8,
        )


def _alt(
    found: Mapping[str, Any], ends: dict[str, str], spec: CausalSpec, language: Language
) -> str:
    items = [
        text(
            "sensitivity.figure.alt.item",
            language,
            variable=spec.label(row["variable"], language),
            a=number(row["a"], language, 2),
            b=number(row["b"], language, 2),
        )
        for row in found["benchmarks"]
    ]
    none = text("effects.none", language)
    return text(
        "sensitivity.figure.alt",
        language,
        **ends,
        mean=number(found["tipping_mean"], language, 2)
        if np.isfinite(found["tipping_mean"])
        else none,
        interval=number(found["tipping_interval"], language, 2)
        if np.isfinite(found["tipping_interval"])
        else none,
        items="; ".join(items) or none,
    )
