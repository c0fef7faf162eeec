"""The adapter ``duo``: enrolments and diplomas as DUO counts them, and a table of experiments.

Files of pupils are joined by DuckDB and may have any size; the table of experiments is small.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.deliveries.duo_pupils import Place, write_pupils
from vm2causal.inputs.published.schema import START_YEAR
from vm2causal.inputs.study.frame import Origin
from vm2causal.inputs.study.schema import CODEBOOK_VERSION
from vm2causal.inputs.study.schema import EXPERIMENTS as EXPERIMENT_COLUMNS
from vm2causal.inputs.study.settings import SCHEMA, SETTINGS_FILE
from vm2causal.inputs.tables.headers import other_capitals
from vm2causal.inputs.tables.reading import read_table
from vm2causal.storage import write_atomically

ENROLMENTS: Final = "inschrijvingen.csv"
DIPLOMAS: Final = "diplomas.csv"
EXPERIMENTS: Final = "experimenten.csv"

_REQUIRED: Final = ("experiment", "brin", "vestiging", "opleiding", "sector", "tranche")
_PLACE_COLUMNS: Final = ("brin", "vestiging", "opleiding", "start")
"""Columns that find the pupils; the others go to the study as they are."""

_YEARS: Final = range(1990, 2101)

_FORMS: Final = {
    "brin": (r"\d\d[A-Z]{2}", "A BRIN has two digits and two letters.", "Write it like 00AB."),
    "vestiging": (r"\d\d", "A vestiging has two digits.", "Write it like 01, with the zero."),
}


@dataclass(frozen=True)
class DuoDelivery:
    """Reads a DUO-style delivery; its files and definitions are in ``docs/adapters.md``."""

    name: str = "duo"
    needs: tuple[str, ...] = (ENROLMENTS, DIPLOMAS, EXPERIMENTS)

    def reads(self, source: Path) -> bool:
        """Whether the three files are there."""
        return all((source / name).is_file() for name in self.needs)

    def to_study(self, source: Path, folder: Path) -> tuple[Path, ...]:
        """Write ``study.yaml``, ``experiments.csv`` and ``pupils.csv``.

        Raises
        ------
        StudyError
            With file, row, column, rule and mend.
        """
        read = read_table(source / EXPERIMENTS)
        wanted = (*_REQUIRED, "start", *EXPERIMENT_COLUMNS.columns)
        table = read.renamed(other_capitals(list(read.rows.columns), wanted, EXPERIMENTS)).rows
        places, starts = _places(table)
        pupils, settings = folder / "pupils.csv", folder / SETTINGS_FILE
        teldata = write_pupils(
            source / ENROLMENTS, source / DIPLOMAS, pupils, places=places, file=EXPERIMENTS
        )
        write_atomically(settings, _settings(source.resolve().name, starts, teldata))
        experiments = write_atomically(folder / "experiments.csv", _experiments(table))
        return settings, experiments, pupils


def _places(table: pd.DataFrame) -> tuple[list[Place], dict[str, date]]:
    """Where and when each experiment began, and the start of each tranche."""
    for column in _REQUIRED:
        if column not in table.columns:
            raise StudyError(
                "This column is missing.", file=EXPERIMENTS, column=column, fix="Add it."
            )
    if table.empty:
        raise StudyError(
            "This table has a header and no rows.",
            file=EXPERIMENTS,
            fix="Fill it in, one row per experiment.",
        )
    places: list[Place] = []
    starts: dict[str, date] = {}
    taken: set[tuple[object, ...]] = set()
    for row, record in zip(table.index, table.to_dict("records"), strict=True):
        cells = {str(name): None if pd.isna(cell) else str(cell) for name, cell in record.items()}
        place = _place(cells, int(str(row)))
        if starts.setdefault(place.tranche, place.start) != place.start:
            raise _fault("A tranche has one start.", cells, place.row, "start", "Correct it.")
        for code in place.codes:
            if (place.site, code, place.start) in taken:
                raise _fault(
                    "Another experiment began in the same place and opleiding at this date.",
                    cells,
                    place.row,
                    "opleiding",
                    "Give each experiment an opleiding of its own, or make one of the two.",
                )
            taken.add((place.site, code, place.start))
        if any(place.experiment == other.experiment for other in places):
            raise _fault(
                "An experiment stands in one row.",
                cells,
                place.row,
                "experiment",
                "Rename one; more than one opleiding are written as 90001|90002.",
            )
        places.append(place)
    return places, starts


def _place(cells: Mapping[str, str | None], row: int) -> Place:
    for column in _REQUIRED:
        if cells[column] is None:
            raise StudyError(
                "This may not be empty.",
                file=EXPERIMENTS,
                row=row,
                column=column,
                fix="Fill it in.",
            )
    texts = {column: cells[column] or "" for column in _REQUIRED}
    texts["brin"] = texts["brin"].upper()
    for column, (form, rule, fix) in _FORMS.items():
        if not re.fullmatch(form, texts[column]):
            raise _fault(rule, cells, row, column, fix)
    return Place(
        row=row,
        experiment=texts["experiment"],
        tranche=texts["tranche"],
        site=texts["brin"] + texts["vestiging"],
        codes=tuple(dict.fromkeys(code.strip() for code in texts["opleiding"].split("|"))),
        start=_start(cells, texts["tranche"], row),
    )


def _start(cells: Mapping[str, str | None], tranche: str, row: int) -> date:
    """The count date at which the pupils of a tranche began."""
    given = cells.get("start")
    if given is None:
        if tranche in START_YEAR:
            return date(START_YEAR[tranche], 10, 1)
        raise _fault(
            f"When this tranche began is known of {', '.join(START_YEAR)} only.",
            cells,
            row,
            "tranche",
            "Add a column start with the first teldatum, like 01-10-2008.",
        )
    try:
        start = datetime.strptime(given, "%d-%m-%Y").date()
    except ValueError:
        raise _fault(
            "A date is written day-month-year.", cells, row, "start", "Write it like 01-10-2008."
        ) from None
    if (start.month, start.day) != (10, 1) or start.year not in _YEARS:
        raise _fault(
            f"A teldatum is 1 October of {_YEARS[0]} to {_YEARS[-1]}.",
            cells,
            row,
            "start",
            "Write it like 01-10-2008.",
        )
    return start


def _fault(
    rule: str, cells: Mapping[str, str | None], row: int, column: str, fix: str
) -> StudyError:
    return StudyError(
        rule, file=EXPERIMENTS, row=row, column=column, value=cells.get(column), fix=fix
    )


def _settings(title: str, starts: Mapping[str, date], teldata: Mapping[str, list[date]]) -> str:
    import yaml

    content = {
        "schema": SCHEMA,
        "title": title,
        "origin": Origin.REAL.value,
        "codebook_version": CODEBOOK_VERSION,
        "tranches": {
            tranche: {"start": start, "teldata": teldata[tranche]}
            for tranche, start in sorted(starts.items())
        },
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _experiments(table: pd.DataFrame) -> str:
    """Text of ``experiments.csv``; a school without a name is called by BRIN and vestiging."""
    site = table["brin"].str.upper() + table["vestiging"]
    study = table.drop(columns=[name for name in _PLACE_COLUMNS if name in table.columns])
    if "school" not in study.columns:
        study.insert(1, "school", site)
    return study.to_csv(index=False, lineterminator="\n")
