"""The declared effects of a fit estimated again, each by a regression of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from vm2causal.checks.diagnostics import diagnose
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.intervals import Interval
from vm2causal.effects.second_opinion import SecondOpinion, second_opinion
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.sampling import SamplerSettings
from vm2causal.texts import Language
from vm2causal.workflow.effects import MEDIATED, Answers, FitOnDisk, answerable

ArrowRow = tuple[str, str, str | None, str | None]
"""Cause, effect, contrast and level of the effect: what tells rows of arrows apart."""


def with_second_opinions(
    opened: FitOnDisk,
    answers: Answers,
    language: Language,
    *,
    level: float = 0.95,
    settings: SamplerSettings | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Answers:
    """Estimate every declared total and direct effect again, by its adjustment set.

    Each is a regression of its own, sampled anew.

    Parameters
    ----------
    answers
        Of :func:`~vm2causal.workflow.effects.all_effects`.

    Returns
    -------
    Answers
        With ``second``: ``cause``, ``effect``, ``kind``, ``contrast``, ``effect_level``,
        ``strategy``, ``adjusted_for`` (tuple; None without a second opinion), ``reason`` why there
        is none, intervals ``first``, ``second``, ``first_career`` and ``second_career``,
        ``distance`` in joint standard deviations, ``disagrees``, and ``passed``: whether the
        regression passed its gate. And with ``second_opinion`` of the arrows whose direct effect
        was estimated again by a regression that passed: the interval to set beside ``natural``.
    """
    rows: list[dict[str, Any]] = []
    arrows: dict[ArrowRow, Interval] = {}
    for opinion in _opinions(opened, level, settings, progress):
        passed = None if opinion.fit is None else diagnose(opinion.fit.tree).passed
        rows += _rows(opinion, passed, language)
        if passed and opinion.arrow is not None:
            arrows |= _arrows(opinion, opinion.arrow)
    return replace(answers, arrows=_beside(answers.arrows, arrows), second=pd.DataFrame(rows))


def _opinions(
    opened: FitOnDisk,
    level: float,
    settings: SamplerSettings | None,
    progress: Callable[[str], None],
) -> Iterable[SecondOpinion]:
    for query in answerable(opened):
        if query.kind in MEDIATED:
            continue
        progress(f"{query.cause} → {query.effect}")
        for contrast in default_contrasts(opened.forward, query.cause):
            yield second_opinion(
                opened.forward,
                contrast,
                query.effect,
                seed=opened.fit.seed,
                kind=query.kind,
                settings=settings,
                level=level,
            )


def _rows(opinion: SecondOpinion, passed: bool | None, language: Language) -> list[dict[str, Any]]:
    said = {
        "cause": opinion.contrast.cause,
        "effect": opinion.effect,
        "kind": opinion.kind.value,
        "contrast": opinion.contrast.text,
        "strategy": opinion.strategy.value if opinion.strategy else None,
        "adjusted_for": opinion.adjusted_for,
        "reason": opinion.reason.in_language(language) if opinion.reason else None,
        "passed": passed,
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
