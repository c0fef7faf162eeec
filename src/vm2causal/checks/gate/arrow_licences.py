"""Verdicts on arrows that lean on no distribution which the data do not support.

As for total effects (:mod:`~vm2causal.checks.gate.gate`): where the data of the effect do not look
like draws of the model, or the coefficient differs between the levels of a large group, an arrow is
judged by an interval that is as wide as its robust standard error makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
from scipy.special import ndtr

from vm2causal.checks.gate.gate import withholds
from vm2causal.checks.gate.licences import stretched
from vm2causal.checks.gate.robust_spread import Equations, Robust, robust_of
from vm2causal.checks.gate.state import State
from vm2causal.effects.arrows import Coefficient, coefficients
from vm2causal.effects.bayes_factors import BayesFactor
from vm2causal.effects.forward import Forward
from vm2causal.effects.judgement import Note, judged_interval, p_direction
from vm2causal.effects.verdict import DIRECTED, Untestable, Verdict, rope_width
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.families import Link
from vm2causal.spec.words import Sign

_INTERVALS: Final = ("standardised", "band", "link", "natural")
_ABOUT: Final = (
    Note.STRAIGHT_PART, Note.WITHIN_GROUPS, Note.MEAN_OF_LEVELS, Note.AT_THE_MEAN,
)  # fmt: skip
"""Notes that say what a coefficient is, whatever its interval."""


def licensed_arrows(
    forward: Forward, arrows: pd.DataFrame, gate: Mapping[str, Any], sizes: Mapping[str, int]
) -> pd.DataFrame:
    """Arrows with their robust standard errors, judged by them where the checks ask for it.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.
    gate
        ``gate`` of ``run.json``.
    sizes
        Number of levels of every group.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``robust``: None of arrows without a coefficient, else ``sd`` (of
        ``standardised``), ``clusters`` and ``levels`` within which influences were summed,
        ``factor``: what half an interval is multiplied by, and ``applied``: whether it was. Where
        it was, the four intervals are as wide, ``p_direction``, ``lfsr`` and ``in_rope`` go along
        (taking the interval for a normal one), and ``verdict``, ``direction`` and ``notes`` are
        those of the wider interval.
    """
    known = {one.key: one for one in coefficients(forward)}
    misfits = {row["variable"] for row in gate["predictions"] if row["state"] != State.PASSED.value}
    varying = {
        (row["cause"], row["effect"])
        for row in gate["tests"]
        if row["state"] == State.FAILED.value and not withholds(row, sizes)
    }
    equations, rows = Equations(forward), []
    for row in map(_with_none, row_dicts(arrows)):
        one = known.get((row["cause"], row["effect"], row["contrast"], row["effect_level"]))
        if one is None or row["standardised"] is None:
            rows.append({**row, "robust": None})
            continue
        applied = row["effect"] in misfits or (row["cause"], row["effect"]) in varying
        rows.append(_judged(forward, row, one, equations, applied=applied))
    return pd.DataFrame(rows, columns=[*arrows.columns, "robust"])


def _with_none(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a frame, in which a column of words has NaN for none."""
    return {name: None if value != value else value for name, value in row.items()}


def _judged(
    forward: Forward,
    row: Mapping[str, Any],
    one: Coefficient,
    equations: Equations,
    *,
    applied: bool,
) -> dict[str, Any]:
    robust, factor = robust_of(forward, one.values, equations.of([one.item.variable]))
    told = {**row, "robust": _told(row, robust, one, factor, applied=applied)}
    if not applied or factor == 1.0:
        return told
    for name in _INTERVALS:
        told[name] = stretched(row[name], factor)
    logit = forward.layout.family(one.item.variable).link is Link.LOGIT
    sign = None if row["expected"] is None else Sign(row["expected"])
    found = told["standardised"]
    centre, sd = (found["mean"], found["sd"])
    positive, width = float(ndtr(centre / sd)), rope_width(logit)
    told["p_direction"] = p_direction(positive, sign)
    told["lfsr"] = min(positive, 1 - positive)
    told["in_rope"] = float(ndtr((width - centre) / sd) - ndtr((-width - centre) / sd))
    told |= judged_interval(
        found,
        told["band"],
        BayesFactor(row["bayes_factor"], row["bayes_factor_at_least"]),
        sign=sign,
        untestable=None if row["untestable"] is None else Untestable(row["untestable"]),
        logit=logit,
        about=[note for note in _ABOUT if note.value in row["notes"]],
    )
    if Verdict(row["verdict"]) in DIRECTED and Verdict(told["verdict"]) not in DIRECTED:
        told["notes"] = (Note.LEANS_ON_DISTRIBUTION.value, *told["notes"])
    return told


def _told(
    row: Mapping[str, Any], robust: Robust, one: Coefficient, factor: float, *, applied: bool
) -> dict[str, Any]:
    ratio = robust.sd / float(one.values.std())
    return {
        "sd": row["standardised"]["sd"] * ratio,
        "clusters": robust.clusters,
        "levels": robust.levels,
        "factor": factor,
        "applied": applied,
    }
