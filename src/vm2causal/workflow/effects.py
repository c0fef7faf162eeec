"""From a fit on disk to answers: arrows, totals, mediation, what-if."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import networkx as nx
import pandas as pd

from vm2causal.checks.diagnostics import diagnose
from vm2causal.disclosure import MINIMUM
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import Contrast, chosen_contrast, default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.second_opinion import SecondOpinion, second_opinion
from vm2causal.effects.totals import mediation_table, require_descendant, totals_table
from vm2causal.effects.verdict import Untestable, Verdict
from vm2causal.effects.what_if import what_if, within
from vm2causal.errors import OptionError, QueryError
from vm2causal.identify import identify_effect
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.fit_files import read_fit, read_record
from vm2causal.model.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.spec import Query
from vm2causal.spec.words import Kind, QueryKind
from vm2causal.texts import Language

_MEDIATED: Final = frozenset({QueryKind.MEDIATED})


@dataclass(frozen=True)
class FitOnDisk:
    """A fit with its record, ready to be asked."""

    fit: StructuralFit
    record: Mapping[str, Any] = field(repr=False)
    forward: Forward = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the fit passed its gate."""
        return bool(self.record["diagnostics"]["passed"])


@dataclass(frozen=True)
class Answers:
    """Tables of effects; empty where not asked for.

    ``withheld`` counts groups with fewer pupils than the privacy minimum, which are left out.
    """

    arrows: pd.DataFrame
    totals: pd.DataFrame
    mediation: pd.DataFrame
    withheld: int
    second: pd.DataFrame = field(default_factory=pd.DataFrame)


def open_fit(folder: Path, *, draws: int | None = None) -> FitOnDisk:
    """Read a fit and make it ready to be asked.

    Parameters
    ----------
    draws
        How many draws of the posterior to use; the usual number where None.
    """
    fit = read_fit(folder)
    options = {} if draws is None else {"draws": draws}
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed, **options)
    return FitOnDisk(fit, read_record(folder), forward)


def all_effects(opened: FitOnDisk, *, by: str | None = None, level: float = 0.95) -> Answers:
    """Every arrow, and the totals and mediation of the questions the model declares.

    Parameters
    ----------
    by
        A group of the model for the totals; None for everybody.
    """
    forward = opened.forward
    totals, mediation = [], []
    for query in _answerable(opened):
        contrasts = default_contrasts(forward, query.cause)
        if query.kind not in _MEDIATED:
            asked = {query.cause: [query.effect]}
            totals.append(
                totals_table(forward, contrasts, asked, kind=query.kind, by=by, level=level)
            )
        elif _has_mediation(forward, query.effect):
            mediation += [
                mediation_table(forward, contrast, query.effect, level=level)
                for contrast in contrasts
            ]
    table, withheld = _large_enough(forward, _stacked(totals), by)
    arrows = _identified(forward, arrow_table(forward, level=level)).assign(second_opinion=None)
    return Answers(arrows, table, _stacked(mediation), withheld)


def _answerable(opened: FitOnDisk) -> list[Query]:
    """Declared questions about fitted variables that the data of the fit can answer."""
    forward = opened.forward
    refused = {
        (item["cause"], item["effect"], item["kind"]) for item in opened.record["unanswerable"]
    }
    return [
        query
        for query in forward.data.spec.queries
        if _askable(forward, query.cause, query.effect)
        and (query.cause, query.effect, query.kind.value) not in refused
    ]


def _identified(forward: Forward, arrows: pd.DataFrame) -> pd.DataFrame:
    """Arrows whose direct effect the graph does not identify have no verdict of the data.

    Their coefficient has a posterior all the same: the prior of an unobserved cause divides what
    the data cannot.
    """
    graph = forward.data.spec.graph
    fitted = arrows["link"].notna()
    pairs = set(zip(arrows.loc[fitted, "cause"], arrows.loc[fitted, "effect"], strict=True))
    hidden = {
        pair
        for pair in pairs
        if not identify_effect(graph, *pair, kind=QueryKind.DIRECT).identifiable
    }
    refused = [pair in hidden for pair in zip(arrows["cause"], arrows["effect"], strict=True)]
    arrows.loc[refused, "verdict"] = Verdict.NIET_TOETSBAAR.value
    arrows.loc[refused, "untestable"] = Untestable.NOT_IDENTIFIED.value
    return arrows


def second_opinions(
    opened: FitOnDisk,
    language: Language,
    *,
    level: float = 0.95,
    settings: SamplerSettings | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> pd.DataFrame:
    """Estimate every declared total and direct effect again, by its adjustment set.

    Each is a regression of its own, sampled anew.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``kind``, ``contrast``, ``effect_level``, ``strategy``,
        ``adjusted_for`` (tuple; None without a second opinion), ``reason`` why there is none,
        intervals ``first``, ``second``, ``first_career`` and ``second_career``, ``distance`` in
        joint standard deviations, ``disagrees``, and ``passed``: whether the regression passed its
        gate.
    """
    forward = opened.forward
    rows: list[dict[str, Any]] = []
    for query in _answerable(opened):
        if query.kind in _MEDIATED:
            continue
        progress(f"{query.cause} → {query.effect}")
        for contrast in default_contrasts(forward, query.cause):
            opinion = second_opinion(
                forward,
                contrast,
                query.effect,
                seed=opened.fit.seed,
                kind=query.kind,
                settings=settings,
                level=level,
            )
            rows += _opinion_rows(opinion, language)
    return pd.DataFrame(rows)


def _opinion_rows(opinion: SecondOpinion, language: Language) -> list[dict[str, Any]]:
    passed = None if opinion.fit is None else diagnose(opinion.fit.tree).passed
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


def effects_of(
    opened: FitOnDisk,
    do: str,
    *,
    versus: str | None = None,
    on: str | None = None,
    by: str | None = None,
    level: float = 0.95,
) -> Answers:
    """Totals and mediation of one contrast.

    Parameters
    ----------
    do, versus
        ``cause=value``; without ``versus`` the median or most frequent level.
    on
        The effect; every variable downstream where None.

    Raises
    ------
    OptionError
        When ``do`` or ``versus`` is not of the form ``cause=value``, or they name two causes.
    QueryError
        When the fit cannot answer.
    """
    forward = opened.forward
    contrasts = _contrast(forward, do, versus)
    cause = contrasts[0].cause
    if on is not None:
        require_descendant(forward, cause, on)
    effects = [on] if on is not None else _downstream(forward, cause)
    totals = totals_table(forward, contrasts, {cause: effects}, by=by, level=level)
    mediation = [
        mediation_table(forward, contrast, effect, level=level)
        for contrast in contrasts
        for effect in effects
        if by is None and _has_mediation(forward, effect)
    ]
    table, withheld = _large_enough(forward, totals, by)
    return Answers(pd.DataFrame(), table, _stacked(mediation), withheld)


def answer_what_if(
    opened: FitOnDisk, changes: Sequence[str], *, place: str | None, level: float = 0.95
) -> tuple[pd.DataFrame, tuple[Contrast, ...]]:
    """Outcomes of a place now and under changes, each written ``cause=value``.

    Returns
    -------
    table : pandas.DataFrame
        As :func:`~vm2causal.effects.what_if.what_if` gives it.
    outside : tuple of Contrast
        The changes to a value beyond the data.
    """
    forward = opened.forward
    chosen = [contrast for change in changes for contrast in _contrast(forward, change, None)]
    _require_enough(forward, place)
    table = what_if(forward, chosen, place=place, level=level)
    return table, tuple(contrast for contrast in chosen if contrast.outside)


def _require_enough(forward: Forward, place: str | None) -> None:
    """A study answers for places of enough pupils only; a flat table has no pupils."""
    if place is None or forward.data.years is None:
        return
    pupils = forward.data.weights @ within(forward, place)
    if pupils < MINIMUM:
        raise QueryError(
            f"Fewer than {MINIMUM} pupils started here, too few to answer about.",
            value=place,
            fix="Ask about a larger place, or about everybody.",
        )


def _contrast(forward: Forward, do: str, versus: str | None) -> tuple[Contrast, ...]:
    cause, high = _assignment(do, "--do")
    if versus is None:
        return chosen_contrast(forward, cause, high, None)
    other, low = _assignment(versus, "--versus")
    if other != cause:
        raise OptionError("--do and --versus must name the same cause.", value=f"{cause}, {other}")
    return chosen_contrast(forward, cause, high, low)


def _assignment(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise OptionError(
            f"{option} takes a variable and its value.",
            value=text,
            fix=f"Write, for example, {option} versnelling=1.",
        )
    return name.strip(), value.strip()


def _askable(forward: Forward, cause: str, effect: str) -> bool:
    if cause not in forward.layout.order or cause in forward.data.covariates:
        return False
    return effect in _downstream(forward, cause) and effect in forward.layout.predictors_of


def _downstream(forward: Forward, cause: str) -> list[str]:
    reached = nx.descendants(forward.data.spec.graph.to_networkx(), cause)
    return [name for name in forward.layout.order if name in reached]


def _has_mediation(forward: Forward, effect: str) -> bool:
    return forward.data.spec.variables[effect].kind is not Kind.NOMINAL


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [table for table in tables if not table.empty]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _hidden(pupils: Mapping[str, float]) -> dict[str, bool]:
    """Groups too small to show; one alone would follow from the rest, so a second goes with it."""
    shown = {label: number for label, number in pupils.items() if number >= MINIMUM}
    small = {label for label, number in pupils.items() if 0 < number < MINIMUM}
    if len(small) == 1 and shown:
        small.add(min(shown, key=lambda label: (shown[label], label)))
    return {label: label in small for label in pupils}


def _large_enough(
    forward: Forward, totals: pd.DataFrame, by: str | None
) -> tuple[pd.DataFrame, int]:
    """Leave out groups of fewer pupils than may be shown; a flat table has no pupils."""
    if by is None or totals.empty or forward.data.years is None:
        return totals, 0
    grouping = forward.data.groups[by]
    pupils = {
        label: forward.data.weights[grouping.codes == code].sum()
        for code, label in enumerate(grouping.labels)
    }
    small = totals["group"].map(_hidden(pupils))
    return totals[~small].reset_index(drop=True), int(totals.loc[small, "group"].nunique())
