"""How much answers move without the rows that stand far from all others: a second fit says so.

Leaving a row out by weighing draws (importance sampling) fails for just the rows that matter most,
so the model is fitted again without them, with fewer draws.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.checks.refute.refutation import UNCONVERGED
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import totals_table
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import REFIT_SETTINGS
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.workflow.fit_checks import declared_totals
from vm2causal.workflow.questions import Asked

METHOD: Final = "refit"

_KEYS: Final = ("cause", "effect", "contrast", "effect_level")
_NUMBERS: Final = ("mean", "lower", "upper")


@dataclass(frozen=True)
class Without:
    """The data once more without their outlying rows.

    Parameters
    ----------
    rows
        Numbers of these rows.
    data
        Without them; the levels and references of variables are those of the whole.
    """

    rows: tuple[int, ...]
    data: StructuralData = field(repr=False)


def moved_by_outliers(
    fit: StructuralFit, without: Without, *, unanswerable: Collection[Asked]
) -> dict[str, Any]:
    """Declared total effects with and without the outlying rows, in original units.

    Parameters
    ----------
    fit
        Of all rows.
    without
        The data without the outlying rows.
    unanswerable
        Declared questions that the data cannot answer; they are left out.

    Returns
    -------
    dict
        ``rows``; ``method``; ``converged``: whether the second fit may be believed; ``effects``,
        each with its contrast and the mean and 95% interval ``with`` and ``without`` the rows.
    """
    again = fit_structural(without.data, seed=fit.seed, priors=fit.priors, settings=REFIT_SETTINGS)
    asked = declared_totals(fit, unanswerable)
    tables = [_totals(item, asked) for item in (fit, again)]
    other = {_key(row): row["natural"] for row in row_dicts(tables[1])} if asked else {}
    return {
        "rows": list(without.rows),
        "method": METHOD,
        "converged": diagnose(again.tree).rhat_max <= UNCONVERGED,
        "effects": [
            {
                **{name: row[name] for name in _KEYS},
                "with": _numbers(row["natural"]),
                "without": _numbers(other[_key(row)]),
            }
            for row in row_dicts(tables[0])
            if _key(row) in other
        ],
    }


def _totals(fit: StructuralFit, asked: Mapping[Contrast, Sequence[str]]) -> pd.DataFrame:
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    tables = [
        totals_table(forward, [contrast], {contrast.cause: effects})
        for contrast, effects in asked.items()
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEYS)


def _numbers(found: Mapping[str, float]) -> dict[str, float]:
    return {name: float(found[name]) for name in _NUMBERS}
