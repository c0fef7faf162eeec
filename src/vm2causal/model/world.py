"""What one run of a fitted model gives: every variable, for every unit, in every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vm2causal.model.data.columns import Floats, Ints


@dataclass(frozen=True)
class World:
    """Every variable in every draw, shape (draw, unit).

    Parameters
    ----------
    values
        As they enter predictors: standardised numbers and ranks, scores of latent variables,
        log-odds of counts.
    ranks
        Of binary, ordinal and nominal variables.
    predictors
        Linear predictors by (variable, level of a nominal one).
    """

    values: Mapping[str, Floats] = field(repr=False)
    ranks: Mapping[str, Ints] = field(repr=False)
    predictors: Mapping[tuple[str, int | None], Floats] = field(repr=False)
