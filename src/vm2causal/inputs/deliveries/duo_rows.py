"""Rows of a DUO-style delivery: what they may hold, and the checked tables made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vm2causal.inputs.records.files import cleaned
from vm2causal.inputs.study.problems import raise_errors
from vm2causal.inputs.study.row_rules import RowRule, broken_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STARTKWALIFICATIES: Final = ("mbo-2", "mbo-3", "mbo-4", "havo", "vwo")
"""Levels of a diploma that give a startkwalificatie."""

_OTHER_LEVELS: Final = ("mbo-1", "vmbo-bb", "vmbo-kb", "vmbo-gl", "vmbo-tl", "praktijkonderwijs")
ENROLMENT_COLUMNS: Final = (
    "pseudoniem",
    "brin",
    "vestiging",
    "teldatum",
    "opleiding",
    "geslacht",
    "geboortedatum",
    "lwoo",
)
DIPLOMA_COLUMNS: Final = ("pseudoniem", "datum", "niveau")
_GESLACHT: Final = {"m": "jongen", "v": "meisje"}
_LWOO: Final = {"j": "ja", "ja": "ja", "n": "nee", "nee": "nee"}
_PLAUSIBLE_AGES: Final = (10, 29)
_DATE_FIX: Final = "Write every date like 01-10-2008."


def add_enrolments(database: DuckDBPyConnection, file: str) -> None:
    """Make the view ``enrolments`` of the view ``inschrijvingen``, its rows checked.

    Its columns are ``data_row``, ``pseudoniem``, ``site`` (BRIN and vestiging), ``opleiding``,
    ``teldatum``, ``geboortedatum``, ``geslacht`` and ``lwoo``, and those the rules are about.

    Raises
    ------
    StudyProblems
        When rows cannot be used.
    """
    # a table keeps the order of the file: rowid counts its rows without a slow numbering
    database.execute(f"""
        CREATE TEMP TABLE enrolments_read AS SELECT
            {cleaned("pseudoniem")} AS pseudoniem,
            upper({cleaned("brin")}) AS brin,
            {cleaned("vestiging")} AS vestiging,
            {cleaned("opleiding")} AS opleiding,
            {_day("teldatum")} AS teldatum,
            {cleaned("geboortedatum")} IS NOT NULL AS born,
            {_day("geboortedatum")} AS geboortedatum,
            lower({cleaned("geslacht")}) AS geslacht_read,
            lower({cleaned("lwoo")}) AS lwoo_read
        FROM inschrijvingen
    """)
    database.execute(f"""
        CREATE TEMP VIEW enrolments AS SELECT
            rowid + 1 AS data_row,
            *,
            brin || vestiging AS site,
            {_mapped("geslacht_read", _GESLACHT)} AS geslacht,
            {_mapped("lwoo_read", _LWOO)} AS lwoo
        FROM enrolments_read
    """)
    raise_errors(broken_rows(database, _enrolment_rules(), view="enrolments", file=file))


def _enrolment_rules() -> list[RowRule]:
    lowest, highest = _PLAUSIBLE_AGES
    return [
        _filled("pseudoniem"),
        _filled("opleiding"),
        _is_day("teldatum"),
        RowRule(
            "not_a_teldatum",
            "teldatum",
            "month(teldatum) <> 10 OR day(teldatum) <> 1",
            "A teldatum is 1 October.",
            "Keep the counts of 1 October only; the day comes first, then the month.",
        ),
        RowRule(
            "not_a_brin",
            "brin",
            "NOT coalesce(regexp_full_match(brin, '[0-9]{2}[A-Z]{2}'), false)",
            "A BRIN has two digits and two letters.",
            "Write it like 00AB.",
        ),
        RowRule(
            "not_a_vestiging",
            "vestiging",
            "NOT coalesce(regexp_full_match(vestiging, '[0-9]{2}'), false)",
            "A vestiging has two digits.",
            "Write it like 01; a spreadsheet takes the zero away.",
        ),
        RowRule(
            "not_a_date",
            "geboortedatum",
            "born AND geboortedatum IS NULL",
            "A date is written day-month-year.",
            _DATE_FIX,
        ),
        RowRule(
            "implausible_age",
            "geboortedatum",
            f"date_sub('year', geboortedatum, teldatum) NOT BETWEEN {lowest} AND {highest}",
            "A pupil counted here has an age that a pupil can have.",
            "Correct the date, or leave it empty.",
        ),
        _one_of("geslacht", (*_GESLACHT, "o")),
        _one_of("lwoo", tuple(_LWOO)),
    ]


def add_diplomas(database: DuckDBPyConnection, file: str) -> None:
    """Make the view ``qualified`` of the view ``diplomas``, its rows checked.

    It holds the diplomas that give a startkwalificatie: ``data_row``, ``pseudoniem``, ``datum``.

    Raises
    ------
    StudyProblems
        When rows cannot be used.
    """
    database.execute(f"""
        CREATE TEMP TABLE diplomas_read AS SELECT
            {cleaned("pseudoniem")} AS pseudoniem,
            {_day("datum")} AS datum,
            lower({cleaned("niveau")}) AS niveau_read
        FROM diplomas
    """)
    database.execute(
        "CREATE TEMP VIEW diplomas_numbered AS SELECT rowid + 1 AS data_row, * FROM diplomas_read"
    )
    rules = [
        _filled("pseudoniem"),
        _is_day("datum"),
        _one_of("niveau", (*STARTKWALIFICATIES, *_OTHER_LEVELS), may_be_empty=False),
    ]
    raise_errors(broken_rows(database, rules, view="diplomas_numbered", file=file))
    database.execute(f"""
        CREATE TEMP VIEW qualified AS SELECT data_row, pseudoniem, datum
        FROM diplomas_numbered WHERE niveau_read IN ({_texts(STARTKWALIFICATIES)})
    """)


def _day(column: str) -> str:
    """SQL for a date written day-month-year; NULL when it is not."""
    text = cleaned(column)
    return (
        f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,2}}-[0-9]{{1,2}}-[0-9]{{4}}') "
        f"THEN try_strptime({text}, '%d-%m-%Y')::DATE END"
    )


def _mapped(column: str, words: dict[str, str]) -> str:
    cases = " ".join(f"WHEN '{read}' THEN '{written}'" for read, written in words.items())
    return f"CASE {column} {cases} END"


def _texts(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _filled(column: str) -> RowRule:
    return RowRule(
        "empty",
        column,
        f"{column} IS NULL",
        "This may not be empty.",
        "Fill it in, or remove the row.",
    )


def _is_day(column: str) -> RowRule:
    return RowRule(
        "not_a_date", column, f"{column} IS NULL", "A date is written day-month-year.", _DATE_FIX
    )


def _one_of(column: str, values: Sequence[str], *, may_be_empty: bool = True) -> RowRule:
    empty = "" if may_be_empty else f"{column}_read IS NULL OR "
    return RowRule(
        "value_not_allowed",
        column,
        f"{empty}{column}_read NOT IN ({_texts(values)})",
        f"{column} is one of {', '.join(values)}; capitals do not count.",
        "Write it as one of these." + (" Empty is allowed." if may_be_empty else ""),
    )
