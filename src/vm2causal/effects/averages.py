"""Averages over units."""

from __future__ import annotations

import numpy as np
import xarray as xr

from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats


def shares_of(weights: Floats) -> Floats:
    """Weights as shares that add up to 1; where all are 0 every unit counts alike.

    Parameters
    ----------
    weights
        0 or more, shape (unit,).

    Examples
    --------
    >>> shares_of(np.array([3.0, 1.0])).tolist()
    [0.75, 0.25]
    >>> shares_of(np.zeros(2)).tolist()
    [0.5, 0.5]
    """
    total = weights.sum()
    shares: Floats = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    return shares


def averaged(forward: Forward, per_unit: Floats, effect: str) -> Floats:
    """Average an effect over units by their weights, per draw.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    per_unit
        Shape (draw, unit).
    effect
        The variable that responds, whose persons or units are averaged over
        (:meth:`~vm2causal.model.data.structural_data.StructuralData.weights_for`).

    Returns
    -------
    ndarray, shape (draw,)
    """
    mean: Floats = per_unit @ shares_of(forward.data.weights_for(effect))
    return mean


def averaged_effect(forward: Forward, draws: xr.Dataset, *, weights: Floats) -> xr.Dataset:
    """Average draws of an effect over units.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    draws
        As of :func:`~vm2causal.effects.totals.expected_totals`.
    weights
        Of the units, as of
        :meth:`~vm2causal.model.data.structural_data.StructuralData.weights_for` or of
        :func:`~vm2causal.effects.totals.members_by`.

    Returns
    -------
    xarray.Dataset
        The same without the dim of the units.
    """
    unit = forward.data.unit
    shares = xr.DataArray(shares_of(weights), dims=unit)
    return draws.drop_vars(unit).map(lambda values: xr.dot(values, shares, dim=unit))
