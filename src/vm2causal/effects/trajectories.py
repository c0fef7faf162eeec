"""Where pupils are at each teldatum: as counted, and as the posterior follows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from vm2causal.disclosure import MINIMUM, hidden_groups, protect_shares
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.errors import QueryError
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.data.structural_data import YEAR, StructuralData

STAYING: Final = "binding"
"""The count that says who stays in VM2; without it only the two outcomes are followed."""
VM2: Final = "vm2"
EVERYBODY: Final = "all"
"""Label of the one group there is where pupils are not told apart."""

_STARTERS: Final = "starters"

_GROWING: Final = "sk"
"""Position that nobody leaves again."""

_ELSEWHERE: Final = "elsewhere"
"""Starters in none of the positions that are followed."""

_CHUNK: Final = 500
"""Kinds of starters followed at a time, so that memory does not grow with the study."""


@dataclass(frozen=True)
class _Starters:
    """Starters of one unit and kind: their number, and their pattern in each year (−1: none)."""

    unit: Ints
    number: Floats
    patterns: Ints = field(repr=False)

    def part(self, chosen: npt.NDArray[np.int64]) -> _Starters:
        return _Starters(self.unit[chosen], self.number[chosen], self.patterns[chosen])


def career_trajectories(
    forward: Forward, *, by: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Follow starters from teldatum to teldatum.

    What was counted are yearly shares of those at risk; they are followed through in the same way
    as the posterior's, early leavers returning at the rate of the whole study. Where everybody's
    position is known and nobody returns that is the plain count over the starters.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    by
        A group of the model, such as ``tranche``; None for everybody. In each year only pupils
        count whose tranche has a teldatum then.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group, ``position`` (``vsv``, ``sk``, and ``vm2``: still in VM2, where the
        model has it) and ``year`` since the start: ``starters``, ``observed`` share of them, and
        ``mean``, ``sd``, ``lower``, ``upper`` and ``level`` of the posterior of that share.

    Raises
    ------
    QueryError
        When the data are not careers, or have no such group.
    """
    if not Careers(forward).possible:
        raise QueryError(
            "This fit has no careers: it needs vsv and SK counted at every teldatum.",
            fix="Fit a study whose model has both as counts.",
        )
    starters = _starters(forward.data)
    rows: list[dict[str, Any]] = []
    for group, members in _groups(forward.data, by):
        own = starters.part(np.flatnonzero(members[starters.unit]))
        for year in range(1, own.patterns.shape[1] + 1):
            there = own.part(np.flatnonzero(_years(forward.data)[own.unit] >= year))
            if there.number.sum() > 0:
                rows += _rows(forward, there, group, year, level)
    return pd.DataFrame(rows)


def shown_trajectories(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out of careers what is about too few pupils, and what would give that away.

    Groups of few starters are left out by the rule of
    :func:`~vm2causal.disclosure.hidden_groups`, and years that only few starters less have than
    the last one shown. What was counted is withheld by the rule of
    :func:`~vm2causal.disclosure.protect_shares`: readers know the starters, and the positions
    together with being elsewhere make up all of them. The years of a group are one table: how many
    more or fewer of the same starters are in a position, or elsewhere, in one year than in another
    is as sensitive as how many are.

    Parameters
    ----------
    found
        Of :func:`career_trajectories`.

    Returns
    -------
    pandas.DataFrame
        The rows that may be shown; ``observed`` is NaN where it is withheld.
    """
    if found.empty:
        return found
    starters = {row["group"]: 0.0 for row in row_dicts(found)}
    for row in row_dicts(found):
        starters[row["group"]] = max(starters[row["group"]], row["starters"])
    small = hidden_groups(starters)
    kept = found[~found["group"].map(small) & _years_apart(found)].reset_index(drop=True)
    if kept.empty:
        return kept
    counts, positions = _whole_counts(kept)
    told = {
        place
        for _, years in counts.groupby("group")
        for place in _told(row_dicts(years), positions)
    }
    places = zip(kept["group"], kept["year"], kept["position"], strict=True)
    withheld = np.array([place not in told for place in places])
    return kept.assign(observed=kept["observed"].mask(withheld))


def _told(years: list[dict[str, Any]], positions: list[str]) -> Iterator[tuple[str, int, str]]:
    """Group, year and position of what may be told of one group, whose years are one table."""
    group = years[0]["group"]
    places = {
        _in_year(name, row): (group, row["year"], name) for row in years for name in positions
    }
    wholes = {_in_year(_STARTERS, row): row for row in years}
    numbers = {_in_year(name, row): row[name] for row in years for name in (*positions, _STARTERS)}
    table = pd.DataFrame([{"group": group, **numbers}])
    shares = {_in_year(name, row): whole for whole, row in wholes.items() for name in positions}
    within, apart = _changes(years, positions)
    protected = protect_shares(
        table,
        shares=shares,
        dims=["group"],
        within=within,
        apart=apart,
        adds={whole: [_in_year(name, row) for name in positions] for whole, row in wholes.items()},
        known=table[["group", *wholes]],
    ).table
    return (place for count, place in places.items() if protected[f"{count}_share"].notna().all())


type _Pairs = list[tuple[str, str]]


def _changes(years: list[dict[str, Any]], positions: list[str]) -> tuple[_Pairs, _Pairs]:
    """Counts of the same starters in two years: part and whole, and those that are neither.

    Who qualified stays so and who left VM2 does not come back, as every reader knows. Counts that
    were followed through and rounded need not hold to that.
    """
    within: _Pairs = []
    apart: _Pairs = []
    for before, after in combinations(years, 2):
        if before[_STARTERS] != after[_STARTERS]:
            continue
        for name in positions:
            pair = (_in_year(name, before), _in_year(name, after))
            risen = after[name] - before[name]
            if name == _GROWING and risen >= 0:
                within.append(pair)
            elif name == VM2 and risen <= 0:
                within.append(pair[::-1])
            else:
                # equal counts must seem to differ by the second being more: of elsewhere the
                # earlier one, since in both outcomes there may only be more later
                apart.append(pair[::-1] if name == _ELSEWHERE else pair)
    return within, apart


def _in_year(name: str, row: Mapping[str, Any]) -> str:
    return f"{name} {row['year']}"


def _years_apart(found: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are of years whose starters differ by none or by enough from those before."""
    last: dict[str, int] = {}
    apart: set[tuple[str, int]] = set()
    for row in row_dicts(found.sort_values("year", kind="stable")):
        group, number = row["group"], row["starters"]
        fewer = abs(last.get(group, number) - number)
        if fewer == 0 or fewer >= MINIMUM:
            apart.add((group, row["year"]))
            last[group] = number
    places = zip(found["group"], found["year"], strict=True)
    return pd.Series([place in apart for place in places], index=found.index)


def _whole_counts(found: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Whole pupils per position, one row per group and year; and the names of the positions.

    Shares that were followed through need not be whole pupils: the smaller of those with and
    those without is rounded down.
    """
    shares = found.pivot(index=["group", "year"], columns="position", values="observed")
    starters = found.groupby(["group", "year"])["starters"].first()
    pupils = shares.mul(starters, axis=0).round(6)
    counts = pupils.floordiv(1).where(shares < 0.5, -(-pupils).floordiv(1)).astype(int)
    # rounded up, positions may hold one pupil more than there are starters
    rest = (starters - counts.sum(axis=1)).clip(lower=0)
    counts = counts.assign(**{_ELSEWHERE: rest})
    positions = [str(name) for name in counts.columns]
    return counts.assign(starters=counts.sum(axis=1)).reset_index(), positions


def _years(data: StructuralData) -> Ints:
    return np.asarray(data.years, dtype=np.int64)


def _groups(data: StructuralData, by: str | None) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    if by is None:
        yield EVERYBODY, np.ones(len(data.units), dtype=bool)
        return
    if by not in data.groups:
        raise QueryError(
            "Careers are followed by a group of the model.",
            value=by,
            fix=f"One of: {', '.join(data.groups) or 'none'}.",
        )
    for code, label in enumerate(data.groups[by].labels):
        yield label, data.groups[by].codes == code


def _starters(data: StructuralData) -> _Starters:
    """Pupils by what is known of them at the start."""
    cells, patterns = data.cells["vsv"], data.patterns
    covariates = [name for name in patterns.columns if name != YEAR]
    years = sorted(set(patterns[YEAR]))
    kinds = patterns.groupby(covariates).ngroup() if covariates else patterns[YEAR] * 0
    place = {pair: row for row, pair in enumerate(zip(kinds, patterns[YEAR], strict=True))}
    first = patterns[YEAR].to_numpy()[cells.pattern] == years[0]
    kind_of = kinds.to_numpy()[cells.pattern[first]]
    table = np.array([[place.get((kind, year), -1) for year in years] for kind in kind_of])
    return _Starters(cells.unit[first], cells.trials[first].astype(np.float64), table)


def _rows(
    forward: Forward, starters: _Starters, group: str, year: int, level: float
) -> Iterator[dict[str, Any]]:
    followed = _followed(forward, starters, year)
    counted = _counted(forward.data, np.unique(starters.unit), year)
    for position, draws in followed.items():
        yield {
            "group": group,
            "position": position,
            "year": year,
            "starters": int(starters.number.sum()),
            "observed": counted[position],
            **interval(draws, level),
        }


def _followed(forward: Forward, starters: _Starters, years: int) -> dict[str, Floats]:
    """Draws of the share of starters in each position after so many years."""
    rate = _return_rate(forward)
    total: dict[str, Floats] = {}
    for first in range(0, len(starters.unit), _CHUNK):
        part = starters.part(np.arange(first, min(first + _CHUNK, len(starters.unit))))
        for position, share in _follow(forward, part, years, rate).items():
            total[position] = total.get(position, 0.0) + share @ part.number
    return {position: sums / starters.number.sum() for position, sums in total.items()}


def _follow(forward: Forward, starters: _Starters, years: int, rate: Floats) -> dict[str, Floats]:
    """Shares of each kind of starters, shape (draw, kind)."""
    at_risk = np.ones((forward.draws, len(starters.unit)))
    vsv, sk, vm2 = np.zeros_like(at_risk), np.zeros_like(at_risk), np.ones_like(at_risk)
    for year in range(years):
        leave, qualify = (_hazard(forward, name, starters, year) for name in CAREER_OUTCOMES)
        left, back = at_risk * leave, rate * vsv
        done = (at_risk - left) * qualify
        if STAYING in forward.data.cells:
            vm2 = vm2 * (1 - leave) * (1 - qualify) * _hazard(forward, STAYING, starters, year)
        at_risk, vsv, sk = at_risk - left - done + back, vsv + left - back, sk + done
    found = {"vsv": vsv, "sk": sk}
    return found | {VM2: vm2} if STAYING in forward.data.cells else found


def _hazard(forward: Forward, name: str, starters: _Starters, year: int) -> Floats:
    pattern = starters.patterns[:, year]
    eta = forward.observed.predictors[name, None][:, starters.unit]
    chance: Floats = expit(eta + forward.pattern_part(name)[:, pattern]) * (pattern >= 0)
    return chance


def _return_rate(forward: Forward) -> Floats:
    """Draws of the yearly rate of return, as :class:`Careers` draws them, shape (draw, 1)."""
    returned, out_of = forward.data.returned
    rng = forward.noise("terugkeer")
    return rng.beta(1 + returned, 1 + out_of - returned, (forward.draws, 1))


def _counted(data: StructuralData, units: Ints, years: int) -> dict[str, float]:
    """The same from the counts of the units together."""
    returned, out_of = data.returned
    rate = returned / out_of if out_of else 0.0
    at_risk, vsv, sk, vm2 = 1.0, 0.0, 0.0, 1.0
    for year in range(1, years + 1):
        events, trials = {}, {}
        for name in (*CAREER_OUTCOMES, *({STAYING} & set(data.cells))):
            events[name], trials[name] = _count(data, name, units, year)
        # those who stayed all along, out of all who were enrolled a year before
        if STAYING in data.cells and trials["vsv"]:
            vm2 = at_risk * events[STAYING] / trials["vsv"]
        left, back = at_risk * _share(events["vsv"], trials["vsv"]), rate * vsv
        done = (at_risk - left) * _share(events["sk"], trials["sk"])
        at_risk, vsv, sk = at_risk - left - done + back, vsv + left - back, sk + done
    return {"vsv": vsv, "sk": sk, VM2: vm2}


def _count(data: StructuralData, name: str, units: Ints, year: int) -> tuple[int, int]:
    cells = data.cells[name]
    here = np.isin(cells.unit, units) & (data.patterns[YEAR].to_numpy()[cells.pattern] == year)
    return int(cells.events[here].sum()), int(cells.trials[here].sum())


def _share(events: int, trials: int) -> float:
    return events / trials if trials else 0.0
