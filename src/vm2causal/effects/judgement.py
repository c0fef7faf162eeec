"""Arrows judged: each by its coefficients together, and all of them counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.bayes_factors import BayesFactor
from vm2causal.effects.intervals import Interval, interval
from vm2causal.effects.joint_bands import joint_bands
from vm2causal.effects.verdict import (
    CLEAREST,
    DIRECTED,
    Untestable,
    Verdict,
    direction,
    rope_width,
    verdict,
)
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats
from vm2causal.spec.words import Sign

STRONG: Final = 10.0
"""Bayes factor from which evidence is strong (Jeffreys 1961): a verdict beside it needs a word."""


class Note(StrEnum):
    """What a verdict on one coefficient does not say by itself, or seems to contradict."""

    STRAIGHT_PART = "straight_part"
    """The coefficient is the slope of a line, beside which the arrow bends."""
    WITHIN_GROUPS = "within_groups"
    """It is what holds within groups; their means have a coefficient of their own."""
    MEAN_OF_LEVELS = "mean_of_levels"
    """It is the mean of coefficients that differ between levels."""
    AT_THE_MEAN = "at_the_mean"
    """It is the coefficient at the mean of another cause, with which it changes."""

    LEANS_ON_DISTRIBUTION = "leans_on_distribution"
    """The interval of the model names a direction; the robust one, which is shown, does not."""

    SIZE_UNDECIDED = "size_undecided"
    """The direction is clear; the interval reaches into the region of practical equivalence."""
    NEGLIGIBLE = "negligible"
    """The interval excludes 0, or the Bayes factor is strong, and yet it is practically nothing."""
    SEVERAL_CONTRASTS = "several_contrasts"
    """Its own interval excludes 0; that of all contrasts of the arrow together does not."""
    BAYES_FACTOR_AGAINST = "bayes_factor_against"
    """The Bayes factor points to no effect, the verdict does not."""
    BAYES_FACTOR_FOR = "bayes_factor_for"
    """The Bayes factor points to an effect, the verdict does not."""


@dataclass(frozen=True)
class Weighed:
    """One coefficient of an arrow before it is judged.

    Parameters
    ----------
    standardised
        Draws of the coefficient per standard deviation.
    positive
        Posterior probability that it is positive.
    sign
        The expected direction, if there is one.
    untestable
        Why the data cannot weigh it; None when they can.
    logit
        Whether the effect is on the logit scale.
    bayes_factor
        None where its prior has no density at 0 of its own.
    about
        What the coefficient is, where it is not all that the arrow does.
    """

    standardised: Floats = field(repr=False)
    positive: float
    sign: Sign | None
    untestable: Untestable | None
    logit: bool
    bayes_factor: BayesFactor | None
    about: tuple[Note, ...] = ()


def judge_arrow(contrasts: Sequence[Weighed], level: float) -> Iterator[dict[str, Any]]:
    """Judge the coefficients of one arrow, each after allowing for their number.

    Parameters
    ----------
    contrasts
        Of one cause and effect: one, or as many as the levels of a nominal one ask for.
    level
        Posterior probability of the intervals.

    Yields
    ------
    dict
        Per coefficient ``standardised`` (its own interval), ``band`` (with what it was judged: the
        interval that holds for all coefficients of the arrow together), ``p_direction``,
        ``in_rope``, ``lfsr`` (local false sign rate: the smaller of the posterior probabilities of
        the two signs; Stephens 2017, Biostatistics 18, 275), ``bayes_factor`` and
        ``bayes_factor_at_least``, ``verdict``, ``direction`` and ``notes``.
    """
    bands = joint_bands(np.column_stack([item.standardised for item in contrasts]), level)
    for item, band in zip(contrasts, bands, strict=True):
        own = interval(item.standardised, level)
        factor = item.bayes_factor or BayesFactor(None, None)
        width = rope_width(item.logit)
        yield {
            "standardised": own,
            "band": band,
            "p_direction": p_direction(item.positive, item.sign),
            "in_rope": float((np.abs(item.standardised) < width).mean()),
            "lfsr": min(item.positive, 1 - item.positive),
            "bayes_factor": factor.value,
            "bayes_factor_at_least": factor.at_least,
            **judged_interval(
                own,
                band,
                factor,
                sign=item.sign,
                untestable=item.untestable,
                logit=item.logit,
                about=item.about,
            ),
        }


def judged_interval(
    own: Interval,
    band: Interval,
    factor: BayesFactor,
    *,
    sign: Sign | None,
    untestable: Untestable | None,
    logit: bool,
    about: Sequence[Note] = (),
) -> dict[str, Any]:
    """``verdict``, ``direction`` and ``notes`` of a coefficient.

    Parameters
    ----------
    own, band
        Interval of the coefficient by itself, and the one it is judged by.
    factor
        Evidence of the data for the arrow against none.
    sign
        The expected direction, if there is one.
    untestable
        Why the data cannot weigh it; None when they can.
    logit
        Whether the effect is on the logit scale.
    about
        What the coefficient is, where it is not all that the arrow does.
    """
    lower, upper = band["lower"], band["upper"]
    reached = verdict(lower, upper, sign=sign, untestable=untestable, logit=logit)
    side = direction(lower, upper) if untestable is None else None
    found = (*about, *notes(reached, own, band, factor, rope_width(logit)))
    return {
        "verdict": reached.value,
        "direction": side.value if side is not None else None,
        "notes": tuple(note.value for note in found),
    }


def unjudged() -> dict[str, Any]:
    """What :func:`judge_arrow` gives of an arrow without numbers."""
    numbers = (
        "standardised", "band", "p_direction", "in_rope", "lfsr", "bayes_factor",
        "bayes_factor_at_least",
    )  # fmt: skip
    told: dict[str, Any] = {"verdict": Verdict.NIET_TOETSBAAR.value, "direction": None, "notes": ()}
    return {**dict.fromkeys(numbers), **told}


def p_direction(positive: float, sign: Sign | None) -> float:
    """Probability of the expected direction, or of the likelier one where none was expected.

    Parameters
    ----------
    positive
        Posterior probability that the coefficient is positive.
    sign
        The expected direction, if there is one.
    """
    if sign is None:
        return max(positive, 1 - positive)
    return positive if sign is Sign.PLUS else 1 - positive


def notes(
    reached: Verdict, own: Interval, band: Interval, factor: BayesFactor, width: float
) -> list[Note]:
    """What is to be said beside a verdict, so that no number contradicts it without a word.

    Parameters
    ----------
    reached
        The verdict.
    own, band
        Interval of the coefficient by itself, and the one it was judged by.
    factor
        Evidence of the data for the arrow against none.
    width
        Half-width of the region of practical equivalence.
    """
    if reached is Verdict.NIET_TOETSBAAR:
        return []
    excluded = direction(band["lower"], band["upper"]) is not None
    alone = direction(own["lower"], own["upper"]) is not None
    strong = factor.at_least is not None or (factor.value is not None and factor.value >= STRONG)
    if reached is Verdict.GEEN_AANWIJZING:
        return [Note.NEGLIGIBLE] if excluded or strong else []
    if reached is Verdict.ONBESLIST:
        weak = factor.value is not None and factor.value <= 1 / STRONG
        found = {
            Note.SEVERAL_CONTRASTS: alone,
            Note.BAYES_FACTOR_FOR: strong and not alone,
            Note.BAYES_FACTOR_AGAINST: weak,
        }
        return [note for note, holds in found.items() if holds]
    found = {
        Note.SIZE_UNDECIDED: min(abs(band["lower"]), abs(band["upper"])) < width,
        Note.BAYES_FACTOR_AGAINST: factor.value is not None and factor.value < 1,
    }
    return [note for note, holds in found.items() if holds]


def arrow_verdicts(arrows: pd.DataFrame) -> pd.DataFrame:
    """One verdict per arrow, also where its cause or effect has several levels.

    An arrow gets the clearest verdict (:data:`~vm2causal.effects.verdict.CLEAREST`) among its
    levels, which were judged together (:func:`judge_arrow`).

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`: a row per arrow, or per level.

    Returns
    -------
    pandas.DataFrame
        One row per ``cause`` and ``effect``, in their order: of the rows with that verdict the one
        with the largest ``standardised`` coefficient, and in ``levels`` how many rows there were.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "cause": ["sector", "sector", "krimp"], "effect": "vsv", "standardised": None,
    ...     "verdict": ["onbeslist", "ondersteund", "niet_toetsbaar"],
    ... })
    >>> arrow_verdicts(rows)[["cause", "verdict", "levels"]].to_numpy().tolist()
    [['sector', 'ondersteund', 2], ['krimp', 'niet_toetsbaar', 1]]
    """
    own: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in row_dicts(arrows):
        own.setdefault((row["cause"], row["effect"]), []).append(row)
    found = []
    for rows in own.values():
        clearest = min((Verdict(row["verdict"]) for row in rows), key=CLEAREST.index)
        alike = [row for row in rows if row["verdict"] == clearest]
        largest = max(alike, key=_size)
        found.append({**largest, "levels": len(rows)})
    return pd.DataFrame(found, columns=[*arrows.columns, "levels"])


def _size(row: Mapping[str, Any]) -> float:
    found = row["standardised"]
    return abs(found["mean"]) if isinstance(found, Mapping) else 0.0


@dataclass(frozen=True)
class WrongSigns:
    """How many directions that are named are to be expected wrong.

    Parameters
    ----------
    named
        Rows whose verdict names a direction (:data:`~vm2causal.effects.verdict.DIRECTED`).
    expected
        Of those with the wrong sign: the sum of their local false sign rates.
    """

    named: int
    expected: float


def wrong_signs(arrows: pd.DataFrame) -> WrongSigns:
    """Expected number of wrong signs among the directions that an arrow table names.

    If model and priors are right, by the linearity of expectation, however the arrows go together.

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.

    References
    ----------
    Stephens (2017), Biostatistics 18, 275.

    Examples
    --------
    >>> rows = pd.DataFrame({"verdict": ["ondersteund", "onbeslist"], "lfsr": [0.01, 0.3]})
    >>> wrong_signs(rows)
    WrongSigns(named=1, expected=0.01)
    """
    directed = arrows["verdict"].isin([item.value for item in DIRECTED])
    return WrongSigns(int(directed.sum()), float(arrows.loc[directed, "lfsr"].sum()))
