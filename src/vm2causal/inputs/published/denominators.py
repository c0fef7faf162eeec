"""Unpublished start populations, bounded by what the printed digits allow.

A percentage with one decimal, a φ with two and a significance level are each possible for some
numbers of pupils only. The vsv and the SK comparison of a cohort are about the same pupils, so
their bounds hold jointly.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from vm2causal.errors import TableError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.rows import row_tuples

Array = npt.NDArray[np.float64]

LARGEST_COHORT: Final = 60_000
"""No cohort of the leerweg was larger (31,319 in 2005, `maatwerk-2014` 2.2) [pupils]."""

SMALLEST_NATIONAL_SHARE: Final = 0.9
"""National cohorts without a published size: at least this share of the smallest published intake
(20,363 in 2010, `maatwerk-2014` 2.2), at most the largest (31,319 in 2005)."""

_HALF_PERCENT_DIGIT: Final = 0.05
_HALF_PHI_DIGIT: Final = 0.005


_RANGES: Final[WeakKeyDictionary[PublishedTables, pd.DataFrame]] = WeakKeyDictionary()
"""What :func:`denominator_ranges` found, for as long as the tables are kept."""


def pearson_phi(events: Array, pupils: Array, other_events: Array, other_pupils: Array) -> Array:
    """φ of a 2×2 table, signed: negative where the first group has the smaller share.

    φ = (ad − bc) / √((a+b)(c+d)(a+c)(b+d)), so that φ² N is Pearson's χ² without continuity
    correction (Agresti 2013, Categorical Data Analysis, 3.2).

    Examples
    --------
    >>> pearson_phi(np.array(320.0), np.array(1995.0), np.array(3747.0), np.array(22908.0)).round(4)
    np.float64(-0.0023)
    """
    a, b = events, pupils - events
    c, d = other_events, other_pupils - other_events
    product = (a + b) * (c + d) * (a + c) * (b + d)
    with np.errstate(divide="ignore", invalid="ignore"):
        phi: Array = (a * d - b * c) / np.sqrt(product)
    return np.where(product > 0, phi, 0.0)


def admissible_denominators(
    tables: PublishedTables,
    *,
    tranche: str,
    group: str,
    selection: str,
    use_significance: bool,
) -> npt.NDArray[np.int64]:
    """All start populations of a comparison group that the printed numbers allow.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    group
        A national cohort is also held within the published national intake.
    use_significance
        Also require the printed (non-)significance. Leave it out to ask whether that
        significance holds whatever the denominator.

    Returns
    -------
    numpy.ndarray
        Increasing numbers of pupils, shape ``(allowed,)``; empty when the digits contradict.
    """
    pupils = np.arange(1, LARGEST_COHORT + 1, dtype=np.float64)
    allowed = np.ones(len(pupils), dtype=bool)
    if group.startswith("landelijk"):
        smallest, largest = _national_intake(tables)
        allowed &= (pupils >= smallest) & (pupils <= largest)
    shown = _of_group(tables, tranche, group, selection)
    for percent in shown["percent"]:
        low, high = percent_bounds(float(percent))
        allowed &= np.floor(high * pupils + 1e-9) >= np.ceil(low * pupils - 1e-9)
    for test in _tests_with_phi(tables, tranche, group, selection):
        low_phi, high_phi = phi_bounds(tables, test, pupils)
        if not np.isnan(test.phi):
            allowed &= high_phi >= abs(test.phi) - _HALF_PHI_DIGIT
            allowed &= low_phi <= abs(test.phi) + _HALF_PHI_DIGIT
        if use_significance:
            allowed &= _significance_possible(tables, test, pupils)
    return np.flatnonzero(allowed) + 1


def percent_bounds(percent: float) -> tuple[float, float]:
    """Smallest and largest share that rounds to a percentage with one decimal."""
    return max(0.0, percent - _HALF_PERCENT_DIGIT) / 100, (percent + _HALF_PERCENT_DIGIT) / 100


def vm2_counts(tables: PublishedTables, test: Any) -> tuple[float, float]:
    """Number of events and of pupils on the VM2 side of a reported test.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    shown = _of_group(tables, test.tranche, "vm2", test.selection)
    row = shown[(shown["outcome"] == test.outcome) & (shown["date"] == test.date)].iloc[0]
    pupils = float(row["denominator"])
    events = row["percent"] * pupils / 100 if pd.isna(row["count"]) else float(row["count"])
    return events, pupils


def comparison_percent(tables: PublishedTables, test: Any) -> float:
    """Printed percentage on the other side of a reported test.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    shown = _of_group(tables, test.tranche, test.comparison, test.selection)
    match = shown[(shown["outcome"] == test.outcome) & (shown["date"] == test.date)]
    return float(match["percent"].iloc[0])


def phi_bounds(tables: PublishedTables, test: Any, pupils: Array) -> tuple[Array, Array]:
    """Smallest and largest absolute φ for each denominator, over the rounding of the percentage.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    events, own_pupils = vm2_counts(tables, test)
    own = np.full_like(pupils, events), np.full_like(pupils, own_pupils)
    low, high = percent_bounds(comparison_percent(tables, test))
    first = pearson_phi(*own, low * pupils, pupils)
    second = pearson_phi(*own, high * pupils, pupils)
    largest = np.maximum(np.abs(first), np.abs(second))
    smallest = np.where(first * second <= 0, 0.0, np.minimum(np.abs(first), np.abs(second)))
    return smallest, largest


def denominator_ranges(tables: PublishedTables) -> pd.DataFrame:
    """Start population of every tranche, group and selection: known, or a range.

    Parameters
    ----------
    tables
        The published tables of the monitor.

    Returns
    -------
    pandas.DataFrame
        One row per ``tranche, group, selection`` with ``lower`` and ``upper`` [pupils] and
        ``basis``: ``published``, ``same cohort`` (the national cohort's size is published beside
        another tranche), ``bounded`` (by the printed digits) or ``intake`` (by the national
        intake).

    Raises
    ------
    TableError
        When the printed digits of a group contradict each other.

    Notes
    -----
    Every number that could be is tried against every printed digit, so it is done once per tables.
    """
    if tables not in _RANGES:
        groups = tables.outcomes.drop_duplicates(["tranche", "group", "selection"])
        rows = [_range_of(tables, row) for row in row_tuples(groups)]
        _RANGES[tables] = pd.DataFrame(rows).set_index(["tranche", "group", "selection"])
    return _RANGES[tables].copy()


def _range_of(tables: PublishedTables, row: Any) -> dict[str, object]:
    lower, upper, basis = _bounds_of(tables, row)
    return {
        "tranche": row.tranche,
        "group": row.group,
        "selection": row.selection,
        "lower": lower,
        "upper": upper,
        "basis": basis,
    }


def _bounds_of(tables: PublishedTables, row: Any) -> tuple[float, float, str]:
    if not pd.isna(row.denominator):
        return float(row.denominator), float(row.denominator), "published"
    national = str(row.group).startswith("landelijk")
    if national:
        size = _national_size(tables, int(row.cohort))
        if size is not None:
            return size, size, "same cohort"
    allowed = admissible_denominators(
        tables,
        tranche=str(row.tranche),
        group=str(row.group),
        selection=str(row.selection),
        use_significance=True,
    )
    if not len(allowed):
        raise TableError(
            "No start population fits the printed percentages, φ and significance together.",
            file="outcomes.csv",
            row=int(row.Index) + 1,
            value=f"{row.tranche}, {row.group}, {row.selection}",
            fix="Check the percentages and tests.csv of this group against the document.",
        )
    return float(allowed[0]), float(allowed[-1]), "intake" if national else "bounded"


def _of_group(tables: PublishedTables, tranche: str, group: str, selection: str) -> pd.DataFrame:
    shown = tables.outcomes
    return shown[
        (shown["tranche"] == tranche)
        & (shown["group"] == group)
        & (shown["selection"] == selection)
    ]


def _tests_with_phi(tables: PublishedTables, tranche: str, group: str, selection: str) -> list[Any]:
    tests = tables.tests
    mine = tests[
        (tests["tranche"] == tranche)
        & (tests["comparison"] == group)
        & (tests["selection"] == selection)
        & (tests["document"] == "vijf-jaar-vm2")
    ]
    return row_tuples(mine)


def _significance_possible(
    tables: PublishedTables, test: Any, pupils: Array
) -> npt.NDArray[np.bool_]:
    smallest, largest = phi_bounds(tables, test, pupils)
    total = pupils + vm2_counts(tables, test)[1]
    if not test.significant:
        return np.asarray(smallest**2 * total < critical_chi2(0.05))
    possible = largest**2 * total >= critical_chi2(test.p_below)
    if test.p_below == 0.05:
        # p < 0.05 is printed only where p < 0.01 could not be
        possible &= smallest**2 * total < critical_chi2(0.01)
    return np.asarray(possible)


def critical_chi2(level: float) -> float:
    """χ² with one degree of freedom above which p is below ``level``.

    Parameters
    ----------
    level
        Probability that each interval holds, between 0 and 1.
    """
    return float(stats.chi2.isf(level, df=1))


def _national_size(tables: PublishedTables, cohort: int) -> float | None:
    shown = tables.outcomes
    same = shown[(shown["group"] == "landelijk") & (shown["cohort"] == cohort)]
    sizes = same["denominator"].dropna()
    return float(sizes.iloc[0]) if len(sizes) else None


def _national_intake(tables: PublishedTables) -> tuple[float, float]:
    intake = tables.forecasts.query("quantity == 'instroom_bb'")["value"]
    return SMALLEST_NATIONAL_SHARE * float(intake.min()), float(intake.max())
