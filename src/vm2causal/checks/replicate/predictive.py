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
from vm2causal.model.data.columns import Cells, Floats
from vm2causal.model.data.structural_data import YEAR
from vm2causal.model.families import Observed

SECTOR: Final = "sector"
"""Group by which counts are also summed up."""

_MOST_DRAWS: Final = 500
_FEWEST_DRAWS: Final = 100
_MOST_VALUES: Final = 2_000_000


def draws_for(units: int) -> int:
    """Number of draws that fits in memory for so many units.

    Parameters
    ----------
    units
        How many, 0 or more.

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
    forward
        Equations of a fit, with its data and posterior draws.
    world
        Its predictors are drawn from.
    by_sector
        Sum up counts by sector too, where the data have sectors.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    found: list[Summary] = []
    for name in forward.layout.predictors_of:
        # a stream per variable: one variable more leaves the others as they were
        rng = np.random.default_rng([seed, *name.encode()])
        for part in forward.layout.family(name).observed(forward, name, world):
            drawn = part.given(part.rows).draw(rng)
            if part.trials is not None and part.pattern is not None:
                found += _of_events(forward, name, part, drawn, by_sector)
            elif part.levels:
                found += _of_levels(name, part, drawn)
            else:
                found += _of_numbers(forward, name, part, drawn)
    return found


def _of_events(
    forward: Forward, name: str, part: Observed, drawn: Floats, by_sector: bool
) -> Iterator[Summary]:
    for year, sector, chosen in _parts_of(forward, forward.data.cells[name], by_sector):
        trials = forward.data.cells[name].trials[chosen].sum()
        if trials:
            yield Summary(
                name,
                "share",
                float(part.seen[chosen].sum() / trials),
                drawn[:, chosen].sum(axis=1) / trials,
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


def _of_levels(name: str, part: Observed, drawn: Floats) -> Iterator[Summary]:
    for rank, level in enumerate(part.levels if len(part.seen) else ()):
        yield Summary(
            name,
            "share",
            float((part.seen == rank).mean()),
            (drawn == rank).mean(axis=1),
            item=part.item,
            level=level,
        )


def _of_numbers(forward: Forward, name: str, part: Observed, drawn: Floats) -> Iterator[Summary]:
    column = forward.data.columns[name]
    values = column.centre + column.scale * drawn
    for statistic, sum_up in (("mean", np.mean), ("sd", np.std)):
        observed = float(sum_up(column.values[part.unit]))
        yield Summary(name, statistic, observed, sum_up(values, axis=1))


def table_of(found: list[Summary]) -> pd.DataFrame:
    """Names and parts of summaries, one row each, with what was observed.

    Parameters
    ----------
    found
        Summaries of the data.

    Returns
    -------
    pandas.DataFrame
        Columns ``variable``, ``item``, ``statistic``, ``level``, ``year``, ``sector``,
        ``observed``; None where a part does not apply.
    """
    names = ("variable", "item", "statistic", "level", "year", "sector", "observed")
    rows = [[getattr(summary, name) for name in names] for summary in found]
    return pd.DataFrame(rows, columns=list(names), dtype=object).astype({"observed": float})
