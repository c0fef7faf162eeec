"""Figures of a calibration and of a design analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from vm2causal.checks.calibrate.calibration import Calibration
from vm2causal.checks.calibrate.design_analysis import ASSURED, DesignAnalysis
from vm2causal.checks.calibrate.ranks import RANK_DRAWS
from vm2causal.checks.gate.rank_uniformity import Uniformity, distribution, uniformity
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats
from vm2causal.report.canvas import style
from vm2causal.report.canvas.text_size import text_size
from vm2causal.report.figures.named_figure import NamedFigure
from vm2causal.report.words.level_labels import contrast_label, level_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, percentage, text

BAND: Final = 0.95
"""Probability that a right quantity stays within its band all along."""


def draw_calibration(found: Calibration, *, language: Language) -> NamedFigure:
    """Rank distributions minus what is expected, with simultaneous bands: two panels.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.calibrate.calibration.judge`.
    language
        Of the texts: Dutch or English.
    """
    title = text("calibration.figure.title", language)
    with style.figure_style():
        figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.2), sharey=True, layout="constrained")
        for panel, derived in zip(panels, (False, True), strict=True):
            _ranks(panel, found, derived, language)
        panels[0].set_ylabel(text("calibration.figure.difference", language))
        figure.suptitle(title, x=0.01, ha="left")
    alt = text(
        "calibration.figure.alt",
        language,
        quantities=len(found.table),
        flagged=int(found.table["flagged"].sum()),
        simulations=len(found.ranks),
    )
    return NamedFigure(
        "calibration", figure, title, alt, exempt_table(found.table, Exempt.SIMULATED)
    )


def _ranks(panel: Axes, found: Calibration, derived: bool, language: Language) -> None:
    own = found.table[found.table["derived"] == derived]
    shares = np.arange(1, RANK_DRAWS + 1) / (RANK_DRAWS + 1)
    kind = "derived" if derived else "parameters"
    panel.set_title(text(f"calibration.figure.{kind}", language, number=len(own)))
    panel.set_xlabel(text("calibration.figure.rank", language))
    if not len(own):
        return
    null = uniformity(int(own["simulations"].max()), RANK_DRAWS)
    _band(panel, null, shares)
    for row in row_dicts(own):
        ranks = found.ranks[row["quantity"]].dropna().to_numpy(np.int64)
        flagged = row["flagged"]
        panel.step(
            shares,
            distribution(ranks, RANK_DRAWS) - shares,
            where="mid",
            color=style.VERMILLION if flagged else style.BLUE,
            linestyle="--" if flagged else "-",
            linewidth=1.4 if flagged else 0.6,
            alpha=1.0 if flagged else 0.5,
        )


def _band(panel: Axes, null: Uniformity, shares: Floats) -> None:
    lower, upper = null.bands(BAND)
    panel.fill_between(shares, lower - shares, upper - shares, color=style.LIGHT_GREY, step="mid")
    panel.axhline(0.0, color=style.GREY, linewidth=0.8)


_COLUMN: Final = 0.75
"""Inches of a column of percentages."""


def draw_design(found: DesignAnalysis, *, spec: CausalSpec, language: Language) -> NamedFigure:
    """How likely support is, per arrow with a true effect and number of experiments.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.calibrate.design_analysis.sum_up`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    title = text("design.figure.title", language)
    sizes = list(found.simulations)
    real = pd.concat([found.real(size) for size in sizes])
    labels = [arrow_label(row, spec, language) for row in row_dicts(real)]
    shares = real.assign(arrow=labels).pivot_table(
        index="arrow", columns="experiments", values="assurance", sort=False
    )[sizes]
    with style.figure_style():
        # as wide as its labels need
        points = plt.rcParams["font.size"]
        beside = max(text_size(str(label), points)[0] for label in shares.index)
        size = (beside + 0.6 + _COLUMN * max(len(sizes), 3), 1.2 + 0.22 * len(shares))
        figure, panel = plt.subplots(figsize=size, layout="constrained")
        panel.imshow(shares.to_numpy(), aspect="auto", cmap="Blues", vmin=0.0, vmax=1.0)
        panel.set_xticks(range(len(sizes)), [str(size) for size in sizes])
        panel.set_yticks(range(len(shares)), [str(label) for label in shares.index])
        panel.set_xlabel(text("design.figure.experiments", language))
        for (row, column), share in np.ndenumerate(shares.to_numpy()):
            panel.text(
                column,
                row,
                percentage(float(share), language, 0) if np.isfinite(share) else "–",
                ha="center",
                va="center",
                fontsize=7.5,
                fontweight="bold" if share >= ASSURED else "normal",
                color="white" if share > 0.6 else style.BLACK,
            )
        figure.suptitle(title, x=0.01, ha="left")
    alt = " ".join(design_sentences(found, spec=spec, language=language))
    return NamedFigure("design", figure, title, alt, exempt_table(found.table, Exempt.SIMULATED))


def design_sentences(found: DesignAnalysis, *, spec: CausalSpec, language: Language) -> list[str]:
    """Which arrows studies of each size could weigh, a sentence each.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.calibrate.design_analysis.sum_up`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    sentences = []
    for size in found.simulations:
        weighable = found.weighable(size)
        names = [arrow_label(row, spec, language) for row in row_dicts(weighable)]
        key = "design.sentence.some" if names else "design.sentence.none"
        sentences.append(
            text(
                key,
                language,
                experiments=size,
                weighable=len(names),
                all=len(found.real(size)),
                assured=percentage(ASSURED, language, 0),
                names="; ".join(names),
            )
        )
    return sentences


def arrow_label(row: Mapping[str, object], spec: CausalSpec, language: Language) -> str:
    """An arrow in words, with the levels it is about.

    Parameters
    ----------
    row
        Of the table of a design analysis.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    cause, effect = str(row["cause"]), str(row["effect"])
    levels = []
    if row["contrast"]:
        levels.append(contrast_label(spec, cause, str(row["contrast"]), language))
    if row["effect_level"]:
        levels.append(level_label(spec, effect, str(row["effect_level"]), language))
    arrow = f"{spec.label(cause, language)} → {spec.label(effect, language)}"
    return arrow + (f" ({', '.join(levels)})" if levels else "")
