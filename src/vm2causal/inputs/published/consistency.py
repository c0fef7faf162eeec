"""Do the published numbers agree with each other? Every rule gives its findings a stable id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vm2causal.inputs.published.schema import START_YEAR
from vm2causal.inputs.rows import row_tuples

_ROUNDING_SLACK = 1e-9


@dataclass(frozen=True)
class Contradiction:
    """Two published numbers that cannot both be right.

    ``id`` is ``rule:where``; ``row`` counts data rows from 1.
    """

    id: str
    file: str
    row: int
    column: str
    value: float | str
    rule: str
    expected: str


def find_contradictions(tables: dict[str, pd.DataFrame]) -> list[Contradiction]:
    """Apply every rule to all tables; see the functions below for the rules."""
    return [finding for rule in _RULES for finding in rule(tables)]


def agrees_to_rounding(printed: float, exact: float, decimals: int) -> bool:
    """Whether a printed number can be the rounding of an exact one (either way at a tie).

    Examples
    --------
    >>> agrees_to_rounding(56.2, 100 * 18 / 32, 1), agrees_to_rounding(11, 100 * 8 / 69, 0)
    (True, False)
    """
    return abs(printed - exact) <= 0.5 * 10.0**-decimals + _ROUNDING_SLACK


def _status_percentages(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    for table, decimals in (("2.1-status", 0), ("2.3-sector", 1)):
        part = tables["status"].query("table == @table").copy()
        part["sector"] = part["sector"].fillna("")
        keys = ["tranche", "sector"]
        totals = part.query("status == 'totaal' and unit == 'count'").set_index(keys)["value"]
        counts = part.query("unit == 'count'").set_index([*keys, "status"])["value"]
        for row in row_tuples(part.query("unit == 'percent'")):
            where = (row.tranche, row.sector)
            exact = 100 * counts[(*where, row.status)] / totals[where]
            if not agrees_to_rounding(row.value, exact, decimals):
                yield _percentage_finding("status", row, exact, (table, *where, row.status))


def _status_totals(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    counts = tables["status"].query("unit == 'count'").fillna({"sector": ""})
    for key, part in counts.groupby(["table", "tranche", "sector"], sort=False):
        total = part.query("status == 'totaal'")
        parts = part.query("status != 'totaal'")["value"].sum()
        yield from _sum_finding("status-total", "status", total, parts, key)
    sectors = counts.query("table == '2.3-sector'").groupby(["tranche", "status"])["value"].sum()
    overall = counts.query("table == '2.1-status'")
    for row in row_tuples(sectors.reset_index()):
        total = overall[(overall["tranche"] == row.tranche) & (overall["status"] == row.status)]
        yield from _sum_finding(
            "sector-total", "status", total, row.value, (row.tranche, row.status)
        )


def _pupil_rules(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    pupils = tables["pupils"]
    counts = pupils.query("unit == 'count'")
    for year, part in counts.groupby("school_year", sort=False):
        total = part.query("tranche == 'totaal'")
        parts = part.query("tranche != 'totaal'")["value"].sum()
        yield from _sum_finding("pupils-total", "pupils", total, parts, (year,))
    by_place = counts.set_index(["tranche", "school_year"])["value"]
    starters = counts.groupby("tranche", sort=False)["value"].first()
    for row in row_tuples(pupils.query("unit == 'percent'")):
        exact = 100 * by_place[(row.tranche, row.school_year)] / starters[row.tranche]
        if not agrees_to_rounding(row.value, exact, 1):
            yield _percentage_finding("pupils", row, exact, (row.tranche, row.school_year))
    yield from _never_rising(counts.query("tranche != 'totaal'"))


def _never_rising(counts: pd.DataFrame) -> Iterator[Contradiction]:
    for tranche, part in counts.groupby("tranche", sort=False):
        ordered = part.sort_values("school_year")
        for index in ordered.index[ordered["value"].diff() > 0]:
            year = ordered.loc[index, "school_year"]
            yield Contradiction(
                f"pupils-rise:{tranche}:{year}",
                "pupils.csv",
                int(index) + 1,
                "value",
                float(ordered.loc[index, "value"]),
                "A cohort cannot gain VM2 pupils after its start.",
                f"At most {ordered['value'].shift()[index]:.0f} was expected.",
            )


def _position_rules(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    positions = tables["positions"]
    within = ("sk_binnen_vm2", "sk_buiten_vm2")
    for key, part in positions.groupby(["tranche", "group"], sort=False):
        counts = part.query("unit == 'count'")
        total = counts.query("position == 'totaal'")
        parts = counts.loc[~counts["position"].isin(("totaal", *within)), "value"].sum()
        yield from _sum_finding("positions-total", "positions", total, parts, key)
        inside = counts.loc[counts["position"].isin(within), "value"]
        if len(inside):
            sk = counts.query("position == 'sk'")
            yield from _sum_finding("positions-sk", "positions", sk, inside.sum(), key)
        values = counts.set_index("position")["value"]
        for row in row_tuples(part.query("unit == 'percent'")):
            exact = 100 * values[row.position] / values["totaal"]
            if not agrees_to_rounding(row.value, exact, 1):
                yield _percentage_finding("positions", row, exact, (*key, row.position))


def _outcome_percentages(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    for row in row_tuples(tables["outcomes"].dropna(subset=["count", "denominator"])):
        exact = 100 * row.count / row.denominator
        if not agrees_to_rounding(row.percent, exact, 1):
            key = (row.table, row.tranche, row.group, row.date)
            yield _percentage_finding("outcomes", row, exact, key, column="percent")


def _outcome_time(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    outcomes = tables["outcomes"]
    for row in row_tuples(outcomes):
        start = START_YEAR[str(row.tranche)]
        earlier = row.group in {"voorgaand", "landelijk_voorgaand"}
        expected = {
            "cohort": start - earlier,
            "years_since_start": int(str(row.date)[:4]) - start,
        }
        for column, value in expected.items():
            if getattr(row, column) != value:
                yield Contradiction(
                    f"time:{row.table}:{row.tranche}:{row.group}:{row.date}",
                    "outcomes.csv",
                    int(row.Index) + 1,
                    column,
                    getattr(row, column),
                    "This does not follow from the tranche, the group and the printed date.",
                    f"{value} was expected.",
                )
    yield from _falling_series(outcomes)


def _falling_series(outcomes: pd.DataFrame) -> Iterator[Contradiction]:
    for key, part in outcomes.groupby(["table", "tranche", "group"], sort=False):
        ordered = part.sort_values("years_since_start")
        for index in ordered.index[ordered["percent"].diff() < 0]:
            yield Contradiction(
                f"falls:{':'.join(map(str, key))}:{ordered.loc[index, 'date']}",
                "outcomes.csv",
                int(index) + 1,
                "percent",
                float(ordered.loc[index, "percent"]),
                "A cumulative share cannot fall.",
                f"At least {ordered['percent'].shift()[index]} was expected.",
            )


def _start_populations(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    pupils = tables["pupils"].query("unit == 'count'")
    starters = pupils.groupby("tranche", sort=False)["value"].first()
    vm2 = tables["outcomes"].query("group == 'vm2' and selection == 'all'")
    for row in row_tuples(vm2.dropna(subset=["denominator"])):
        if row.denominator != starters[row.tranche]:
            yield Contradiction(
                f"starters:{row.table}:{row.tranche}:{row.date}",
                "outcomes.csv",
                int(row.Index) + 1,
                "denominator",
                int(row.denominator),
                "The start population differs from the pupils of the first year in pupils.csv.",
                f"{starters[row.tranche]:.0f} was expected.",
            )


def _positions_against_outcomes(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    names = {"onbekend": "vsv", "sk": "sk"}
    published = tables["outcomes"].query("selection == 'all' and date == '2012-10-01'")
    counts = published.set_index(["tranche", "group", "outcome"])["count"]
    part = tables["positions"].query("unit == 'count' and position in ['onbekend', 'sk']")
    for row in row_tuples(part):
        expected = counts[(row.tranche, row.group, names[str(row.position)])]
        if row.value != expected:
            yield Contradiction(
                f"positions-outcomes:{row.tranche}:{row.group}:{row.position}",
                "positions.csv",
                int(row.Index) + 1,
                "value",
                row.value,
                "The count differs from the one in outcomes.csv.",
                f"{expected} was expected.",
            )


def _printed_twice(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    national = tables["outcomes"].query("group in ['landelijk', 'landelijk_voorgaand']")
    keys = ["outcome", "cohort", "years_since_start"]
    for key, part in national.groupby(keys, sort=False):
        different = part[part["percent"] != part["percent"].iloc[0]]
        for row in row_tuples(different.drop_duplicates("percent")):
            first = part.iloc[0]
            yield Contradiction(
                f"printed-twice:{':'.join(map(str, key))}",
                "outcomes.csv",
                int(row.Index) + 1,
                "percent",
                row.percent,
                "The same national cohort is printed twice with different values.",
                f"{first['percent']} stands beside {first['tranche']}.",
            )


def _interim_rules(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    interim = tables["interim"].query("group == 'vm2'")
    counts = interim.query("unit == 'count'").set_index("quantity")["value"]
    for row in row_tuples(interim.query("unit == 'percent' and quantity in ['vsv', 'sk']")):
        exact = 100 * counts[row.quantity] / counts["start"]
        if not agrees_to_rounding(row.value, exact, 1):
            yield _percentage_finding("interim", row, exact, (row.quantity,))
    total = interim.query("unit == 'count' and quantity == 'start'")
    parts = counts.drop("start").sum()
    yield from _sum_finding("interim-total", "interim", total, parts, ("T1",))
    yield from _interim_against_outcomes(tables)


def _interim_against_outcomes(tables: dict[str, pd.DataFrame]) -> Iterator[Contradiction]:
    published = tables["outcomes"].query("selection == 'all' and date == '2011-10-01'")
    final = published.set_index(["tranche", "group", "outcome"])["percent"]
    part = tables["interim"].query("unit == 'percent' and quantity in ['vsv', 'sk']")
    for row in row_tuples(part):
        expected = final[(row.tranche, row.group, row.quantity)]
        if row.value != expected:
            yield Contradiction(
                f"interim-final:{row.tranche}:{row.group}:{row.quantity}",
                "interim.csv",
                int(row.Index) + 1,
                "value",
                row.value,
                "The letter gives another percentage than the final table for 1 October 2011.",
                f"{expected} stands in the final table.",
            )


def _percentage_finding(
    name: str, row: Any, exact: float, key: Iterable[object], column: str = "value"
) -> Contradiction:
    return Contradiction(
        f"percent-of-count:{':'.join(str(part) for part in key if part != '')}",
        f"{name}.csv",
        int(row.Index) + 1,
        column,
        getattr(row, column),
        "The printed percentage does not follow from the printed counts.",
        f"{exact:.2f} was expected.",
    )


def _sum_finding(
    rule: str, name: str, total: pd.DataFrame, parts: float, key: Iterable[object]
) -> Iterator[Contradiction]:
    for row in row_tuples(total):
        if row.value != parts:
            yield Contradiction(
                f"{rule}:{':'.join(str(part) for part in key if part != '')}",
                f"{name}.csv",
                int(row.Index) + 1,
                "value",
                row.value,
                "The printed total is not the sum of its parts.",
                f"{parts:.0f} was expected.",
            )


_RULES: tuple[Callable[[dict[str, pd.DataFrame]], Iterator[Contradiction]], ...] = (
    _status_percentages,
    _status_totals,
    _pupil_rules,
    _position_rules,
    _outcome_percentages,
    _outcome_time,
    _start_populations,
    _positions_against_outcomes,
    _printed_twice,
    _interim_rules,
)
