"""What the effects become where answers are missing because of what they would have been.

Missing levels and items are summed out as missing at random. Here the odds of not answering change
by e^δ with each level: every completion counts e^(δ · level) times. The posterior that follows is
that of the fit with its draws weighted anew; a Pareto k says whether the draws can bear it.

Source: Little, Rubin 2019, Statistical Analysis with Missing Data, chapter 15 (selection models
with a fixed parameter); Vehtari et al. 2024, Pareto smoothed importance sampling, JMLR 25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, logsumexp

from vm2causal.checks.power_scaling import unconstrained
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval
from vm2causal.model import kernel
from vm2causal.model.columns import Floats
from vm2causal.model.marginal import completions
from vm2causal.model.program import structural_program
from vm2causal.model.structural_layout import Layout
from vm2causal.model.tape import Program
from vm2causal.spec.words import Kind

SHIFTS: Final = (-1.0, -0.5, 0.5, 1.0)
"""δ: change of the log-odds of not answering per level."""
PARETO_LIMIT: Final = 0.7
"""Above it weighted draws say nothing (Vehtari et al. 2024)."""

_ORDERED: Final = frozenset({Kind.BINARY, Kind.ORDINAL})


def missing_shares(layout: Layout) -> dict[str, float]:
    """Share of missing levels and items, by variable; those without are left out."""
    data = layout.data
    shares = {
        name: float(column.missing.mean())
        for name, column in data.columns.items()
        if column.kind in _ORDERED
    }
    shares |= {name: float((answers < 0).mean()) for name, answers in data.items.items()}
    return {name: share for name, share in shares.items() if share > 0}


def shifted_table(
    forward: Forward,
    posterior: xr.Dataset,
    quantities: Mapping[str, Floats],
    *,
    shifts: Sequence[float] = SHIFTS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Quantities under each shift.

    Parameters
    ----------
    forward
        Of the same draws as ``posterior``, all of them, chain by chain.
    quantities
        By name its draws, shape (chain, draw).

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``shift``, ``pareto_k``, interval ``effect`` (None where k is too high).
    """
    from arviz_stats.base import array_stats

    rows = []
    for shift in shifts:
        ratios = log_ratios(forward, posterior, shift)
        if np.ptp(ratios) > 0:
            weights, k = array_stats.psislw(ratios.ravel())
            shares = np.exp(np.asarray(weights) - logsumexp(weights))
        else:
            shares, k = np.full(ratios.size, 1 / ratios.size), 0.0
        for name, draws in quantities.items():
            found = weighted_interval(draws.ravel(), shares, level)
            usable = float(k) <= PARETO_LIMIT
            rows.append(
                {
                    "quantity": name,
                    "shift": float(shift),
                    "pareto_k": float(k),
                    "effect": found if usable else None,
                }
            )
    return pd.DataFrame(rows, columns=["quantity", "shift", "pareto_k", "effect"])


def log_ratios(forward: Forward, posterior: xr.Dataset, shift: float) -> Floats:
    """Log of the shifted over the fitted density of every draw, shape (chain, draw)."""
    layout = forward.layout
    program = structural_program(layout)
    shifted = tilted(layout, program, shift)
    points = unconstrained(layout, posterior)
    ratios = np.array(
        [
            [shifted.log_density(point)[0] - program.log_density(point)[0] for point in chain]
            for chain in points
        ]
    )
    return ratios + _items(forward, shift).reshape(ratios.shape)


def tilted(layout: Layout, program: Program, shift: float) -> Program:
    """The same program with every completion counted e^(shift · level) times."""
    found = completions(layout)
    if not found:
        return program
    first = int(program.ints[_sum_operands(program)])
    slots = program.slots.copy()
    ordered = [name for name, column in layout.data.columns.items() if column.kind in _ORDERED]
    slots[first : first + len(found)] += [
        shift * sum(rank for name, rank in item.levels.items() if name in ordered) for item in found
    ]
    return replace(program, slots=slots)


def _sum_operands(program: Program) -> int:
    """Where the operands of the sum over completions stand."""
    (row,) = np.flatnonzero(program.ops[:, 0] == kernel.LOGSUMEXP)
    return int(program.ops[row, 1])


def _items(forward: Forward, shift: float) -> Floats:
    """Log of Σ p(answer) e^(shift · answer) over every missing item, per draw."""
    total = np.zeros(forward.draws)
    for scale in forward.layout.scales:
        if scale.loading is None:
            continue
        variable = forward.data.spec.variables[scale.variable]
        absent = forward.data.items[scale.variable][:, variable.items.index(scale.name)] < 0
        if not absent.any():
            continue
        loading = forward.parameters["loading"][:, [scale.loading]]
        score = loading * forward.observed.values[scale.variable][:, absent]
        below = expit(forward.cuts(scale)[:, np.newaxis] - score[:, :, np.newaxis])
        ends = np.zeros((*score.shape, 1)), np.ones((*score.shape, 1))
        shares = np.diff(np.concatenate([ends[0], below, ends[1]], axis=2), axis=2)
        total += np.log(shares @ np.exp(shift * np.arange(shares.shape[2]))).sum(axis=1)
    return total


def weighted_interval(draws: Floats, shares: Floats, level: float = 0.95) -> Interval:
    """Mean, standard deviation and equal-tailed interval of weighted draws.

    Examples
    --------
    >>> weighted_interval(np.array([0.0, 1.0]), np.array([0.25, 0.75]))["mean"]
    0.75
    """
    mean = float(draws @ shares)
    order = np.argsort(draws)
    reached = np.cumsum(shares[order]) - shares[order] / 2
    tail = (1 - level) / 2
    lower, upper = np.interp([tail, 1 - tail], reached, draws[order])
    spread = float(np.sqrt(((draws - mean) ** 2) @ shares))
    return Interval(mean=mean, sd=spread, lower=float(lower), upper=float(upper), level=level)
