"""The declared effects of a fit estimated again, by regressions on what identifies them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics, diagnose
from vm2causal.disclosure import Released, released, released_table
from vm2causal.effects.contrasts import Contrast, default_contrasts, require_cause
from vm2causal.effects.intervals import Interval
from vm2causal.effects.outcome_regression import Regressions
from vm2causal.effects.second_opinion import SecondOpinion, second_opinion
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.report.documents.records import records
from vm2causal.spec import Query
from vm2causal.texts import Language
from vm2causal.workflow.effects import MEDIATED, Answers, FitOnDisk, answerable
from vm2causal.workflow.small_groups import without_small_levels

LEVEL: Final = 0.95
"""Mass of the intervals of a brief."""

SETTINGS: Final = SamplerSettings(draws=2_000, tune=300)
"""Of a regression: longer than a fit, as constructs are told from fewer equations."""

ArrowRow = tuple[str, str, str | None, str | None]
"""Cause, effect, contrast and level of the effect: what tells rows of arrows apart."""


@dataclass(frozen=True)
class JudgedOpinion:
    """A second opinion with the gate of its regression; None where there was no regression.

    Parameters
    ----------
    opinion
        The effect as the fit has it, beside the same by one regression.
    gate
        Diagnostics of the regression; None where there was none.
    """

    opinion: SecondOpinion
    gate: Diagnostics | None


def second_opinions(
    opened: FitOnDisk,
    *,
    queries: Sequence[Query] | None = None,
    level: float = LEVEL,
    settings: SamplerSettings | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[JudgedOpinion, ...]:
    """Estimate every declared total and direct effect again, by its adjustment set.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    queries
        Other effects than those that are declared.
    level
        Probability that each interval holds, between 0 and 1.
    settings
        Of the sampler; :data:`SETTINGS` where None.
    progress
        Called with the name of each effect before its regression.
    """
    seed, found = opened.fit.seed, []
    regressions = Regressions(opened.forward, seed=seed, settings=settings or SETTINGS)
    for query, contrast in _asked(opened, queries, progress):
        opinion = second_opinion(
            opened.forward,
            contrast,
            query.effect,
            seed=seed,
            kind=query.kind,
            regressions=regressions,
            level=level,
        )
        gate = None if opinion.fit is None else diagnose(opinion.fit.tree)
        found.append(JudgedOpinion(opinion, gate))
    return tuple(found)


def with_second_opinions(
    opened: FitOnDisk, answers: Answers, found: Sequence[JudgedOpinion], language: Language
) -> Answers:
    """Set second opinions beside the effects they are on.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    answers
        Of :func:`~vm2causal.workflow.effects.all_effects`.
    found
        Of :func:`second_opinions`.
    language
        Of the texts: Dutch or English.

    Returns
    -------
    Answers
        With ``second``: ``cause``, ``effect``, ``kind``, ``contrast``, ``effect_level``,
        ``strategy``, ``adjusted_for`` (tuple; None without a second opinion), ``reason`` why there
        is none, intervals ``first``, ``second``, ``first_career`` and ``second_career``,
        ``distance`` in joint standard deviations, ``disagrees``, and ``passed``: whether the
        regression passed its gate. Rows on groups of few pupils are left out. And with
        ``second_opinion`` of the arrows whose direct effect was estimated again by a regression
        that passed: the interval to set beside ``natural``.
    """
    rows = [row for item in found for row in _rows(item, language)]
    shown, _ = without_small_levels(opened.forward, pd.DataFrame(rows))
    arrows: dict[ArrowRow, Interval] = {}
    for item in found:
        if item.gate is not None and item.gate.passed and item.opinion.arrow is not None:
            arrows |= _arrows(item.opinion, item.opinion.arrow)
    beside = released_table(_beside(answers.arrows, arrows))
    return replace(answers, arrows=beside, second=released_table(shown))


def second_opinions_document(
    opened: FitOnDisk, found: Sequence[JudgedOpinion], language: Language
) -> Released:
    """Second opinions as they are kept beside a fit.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    found
        Of :func:`second_opinions`.
    language
        Of the texts: Dutch or English.

    Returns
    -------
    dict
        ``opinions``: the rows of :func:`with_second_opinions`, with ``held``, the mediators that a
        direct effect holds fixed, and ``failures``, the checks that the regression did not pass;
        ``withheld``: how many groups of few pupils are left out.
    """
    rows = [row | _kept_facts(item) for item in found for row in _rows(item, language)]
    shown, withheld = without_small_levels(opened.forward, pd.DataFrame(rows))
    return released({"opinions": records(shown), "withheld": len(withheld)})


def _kept_facts(judged: JudgedOpinion) -> dict[str, tuple[str, ...]]:
    failures = () if judged.gate is None else judged.gate.failures
    return {"held": judged.opinion.held, "failures": failures}


def _asked(
    opened: FitOnDisk, queries: Sequence[Query] | None, progress: Callable[[str], None]
) -> Iterator[tuple[Query, Contrast]]:
    for query in answerable(opened) if queries is None else queries:
        if query.kind in MEDIATED:
            continue
        require_cause(opened.forward, query.cause)
        progress(f"{query.cause} → {query.effect}")
        for contrast in default_contrasts(opened.forward, query.cause):
            yield query, contrast


def _rows(judged: JudgedOpinion, language: Language) -> list[dict[str, Any]]:
    opinion = judged.opinion
    said = {
        "cause": opinion.contrast.cause,
        "effect": opinion.effect,
        "kind": opinion.kind.value,
        "contrast": opinion.contrast.text,
        "strategy": opinion.strategy.value if opinion.strategy else None,
        "adjusted_for": opinion.adjusted_for,
        "reason": opinion.reason.in_language(language) if opinion.reason else None,
        "passed": None if judged.gate is None else judged.gate.passed,
    }
    return [said | row for row in row_dicts(opinion.table)]


def _arrows(opinion: SecondOpinion, arrow: pd.DataFrame) -> dict[ArrowRow, Interval]:
    ends = {"cause": opinion.contrast.cause, "effect": opinion.effect}
    return {_key(ends | row): row["natural"] for row in row_dicts(arrow)}


def _beside(arrows: pd.DataFrame, found: dict[ArrowRow, Interval]) -> pd.DataFrame:
    opinions = [found.get(_key(row)) for row in row_dicts(arrows)]
    return arrows.assign(second_opinion=pd.Series(opinions, index=arrows.index, dtype=object))


def _key(row: dict[str, Any]) -> ArrowRow:
    """Cells without text are ``None`` in one frame and not a number in another."""
    contrast, level = (
        str(cell) if isinstance(cell, str) else None
        for cell in (row["contrast"], row["effect_level"])
    )
    return (row["cause"], row["effect"], contrast, level)
