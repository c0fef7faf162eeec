"""The monitor's own χ² tests, recomputed from the published numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from vm2causal.errors import TableError
from vm2causal.inputs.published.consistency import agrees_to_rounding
from vm2causal.inputs.published.denominators import (
    admissible_denominators,
    comparison_percent,
    critical_chi2,
    pearson_phi,
    phi_bounds,
    vm2_counts,
)
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.rows import row_tuples

_ROUNDING_GAP: Final = 50
"""A share with one decimal skips up to some tens of small denominators; that is no hole."""


@dataclass(frozen=True)
class Recomputed:
    """Pearson's χ² (one degree of freedom), its p and the signed φ of one comparison.

    Parameters
    ----------
    chi2
        Pearson's statistic, 0 or more.
    p
        Its upper tail probability, between 0 and 1.
    phi
        Between −1 and 1; positive where the first share is larger.
    """

    chi2: float
    p: float
    phi: float


def pearson_test(events: float, pupils: float, other_events: float, other: float) -> Recomputed:
    """Compare two shares by Pearson's χ² without continuity correction.

    Parameters
    ----------
    events, pupils
        The first share: so many of so many.
    other_events, other
        The share it is compared with: so many of so many.

    Examples
    --------
    >>> test = pearson_test(245, 1044, 6474, 25453)
    >>> round(test.chi2, 3), round(test.p, 3), round(test.phi, 3)
    (2.051, 0.152, -0.009)
    """
    counts = (
        np.asarray(count, dtype=np.float64) for count in (events, pupils, other_events, other)
    )
    phi = float(pearson_phi(*counts))
    chi2 = phi**2 * (pupils + other)
    return Recomputed(chi2, float(stats.chi2.sf(chi2, df=1)), phi)


def replicate_tests(tables: PublishedTables) -> pd.DataFrame:
    """Recompute every reported comparison.

    Where the comparison group's denominator is unpublished, all denominators that fit the printed
    percentages and φ (vsv and SK jointly) are tried; the statistics shown are those of the one
    nearest the middle. Such a test agrees when its printed significance holds for all of them.

    Parameters
    ----------
    tables
        The published tables of the monitor.

    Returns
    -------
    pandas.DataFrame
        One row per reported test: the test's own columns, ``chi2``, ``p``, ``phi_recomputed``,
        ``denominators`` (published or bounded), ``denominator_lower``, ``denominator_upper``
        [pupils], ``denominator_runs`` (first and last of every run of admissible numbers),
        ``chi2_lower``, ``chi2_upper``, ``agrees`` and ``note`` (key and fields of a
        text in the catalogue).
    """
    return pd.DataFrame([_replicate(tables, test) for test in row_tuples(tables.tests)])


def _replicate(tables: PublishedTables, test: Any) -> dict[str, object]:
    pupils = _published_denominator(tables, test)
    row: dict[str, object] = {key: value for key, value in test._asdict().items() if key != "Index"}
    if pupils is None:
        return row | _over_range(tables, test)
    if test.document == "kamerbrief-2012":
        events, own, other = _interim_counts(tables, test, pupils)
    else:
        events, own = vm2_counts(tables, test)
        other = _published_count(tables, test, pupils)
    found = pearson_test(events, own, other, pupils)
    return row | _against_published(test, found, pupils)


def _against_published(test: Any, found: Recomputed, pupils: float) -> dict[str, object]:
    level = 0.05 if np.isnan(test.p_below) else test.p_below
    same_significance = (found.chi2 >= critical_chi2(level)) == test.significant
    same_phi = np.isnan(test.phi) or agrees_to_rounding(abs(test.phi), abs(found.phi), 2)
    if not same_significance:
        note = "replicate.significance_differs"
    elif not same_phi:
        note = "replicate.phi_differs"
    else:
        note = "replicate.agrees"
    return {
        "chi2": found.chi2,
        "p": found.p,
        "phi_recomputed": found.phi,
        "denominators": "published",
        "denominator_lower": pupils,
        "denominator_upper": pupils,
        "chi2_lower": found.chi2,
        "chi2_upper": found.chi2,
        "agrees": same_significance and same_phi,
        "denominator_runs": [[pupils, pupils]],
        "note": note,
        "holds_from": pupils,
        "holds_to": pupils,
    }


def _over_range(tables: PublishedTables, test: Any) -> dict[str, object]:
    where = {"tranche": test.tranche, "group": test.comparison, "selection": test.selection}
    digits = admissible_denominators(tables, **where, use_significance=False)
    if not len(digits):
        raise TableError(
            "No start population fits the printed percentages and φ together.",
            file="tests.csv",
            row=int(test.Index) + 1,
            value=test.id,
            fix="Check φ and the percentages of this group against the document.",
        )
    allowed = digits.astype(np.float64)
    events, own = vm2_counts(tables, test)
    smallest, largest = phi_bounds(tables, test, allowed)
    holds = _significance_holds(test, smallest**2 * (allowed + own), largest**2 * (allowed + own))
    # the admissible number nearest the middle: the range can have holes
    middle = float(allowed[np.abs(np.log(allowed / np.sqrt(allowed[0] * allowed[-1]))).argmin()])
    found = pearson_test(events, own, comparison_percent(tables, test) * middle / 100, middle)
    if holds.all():
        note = "replicate.holds_everywhere"
    elif holds.any():
        note = "replicate.holds_partly"
    else:
        note = "replicate.holds_nowhere"
    holding = allowed[holds] if holds.any() else allowed[:1] * np.nan
    return {
        "chi2": found.chi2,
        "p": found.p,
        "phi_recomputed": found.phi,
        "denominators": "bounded",
        "denominator_lower": allowed[0],
        "denominator_upper": allowed[-1],
        "chi2_lower": float((smallest**2 * (allowed + own)).min()),
        "chi2_upper": float((largest**2 * (allowed + own)).max()),
        "agrees": bool(holds.all()),
        "denominator_runs": _runs(digits),
        "note": note,
        "holds_from": holding[0],
        "holds_to": holding[-1],
    }


def _runs(numbers: npt.NDArray[np.int64]) -> list[list[float]]:
    """First and last of every run of consecutive numbers, short gaps by rounding bridged."""
    edges = np.flatnonzero(np.diff(numbers) > _ROUNDING_GAP)
    starts, ends = np.r_[0, edges + 1], np.r_[edges, len(numbers) - 1]
    return [[float(numbers[a]), float(numbers[b])] for a, b in zip(starts, ends, strict=True)]


def _significance_holds(
    test: Any, smallest: npt.NDArray[np.float64], largest: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Where the printed significance is certain, whatever the rounding hides."""
    if test.significant:
        return np.asarray(smallest >= critical_chi2(test.p_below))
    return np.asarray(largest < critical_chi2(0.05))


def _published_denominator(tables: PublishedTables, test: Any) -> float | None:
    shown = _rows(tables, test)["denominator"].dropna()
    return float(shown.iloc[0]) if len(shown) else None


def _published_count(tables: PublishedTables, test: Any, pupils: float) -> float:
    shown = _rows(tables, test)
    row = shown[(shown["outcome"] == test.outcome) & (shown["date"] == test.date)].iloc[0]
    return row["percent"] * pupils / 100 if pd.isna(row["count"]) else float(row["count"])


def _interim_counts(
    tables: PublishedTables, test: Any, pupils: float
) -> tuple[float, float, float]:
    interim = tables.interim.query("quantity == @test.outcome")
    counts = tables.interim.query("group == 'vm2' and unit == 'count'")
    counts_by_name = counts.set_index("quantity")["value"]
    percent = interim.query("group == @test.comparison and unit == 'percent'")["value"].iloc[0]
    own = float(counts_by_name["start"])
    return float(counts_by_name[test.outcome]), own, percent * pupils / 100


def _rows(tables: PublishedTables, test: Any) -> pd.DataFrame:
    return tables.outcomes.query(
        "tranche == @test.tranche and group == @test.comparison and selection == @test.selection"
    )
