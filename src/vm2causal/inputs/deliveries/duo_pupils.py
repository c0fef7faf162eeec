"""Enrolments and diplomas → the course of every pupil who began in an experiment, by DuckDB.

Definitions are in ``docs/adapters.md``. Pupils get new numbers, in an order that says nothing of
their pseudonyms; pseudonyms and birth dates are not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.deliveries.duo_rows import (
    DIPLOMA_COLUMNS,
    ENROLMENT_COLUMNS,
    add_diplomas,
    add_enrolments,
)
from vm2causal.inputs.records.files import open_records, reading, sql_path
from vm2causal.inputs.study.frame import TELDATUM
from vm2causal.inputs.study.problems import raise_errors
from vm2causal.inputs.study.row_rules import RowRule, broken_rows
from vm2causal.inputs.study.schema import MOST_TELDATA

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOMINAL_AGE: Final = 14
"""Age in whole years, on 1 October of year 3, of a pupil who never repeated or skipped a year."""


@dataclass(frozen=True)
class Place:
    """Where and when an experiment began.

    Parameters
    ----------
    row
        Its row in the table of experiments.
    experiment, tranche
        Its name and tranche.
    site
        BRIN and vestiging, six characters.
    codes
        Opleidingen its pupils are enrolled in.
    start
        The count date at which they began.
    """

    row: int
    experiment: str
    tranche: str
    site: str
    codes: tuple[str, ...]
    start: date


def write_pupils(
    enrolments: Path, diplomas: Path, out: Path, *, places: Sequence[Place], file: str
) -> dict[str, list[date]]:
    """Write ``pupils.csv`` and return the teldata of each tranche.

    Parameters
    ----------
    enrolments, diplomas
        Files of the delivery.
    out
        File to write.
    places
        The experiments.
    file
        Name of the table they stand in, for the errors.

    Raises
    ------
    StudyError
        When a row of a file cannot be used, or an experiment has no pupils.
    """
    with open_records() as records:
        database = records.database
        records.add("inschrijvingen", enrolments, required=ENROLMENT_COLUMNS)
        records.add("diplomas", diplomas, required=DIPLOMA_COLUMNS)
        with reading(enrolments, diplomas):
            add_enrolments(database, enrolments.name)
            add_diplomas(database, diplomas.name)
            teldata = _teldata(database, places, file)
            _add_places(database, places, teldata)
            _add_starters(database, enrolments.name)
            _check_places(database, places, file)
            _check_diplomas(database, diplomas.name)
            last = _add_positions(database)
        _write_courses(database, out, last)
    return teldata


def _teldata(
    database: DuckDBPyConnection, places: Sequence[Place], file: str
) -> dict[str, list[date]]:
    """Count dates after the start of each tranche, one a year until the delivery ends."""
    rows = database.execute("SELECT DISTINCT teldatum FROM enrolments").fetchall()
    counted = {day for (day,) in rows}
    teldata: dict[str, list[date]] = {}
    for place in places:
        years = [place.start.replace(year=place.start.year + y) for y in range(MOST_TELDATA + 1)]
        until = max((y for y, day in enumerate(years) if day in counted), default=0)
        absent = [day for day in years[: until + 1] if day not in counted]
        if absent or not until:
            day = absent[0] if absent else years[1]
            raise StudyError(
                f"The delivery holds no enrolments of {day:%d-%m-%Y}, which this tranche needs.",
                file=file,
                row=place.row,
                column="tranche",
                value=place.tranche,
                fix="Ask for the counts of the start and of every year after it.",
            )
        teldata[place.tranche] = years[1 : until + 1]
    return teldata


def _add_places(
    database: DuckDBPyConnection, places: Sequence[Place], teldata: dict[str, list[date]]
) -> None:
    """Tables ``places`` (one row per opleiding of an experiment) and ``years``."""
    database.execute(
        "CREATE TEMP TABLE places (experiment VARCHAR, site VARCHAR, code VARCHAR, start DATE)"
    )
    database.execute("CREATE TEMP TABLE years (experiment VARCHAR, jaar INTEGER, teldatum DATE)")
    for place in places:
        for code in place.codes:
            database.execute(
                "INSERT INTO places VALUES ($1, $2, $3, $4)",
                [place.experiment, place.site, code, place.start],
            )
        for year, day in enumerate(teldata[place.tranche], start=1):
            database.execute("INSERT INTO years VALUES ($1, $2, $3)", [place.experiment, year, day])


def _add_starters(database: DuckDBPyConnection, file: str) -> None:
    """Table ``starters``: every pupil at the first start it was enrolled at."""
    database.execute("""
        CREATE TEMP TABLE began AS
        SELECT e.*, p.experiment, p.start,
            first_value(p.experiment) OVER (PARTITION BY e.pseudoniem ORDER BY e.data_row) AS first
        FROM enrolments AS e
        JOIN places AS p ON e.site = p.site AND e.opleiding = p.code AND e.teldatum = p.start
        QUALIFY p.start = min(p.start) OVER (PARTITION BY e.pseudoniem)
    """)
    rule = RowRule(
        "two_experiments",
        "opleiding",
        "experiment <> first",
        "A pupil begins in one experiment; this one begins in another too, in an earlier row.",
        "Keep the enrolment in the experiment the pupil took part in.",
    )
    raise_errors(broken_rows(database, [rule], view="began", file=file))
    age = "date_sub('year', min_by(geboortedatum, data_row), start)"
    database.execute(f"""
        CREATE TEMP TABLE starters AS
        SELECT pseudoniem, experiment, start,
            min_by(geslacht, data_row) AS geslacht,
            CASE WHEN {age} < {NOMINAL_AGE} THEN 'jonger' WHEN {age} > {NOMINAL_AGE} THEN 'ouder'
                WHEN {age} = {NOMINAL_AGE} THEN 'gemiddeld' END AS leeftijd,
            min_by(lwoo, data_row) AS lwoo
        FROM began GROUP BY pseudoniem, experiment, start
    """)


def _check_places(database: DuckDBPyConnection, places: Sequence[Place], file: str) -> None:
    """Every experiment has pupils; one without is most often a mistyped code."""
    sites = {
        site for (site,) in database.execute("SELECT DISTINCT site FROM enrolments").fetchall()
    }
    begun = database.execute("SELECT DISTINCT experiment FROM starters").fetchall()
    with_pupils = {experiment for (experiment,) in begun}
    for place in places:
        if place.site not in sites:
            raise StudyError(
                "Nobody is enrolled at this BRIN and vestiging.",
                file=file,
                row=place.row,
                column="brin",
                value=place.site,
                fix="Correct them, or ask for the enrolments of this school.",
            )
        if place.experiment not in with_pupils:
            raise StudyError(
                f"Nobody began in this opleiding here on {place.start:%d-%m-%Y}.",
                file=file,
                row=place.row,
                column="opleiding",
                value="|".join(place.codes),
                fix="Correct the opleiding or the tranche, or remove the experiment.",
            )


def _check_diplomas(database: DuckDBPyConnection, file: str) -> None:
    database.execute("""
        CREATE TEMP VIEW qualified_starters AS SELECT q.data_row, q.datum, s.start
        FROM qualified AS q JOIN starters AS s USING (pseudoniem)
    """)
    rule = RowRule(
        "diploma_before_start",
        "datum",
        "datum <= start",
        "A pupil who begins VM2 has no startkwalificatie yet.",
        "Correct the date or the niveau, or remove the pupil from the delivery.",
    )
    raise_errors(broken_rows(database, [rule], view="qualified_starters", file=file))


def _add_positions(database: DuckDBPyConnection) -> int:
    """Table ``positions``: one row per starter and year; return the last year."""
    database.execute("""
        CREATE TEMP TABLE positions AS
        SELECT s.pseudoniem, y.jaar, CASE
            WHEN any_value(q.earned) <= y.teldatum THEN 'sk'
            WHEN bool_or(p.code IS NOT NULL) THEN 'vm2'
            WHEN count(e.pseudoniem) > 0 THEN 'ander_onderwijs'
            ELSE 'vsv' END AS positie
        FROM starters AS s
        JOIN years AS y ON s.experiment = y.experiment
        LEFT JOIN (SELECT pseudoniem, min(datum) AS earned FROM qualified GROUP BY ALL) AS q
            ON s.pseudoniem = q.pseudoniem
        LEFT JOIN enrolments AS e ON s.pseudoniem = e.pseudoniem AND y.teldatum = e.teldatum
        LEFT JOIN places AS p ON s.experiment = p.experiment AND e.opleiding = p.code
        GROUP BY s.pseudoniem, y.jaar, y.teldatum
    """)
    return int(database.execute("SELECT max(jaar) FROM years").fetchall()[0][0])


def _write_courses(database: DuckDBPyConnection, out: Path, last: int) -> None:
    """Write one row per starter, with its position in every year up to ``last``."""
    import duckdb

    columns = [f"{TELDATUM}{year}" for year in range(1, last + 1)]
    courses = ", ".join(
        f"max(positie) FILTER (WHERE jaar = {year}) AS {name}"
        for year, name in enumerate(columns, start=1)
    )
    order = ", ".join(("experiment", "geslacht", "leeftijd", "lwoo", *columns))
    # numbered by what is written, so that the order of pseudonyms cannot be read from it
    query = f"""
        COPY (
            SELECT row_number() OVER (ORDER BY {order}) AS leerling, {order}
            FROM starters JOIN (SELECT pseudoniem, {courses} FROM positions GROUP BY ALL)
                USING (pseudoniem)
            ORDER BY leerling
        ) TO {sql_path(out)} (FORMAT csv, HEADER, DELIMITER ',')
    """
    try:
        database.execute(query)
    except duckdb.IOException:
        raise OutputError(
            "This cannot be written.", value=out.name, fix="See whether the disk is full."
        ) from None
