"""Tables of counts as they may leave a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.disclosure.layout import APART, CELL, TOTAL, Layout, Relations, placed, relations
from vm2causal.disclosure.suppression import Needs, withhold
from vm2causal.errors import OptionError, TableError

MINIMUM: Final = 10
"""Smallest number of pupils that is shown (Bond, Brandt and De Wolf 2015)."""


class Reason(StrEnum):
    """Why a count is withheld."""

    SMALL = "small"
    COMPLEMENTARY = "complementary"


@dataclass(frozen=True)
class Protected:
    """A table that may be shown.

    Parameters
    ----------
    table
        The rows and columns that were given; withheld counts are NA.
    suppressed
        One row per withheld count: the ``dims``, ``count`` (column) and ``reason``. Not for
        publication: a reader who knows which counts are small knows more than the table says.
    minimum
        Smallest number of pupils shown.
    layout
        How the table is made.
    """

    table: pd.DataFrame
    suppressed: pd.DataFrame = field(repr=False)
    minimum: int
    layout: Layout = field(repr=False)

    @property
    def note_key(self) -> str:
        """Key of the text that belongs under the table; it has the field ``minimum``."""
        if self.suppressed.empty:
            return "disclosure.note_complete"
        return "disclosure.note_shares" if self.layout.zeros_hidden else "disclosure.note"


def protect_counts(
    table: pd.DataFrame,
    *,
    counts: Sequence[str],
    dims: Sequence[str],
    minimum: int = MINIMUM,
    of: Mapping[str, str] | None = None,
    within: Sequence[tuple[str, str]] = (),
    apart: Sequence[tuple[str, str]] = (),
    adds: Mapping[str, Sequence[str]] | None = None,
    known: pd.DataFrame | None = None,
    total: str = TOTAL,
    zeros_hidden: bool = False,
) -> Protected:
    """Withhold small counts, and what else would give them away.

    Every count n with 0 < n < ``minimum`` is withheld. With ``of`` or ``within`` the remainder of a
    whole counts too (9 of 10 reveals 1), and with ``apart`` how far two counts differ. Further
    counts are withheld until, for readers who know everything shown, how the table adds up,
    ``known`` and these rules, each small count, remainder or difference may be anything from 1 (0
    with ``zeros_hidden``) to ``minimum``; no withheld count can be computed.

    Parameters
    ----------
    table
        Tidy, one row per cell; rows with ``total`` in a dimension are totals and are protected
        along. A combination without a row is an empty one, and readers see that.
    counts, dims, of, within, apart, adds, known, total, zeros_hidden
        See :class:`Layout`. A zero in a cross-table is shown unless ``zeros_hidden``: most say
        that there are no such pupils. In a share it says something about everybody in the
        group, so :func:`protect_shares` withholds it.
    minimum
        Smallest number of pupils shown, at least 2.

    Raises
    ------
    TableError
        When totals do not add up, or a count cannot be protected since ``known`` gives it away.
    OptionError
        When ``minimum`` is below 2.

    Examples
    --------
    >>> cells = pd.DataFrame({
    ...     "sector": ["techniek", "landbouw", "economie", "totaal"],
    ...     "vsv": [31, 4, 12, 47],
    ... })
    >>> protect_counts(cells, counts=["vsv"], dims=["sector"]).table["vsv"].tolist()
    [31, <NA>, <NA>, 47]
    """
    if minimum < 2:
        raise OptionError("Cells of one pupil are never shown: the minimum is 2.", value=minimum)
    layout = Layout(
        dims=tuple(dims),
        counts=tuple(counts),
        of=of or {},
        within=tuple(within),
        apart=tuple(apart),
        adds=adds or {},
        known=known,
        total=total,
        zeros_hidden=zeros_hidden,
    )
    linked = relations(table, layout)
    _require_consistent(linked)
    small = _small(linked, minimum, zeros_hidden=zeros_hidden)
    hidden = withhold(linked, _needs(linked, small, minimum))
    return Protected(
        table=_without(table, linked.numbers[hidden], layout),
        suppressed=_reasons(table, linked, hidden, small, layout),
        minimum=minimum,
        layout=layout,
    )


def protect_shares(
    table: pd.DataFrame,
    *,
    shares: Mapping[str, str],
    dims: Sequence[str],
    minimum: int = MINIMUM,
    within: Sequence[tuple[str, str]] = (),
    apart: Sequence[tuple[str, str]] = (),
    adds: Mapping[str, Sequence[str]] | None = None,
    known: pd.DataFrame | None = None,
    total: str = TOTAL,
) -> Protected:
    """Give shares where the pupils with and those without the outcome are both enough.

    Parameters
    ----------
    shares
        Count → the count it is a share of, e.g. ``{"vsv": "vsv_van"}``.
    table, dims, minimum, within, apart, adds, known, total
        As for :func:`protect_counts`.

    Returns
    -------
    Protected
        As :func:`protect_counts`, zeros withheld; the table has a column ``<count>_share``
        (0–1) per share, NA where either count is withheld.

    Examples
    --------
    >>> cells = pd.DataFrame({"sector": ["a", "b"], "sk": [30, 59], "sk_van": [60, 60]})
    >>> protect_shares(cells, shares={"sk": "sk_van"}, dims=["sector"]).table["sk_share"].tolist()
    [0.5, <NA>]
    """
    counts = list(dict.fromkeys([*shares, *shares.values()]))
    protected = protect_counts(
        table,
        counts=counts,
        dims=dims,
        minimum=minimum,
        of=shares,
        within=within,
        apart=apart,
        adds=adds,
        known=known,
        total=total,
        zeros_hidden=True,
    )
    shown = protected.table.copy()
    for part, whole in shares.items():
        trials = shown[whole].astype("Float64")
        shown[f"{part}_share"] = shown[part].astype("Float64") / trials.mask(trials == 0)
    return replace(protected, table=shown)


def _require_consistent(linked: Relations) -> None:
    """Counts are whole, known and not negative, and add up to their totals."""
    values, numbers = linked.values, linked.numbers
    rule = "A count is missing, negative or not a whole number."
    negative = (values < 0) & ~linked.is_kind(APART)
    wrong = np.isnan(values) | negative | (values != np.rint(values))
    if not wrong.any():
        rule = "A total is not the sum of the cells it adds up."
        wrong = linked.sums @ linked.base != values
    if wrong.any():
        first = numbers.iloc[int(np.flatnonzero(wrong)[0])]
        row = int(first["row"]) + 1 or None
        raise TableError(rule, row=row, column=str(first["count"]))


def _small(linked: Relations, minimum: int, *, zeros_hidden: bool) -> np.ndarray:
    smallest, size = 0 if zeros_hidden else 1, np.abs(linked.values)
    found = (size >= smallest) & (size < minimum)
    return np.asarray(found & (linked.is_kind(CELL) | linked.is_difference))


def _needs(linked: Relations, small: np.ndarray, minimum: int) -> Needs:
    lowest = linked.floor.max(initial=0)
    size = np.abs(linked.values)
    less = np.maximum(np.where(small, size - lowest, 0), 0)
    more = np.maximum(np.where(small, minimum - size, 0), 0)
    negative = linked.values < 0
    return Needs(np.where(negative, more, less), np.where(negative, less, more))


def _without(table: pd.DataFrame, withheld: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    shown = table.copy()
    for count in layout.counts:
        gone = np.isin(np.arange(len(table)), withheld.loc[withheld["count"] == count, "row"])
        shown[count] = shown[count].astype("Int64").mask(gone)
    return shown


def _reasons(
    table: pd.DataFrame,
    linked: Relations,
    hidden: np.ndarray,
    small: np.ndarray,
    layout: Layout,
) -> pd.DataFrame:
    reason = np.where(small, Reason.SMALL.value, Reason.COMPLEMENTARY.value)
    listed = placed(table, linked.numbers[hidden], layout)
    return listed.assign(reason=reason[hidden])
