"""Figures of a fit by name: which there are, which a fit can give, and drawing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.licences import has_numbers
from vm2causal.checks.refute.refitted_effect import declared_effects
from vm2causal.errors import OptionError, QueryError
from vm2causal.inputs.rows import row_dicts
from vm2causal.report.figures.careers import draw_careers
from vm2causal.report.figures.effects import draw_arrows
from vm2causal.report.figures.frequencies import draw_frequency
from vm2causal.report.figures.groups import draw_by_group, draw_caterpillars
from vm2causal.report.figures.mediation import draw_mediation
from vm2causal.report.figures.named_figure import NamedFigure
from vm2causal.report.figures.predictive import draw_predictive
from vm2causal.report.figures.priors import draw_priors
from vm2causal.report.figures.slopes import draw_slopes
from vm2causal.report.figures.weighted_model import draw_weighted_model
from vm2causal.report.words.effect_rows import has_event
from vm2causal.report.words.level_labels import effect_label
from vm2causal.report.words.names import numbered_name
from vm2causal.texts import Language, catalogue, text
from vm2causal.workflow.attacks import Progress, sensitivity_of, targets, tipping_figures
from vm2causal.workflow.fit_tables import FitTables

TIPPING: Final = "tipping"
ALL: Final = "all"
"""Every figure that a fit can give without refits."""
_ARROWS: Final = "arrows"
_CALIBRATION: Final = "calibration"
_OF_EFFECTS: Final = ("arrows", "sectors", "schools", "slopes", "mediation", "frequency")
"""Figures with rows of single effects."""
_OR_WITHHELD: Final = ", or its checks withhold the number of every one"


@dataclass(frozen=True)
class _Recipe:
    """How a figure is made, and what a fit must have for it."""

    draw: Callable[[FitTables, Language], list[NamedFigure]]
    possible: Callable[[FitTables], bool]
    needs: str


def draw_figure(
    name: str,
    tables: FitTables,
    language: Language,
    *,
    groups: bool = True,
    refits: Path | None = None,
    executor: str = "serial",
    progress: Progress = lambda done, total: None,
) -> list[NamedFigure]:
    """Draw a figure of a fit; some come as several.

    Parameters
    ----------
    name
        One of :data:`FIGURES`, or ``all`` for all but ``tipping``.
    tables
        Of the fit; what one figure computed the next finds there.
    language
        Of the texts: Dutch or English.
    groups
        Whether ``arrows`` shows the arrows from groups of the model too.
    refits
        Folder of the refits that ``tipping`` needs; finished ones are taken over from it.
    executor, progress
        Of those refits.

    Raises
    ------
    OptionError
        When there is no such figure.
    QueryError
        When the fit lacks what the figure shows.
    """
    if name == ALL:
        return [
            figure
            for one in possible_figures(tables)
            if one != TIPPING
            for figure in _RECIPES[one].draw(tables, language)
        ]
    recipe = _recipe(name, tables)
    if name == TIPPING:
        return _tipping(tables, language, refits, executor, progress)
    if name == _ARROWS:
        return _arrows(tables, language, groups=groups)
    return recipe.draw(tables, language)


def possible_figures(tables: FitTables) -> tuple[str, ...]:
    """Names of the figures that a fit can give.

    Parameters
    ----------
    tables
        Tables of one fit, made when first asked for.
    """
    return tuple(name for name, recipe in _RECIPES.items() if recipe.possible(tables))


def require_figure(name: str) -> str:
    """Find out before anything is read whether there is a figure of this name.

    Parameters
    ----------
    name
        Of a figure, or ``all``.

    Raises
    ------
    OptionError
        When there is none.
    """
    if name == _CALIBRATION:
        raise OptionError(
            "The calibration belongs to a model, not to one fit.",
            value=name,
            fix="Run 'vm2causal calibrate', which draws it.",
        )
    if name not in (*FIGURES, ALL):
        raise OptionError(
            "There is no such figure.", value=name, fix=f"One of: {', '.join((*FIGURES, ALL))}."
        )
    return name


def require_selectable(name: str) -> None:
    """Find out before anything is drawn whether single effects can be chosen for a figure.

    Parameters
    ----------
    name
        Of a figure, or ``all``.

    Raises
    ------
    OptionError
        When it shows the fit as a whole.
    """
    if name not in _OF_EFFECTS:
        raise OptionError(
            "This figure is not about single effects, so that none can be selected for it.",
            value=name,
            fix=f"Leave --select out, or draw one of: {', '.join(_OF_EFFECTS)}.",
        )


def _recipe(name: str, tables: FitTables) -> _Recipe:
    recipe = _RECIPES[require_figure(name)]
    if not recipe.possible(tables):
        raise QueryError(
            f"This fit cannot give that figure: {recipe.needs}.",
            value=name,
            fix=f"It can give: {', '.join(possible_figures(tables))}.",
        )
    return recipe


def _dag(tables: FitTables, language: Language) -> list[NamedFigure]:
    drawn = draw_weighted_model(
        tables.answers.arrows,
        tables.spec,
        differences=tables.answers.differences,
        language=language,
        synthetic=tables.synthetic,
    )
    return [drawn]


def _arrows(tables: FitTables, language: Language, *, groups: bool = True) -> list[NamedFigure]:
    return draw_arrows(
        tables.answers.arrows,
        tables.spec,
        language=language,
        synthetic=tables.synthetic,
        groups=groups,
    )


def _sectors(tables: FitTables, language: Language) -> list[NamedFigure]:
    totals, withheld = tables.by_few
    return draw_by_group(
        totals,
        tables.spec,
        language=language,
        synthetic=tables.synthetic,
        withheld=withheld,
        notes=_notes(tables.few, totals, tables, language),
    )


def _schools(tables: FitTables, language: Language) -> list[NamedFigure]:
    totals, withheld = tables.by_many
    return draw_caterpillars(
        totals,
        tables.spec,
        language=language,
        synthetic=tables.synthetic,
        withheld=withheld,
        notes=_notes(tables.many, totals, tables, language),
    )


def _notes(
    group: str | None, totals: pd.DataFrame, tables: FitTables, language: Language
) -> tuple[str, ...]:
    """What is written beneath a figure by group."""
    return () if group is None else tables.notes_by(group, totals, language).sentences


def _slopes(tables: FitTables, language: Language) -> list[NamedFigure]:
    return draw_slopes(
        tables.answers.slopes, tables.spec, language=language, synthetic=tables.synthetic
    )


def _careers(tables: FitTables, language: Language) -> list[NamedFigure]:
    drawn = draw_careers(
        tables.trajectories,
        tables.spec,
        by=tables.cohorts,
        language=language,
        synthetic=tables.synthetic,
    )
    return [drawn]


def _mediation(tables: FitTables, language: Language) -> list[NamedFigure]:
    return draw_mediation(
        tables.licensed_mediation, tables.spec, language=language, synthetic=tables.synthetic
    )


def _frequencies(tables: FitTables, language: Language) -> list[NamedFigure]:
    """Every declared total effect that is a share of people."""
    rows = [row for row in row_dicts(tables.headlines) if _is_drawn(row, tables)]
    pairs = [(row["cause"], row["effect"]) for row in rows]
    of_pupils = tables.opened.forward.data.years is not None
    among = text(f"figures.frequency.{'pupils' if of_pupils else 'cases'}", language)
    return [
        draw_frequency(
            row["career"] or row["natural"],
            outcome=_counted(row, tables, language),
            name=numbered_name(["frequency", *pair], pairs[:place].count(pair), pairs.count(pair)),
            language=language,
            synthetic=tables.synthetic,
            among=among,
        )
        for place, (row, pair) in enumerate(zip(rows, pairs, strict=True))
    ]


def _counted(row: Mapping[str, Any], tables: FitTables, language: Language) -> str:
    """Whom the share counts, in words."""
    known = f"people.{row['effect']}"
    if tables.has_careers and known in catalogue():
        return text(known, language)
    return text(
        "figures.frequency.others", language, outcome=effect_label(row, tables.spec, language)
    )


def _priors(tables: FitTables, language: Language) -> list[NamedFigure]:
    return draw_priors(tables.densities, tables.spec, language=language, synthetic=tables.synthetic)


def _predictive(tables: FitTables, language: Language) -> list[NamedFigure]:
    drawn = draw_predictive(
        tables.predictive, tables.spec, language=language, synthetic=tables.synthetic
    )
    return [drawn]


def _tipping(
    tables: FitTables,
    language: Language,
    refits: Path | None,
    executor: str,
    progress: Progress,
) -> list[NamedFigure]:
    if refits is None:
        raise OptionError(
            "This figure needs refits, and a folder to keep them in.",
            value=TIPPING,
            fix="Name the folder, for example that of an earlier 'vm2causal sensitivity'.",
        )
    chosen = targets(tables.opened)
    found = sensitivity_of(
        tables.opened,
        chosen,
        folder=refits,
        seed=tables.opened.fit.seed,
        executor=executor,
        progress=progress,
    )
    return tipping_figures(tables.opened, found, language)


def _always(tables: FitTables) -> bool:
    return True


def _has_groups(group: str | None, totals: pd.DataFrame) -> bool:
    """Whether a group, and not only everybody together, is left to show."""
    return group is not None and has_numbers(totals) and bool((totals["by"] == group).any())


def _has_shares(tables: FitTables) -> bool:
    return any(_is_drawn(row, tables) for row in row_dicts(tables.headlines))


def _is_drawn(row: Mapping[str, Any], tables: FitTables) -> bool:
    """Whether an effect is a share of people, and has a number."""
    return has_event(tables.spec, row["effect"]) and not row["withheld"]


_RECIPES: Final[Mapping[str, _Recipe]] = {
    "dag": _Recipe(_dag, _always, ""),
    _ARROWS: _Recipe(_arrows, _always, ""),
    "sectors": _Recipe(
        _sectors,
        lambda tables: _has_groups(tables.few, tables.by_few[0]),
        f"its model declares no total effect, or no group with few levels{_OR_WITHHELD}",
    ),
    "schools": _Recipe(
        _schools,
        lambda tables: _has_groups(tables.many, tables.by_many[0]),
        "its model declares no total effect, or no schools or other group with many levels"
        + _OR_WITHHELD,
    ),
    "slopes": _Recipe(
        _slopes,
        lambda tables: not tables.answers.slopes.empty,
        "no arrow of its model varies by a group",
    ),
    "trajectories": _Recipe(
        _careers,
        lambda tables: tables.has_careers and not tables.trajectories.empty,
        "it has no careers, or too few pupils",
    ),
    "mediation": _Recipe(
        _mediation,
        lambda tables: has_numbers(tables.licensed_mediation),
        f"its model asks for no mediation that these data can answer{_OR_WITHHELD}",
    ),
    "frequency": _Recipe(
        _frequencies,
        _has_shares,
        f"its model declares no total effect on a share of people{_OR_WITHHELD}",
    ),
    "priors": _Recipe(
        _priors, lambda tables: not tables.densities.empty, "its arrows have no priors of their own"
    ),
    "ppc": _Recipe(
        _predictive, lambda tables: not tables.predictive.empty, "nothing in it has causes"
    ),
    TIPPING: _Recipe(
        lambda tables, language: [],
        lambda tables: bool(declared_effects(tables.spec)),
        "its model declares no question",
    ),
}

FIGURES: Final = tuple(_RECIPES)
"""Names of the figures, in the order of a report."""
