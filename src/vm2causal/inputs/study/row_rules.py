"""Rules about one row of a file of pupils, and the problems of rows that break them.

A problem names the row and column and holds no cell of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vm2causal.inputs.study.problems import Problem, Severity

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN_ROWS: Final = 20
"""How many rows are named of one rule and column; the rule says how many there are."""


@dataclass(frozen=True)
class RowRule:
    """A rule about one row: ``broken`` is SQL that is true where it is broken."""

    code: str
    column: str
    broken: str
    rule: str
    fix: str
    severity: Severity = "error"


def broken_rows(
    database: DuckDBPyConnection, rules: Sequence[RowRule], *, view: str, file: str
) -> list[Problem]:
    """Problems of the rows of a view that break a rule, in the order of the rules.

    Parameters
    ----------
    database
        Holds the view.
    rules
        In terms of the columns of the view.
    view
        Its column ``data_row`` counts the rows of the file from 1.
    file
        Base name of the file.

    Returns
    -------
    list of Problem
        At most ``SHOWN_ROWS`` per rule; its sentence says how many there are.
    """
    if not rules:
        return []
    wanted = ", ".join(
        f"count(*) FILTER (WHERE {rule.broken}),"
        f" min(data_row, {SHOWN_ROWS}) FILTER (WHERE {rule.broken})"
        for rule in rules
    )
    found = database.execute(f"SELECT {wanted} FROM {view}").fetchall()[0]
    return [
        Problem(
            code=rule.code,
            file=file,
            row=int(row),
            column=rule.column,
            rule=_with_total(rule.rule, total),
            fix=rule.fix,
            severity=rule.severity,
        )
        for rule, total, rows in zip(rules, found[::2], found[1::2], strict=True)
        for row in rows or ()
    ]


def _with_total(rule: str, total: int) -> str:
    """Add to a rule in how many rows it is broken."""
    rows = "1 row breaks this rule." if total == 1 else f"{total} rows break this rule."
    return f"{rule} ({rows})"
