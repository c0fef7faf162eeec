"""Data that a fit would generate, summed up beside the data there are.

For each draw of the parameters every variable with a predictor is drawn anew, where it was
observed: counts in their cells, levels and numbers on their units, answers to items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.effects.forward import Forward, World
from vm2causal.model.columns import Cells, Floats, Ints
from vm2causal.model.structural_data import YEAR
from vm2causal.spec.words import Kind

SECTOR: Final = "sector"
"""Group by which counts are also summed up."""

_MOST_DRAWS: Final = 500
_FEWEST_DRAWS: Final = 100
_MOST_VALUES: Final = 2_000_000


def draws_for(units: int) -> int:
    """Number of draws that fits in memory for so many units.

    Examples
    --------
    >>> draws_for(157), draws_for(10_000), draws_for(1_000_000)
    (500, 200, 100)
    """
    return min(_MOST_DRAWS, max(_FEWEST_DRAWS, _MOST_VALUES // max(units, 1)))


@dataclass(frozen=True)
class Summary:
    """One number that sums up a variable, as observed and as generated.

    Parameters
    ----------
    variable, item
        What is summed up; an item of a latent variable.
    statistic
        ``share`` (of events, or of a level), ``mean`` or ``sd``.
    level, year, sector
        Of what part, where it is a part.
    observed
        In the data.
    replicated
        One per draw.
    """

    variable: str
    statistic: str
    observed: float
    replicated: Floats = field(repr=False)
    item: str | None = None
    level: str | None = None
    year: int | None = None
    sector: str | None = None


def summaries(forward: Forward, world: World, *, by_sector: bool, seed: int) -> list[Summary]:
    """Draw every variable of a world anew and sum it up.

    Parameters
    ----------
    world
        Its predictors are drawn from.
    by_sector
        Sum up counts by sector too, where the data have sectors.
    """
    found: list[Summary] = []
    for name, (item, *_) in forward.layout.predictors_of.items():
        # a stream per variable: one variable more leaves the others as they were
        rng = np.random.default_rng([seed, *name.encode()])
        if item.kind is Kind.COUNT:
            found += _of_counts(forward, world, name, by_sector, rng)
        elif item.kind is Kind.LATENT:
            found += _of_items(forward, world, name, rng)
        elif item.kind is Kind.CONTINUOUS:
            found += _of_numbers(forward, world, name, rng)
        else:
            found += _of_levels(forward, world, name, rng)
    return found


def _of_counts(
    forward: Forward, world: World, name: str, by_sector: bool, rng: np.random.Generator
) -> Iterator[Summary]:
    cells = forward.data.cells[name]
    logit = (
        world.predictors[name, None][:, cells.unit] + forward.pattern_part(name)[:, cells.pattern]
    )
    events = rng.binomial(cells.trials, 1 / (1 + np.exp(-logit)))
    for year, sector, chosen in _parts_of(forward, cells, by_sector):
        trials = cells.trials[chosen].sum()
        if trials:
            yield Summary(
                name,
                "share",
                float(cells.events[chosen].sum() / trials),
                events[:, chosen].sum(axis=1) / trials,
                year=year,
                sector=sector,
            )


def _parts_of(
    forward: Forward, cells: Cells, by_sector: bool
) -> Iterator[tuple[int | None, str | None, npt.NDArray[np.bool_]]]:
    """Cells by year, and by year and sector; all of them where there are no years."""
    patterns = forward.data.patterns
    years = patterns[YEAR].to_numpy()[cells.pattern] if YEAR in patterns else None
    everyone = np.ones(len(cells.unit), dtype=bool)
    by_year = (
        [(None, everyone)]
        if years is None
        else [(int(year), years == year) for year in sorted(set(years))]
    )
    for year, chosen in by_year:
        yield year, None, chosen
        group = forward.data.groups.get(SECTOR) if by_sector else None
        for code, label in enumerate(group.labels if group else ()):
            yield year, label, chosen & (group.codes[cells.unit] == code) if group else chosen


def _of_items(
    forward: Forward, world: World, name: str, rng: np.random.Generator
) -> Iterator[Summary]:
    theta = world.predictors[name, None]
    scales = [scale for scale in forward.layout.scales if scale.variable == name]
    for scale, answers in zip(scales, forward.data.items[name].T, strict=True):
        known = answers >= 0
        loading = forward.parameters["loading"][:, [scale.loading or 0]]
        score = (loading * theta)[:, known] + rng.logistic(size=(forward.draws, known.sum()))
        drawn = (score[:, :, np.newaxis] > forward.cuts(scale)[:, np.newaxis]).sum(axis=-1)
        yield from _shares(name, scale.levels, answers[known], drawn, item=scale.name)


def _of_levels(
    forward: Forward, world: World, name: str, rng: np.random.Generator
) -> Iterator[Summary]:
    column = forward.data.columns[name]
    known = ~column.missing
    reached = np.cumsum(forward.level_probabilities(name, world)[:, known], axis=-1)
    uniform = rng.random((forward.draws, int(known.sum()), 1))
    drawn = (uniform > reached[:, :, :-1]).sum(axis=-1)
    yield from _shares(name, column.levels, column.values[known].astype(np.int64), drawn)


def _shares(
    name: str, levels: tuple[str, ...], ranks: Ints, drawn: Ints, *, item: str | None = None
) -> Iterator[Summary]:
    if not len(ranks):
        return
    for rank, level in enumerate(levels):
        yield Summary(
            name,
            "share",
            float((ranks == rank).mean()),
            (drawn == rank).mean(axis=1),
            item=item,
            level=level,
        )


def _of_numbers(
    forward: Forward, world: World, name: str, rng: np.random.Generator
) -> Iterator[Summary]:
    column = forward.data.columns[name]
    known = ~column.missing
    mean = world.predictors[name, None][:, known]
    drawn = mean + forward.residual_sd(name) * rng.standard_normal(mean.shape)
    values = column.centre + column.scale * drawn
    for statistic, sum_up in (("mean", np.mean), ("sd", np.std)):
        observed = float(sum_up(column.values[known]))
        yield Summary(name, statistic, observed, sum_up(values, axis=1))


def table_of(found: list[Summary]) -> pd.DataFrame:
    """Names and parts of summaries, one row each, with what was observed.

    Returns
    -------
    pandas.DataFrame
        Columns ``variable``, ``item``, ``statistic``, ``level``, ``year``, ``sector``,
        ``observed``; None where a part does not apply.
    """
    names = ("variable", "item", "statistic", "level", "year", "sector", "observed")
    rows = [[getattr(summary, name) for name in names] for summary in found]
    return pd.DataFrame(rows, columns=list(names), dtype=object).astype({"observed": float})
