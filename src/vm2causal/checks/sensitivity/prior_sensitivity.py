"""Whether priors decide what a fit says of its declared effects, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.checks.sensitivity.power_scaling import power_scaling, scales_anything, thinned
from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import expected_effects
from vm2causal.model.data.columns import Floats
from vm2causal.model.structural_fit import StructuralFit

_ASKED: Final = ["cause", "effect", "contrast"]
_COLUMNS: Final = [*_ASKED, "prior", "likelihood", "flag"]


def prior_sensitivity(fit: StructuralFit, asked: Mapping[Contrast, Sequence[str]]) -> pd.DataFrame:
    """Sensitivity of total effects to the priors of the arrows, by power-scaling.

    Parameters
    ----------
    fit
        Its draws are thinned.
    asked
        By contrast the effects that are reported of it.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, and of
        :func:`~vm2causal.checks.sensitivity.power_scaling.power_scaling` ``prior``, ``likelihood``
        and ``flag``; of a nominal effect those of the level that is most sensitive to the prior. An
        effect that is the same in all draws, because no path to it was fitted, is left out. Empty
        where nothing is asked, the fit has no arrows whose priors could be scaled, or too few
        draws.
    """
    few = thinned(fit.posterior)
    if not asked or not scales_anything(fit.layout, few):
        return pd.DataFrame(columns=_COLUMNS)
    shape = (few.sizes["chain"], few.sizes["draw"])
    forward = Forward(fit.layout, few, draws=shape[0] * shape[1], seed=fit.seed)
    rows, quantities = [], {}
    for place, (name, draws) in enumerate(_draws(forward, asked)):
        rows.append((f"{place}", *name))
        quantities[f"{place}"] = draws.reshape(shape)
    if not quantities:
        return pd.DataFrame(columns=_COLUMNS)
    found = pd.DataFrame(rows, columns=["quantity", *_ASKED])
    return _most_sensitive(found.merge(power_scaling(fit.layout, few, quantities), on="quantity"))


def _draws(
    forward: Forward, asked: Mapping[Contrast, Sequence[str]]
) -> Iterator[tuple[tuple[str, str, str], Floats]]:
    """Cause, effect and contrast with the draws of the effect; of a nominal one for each level."""
    for contrast, effects in asked.items():
        expected = expected_effects(forward, contrast, effects)
        for effect in effects:
            natural = averaged_effect(
                forward, expected[effect], weights=forward.data.weights_for(effect)
            )["natural"].to_numpy()
            for level in natural.reshape(forward.draws, -1).T:
                if np.ptp(level) > 0:
                    yield (contrast.cause, effect, contrast.text), level


def _most_sensitive(found: pd.DataFrame) -> pd.DataFrame:
    """One row per effect and contrast."""
    first = found.sort_values("prior", ascending=False, kind="stable")
    return first.drop_duplicates(_ASKED).sort_index()[_COLUMNS].reset_index(drop=True)
