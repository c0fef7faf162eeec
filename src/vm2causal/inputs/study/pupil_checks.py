"""What is wrong in a file of pupils, found without loading it and said without showing a pupil.

Most rules look at one row. They are tried on the distinct combinations of values first, which is
cheap; only a file that breaks one is read again, for the numbers of its rows. A problem never holds
a cell of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vm2causal.inputs.records.files import cleaned, open_records, quoted, reading
from vm2causal.inputs.study.frame import PUPIL_COVARIATES, TELDATUM
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.row_rules import RowRule, broken_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PUPIL: Final = "leerling"


def pupil_problems(
    path: Path,
    *,
    experiments: Collection[str],
    teldata: Mapping[str, int] | None = None,
    tranche_of: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Find what is wrong in a file with one row per pupil.

    Parameters
    ----------
    path
        CSV or Parquet, of any size.
    experiments
        The experiments there are.
    teldata
        By tranche, its number of teldata; without it, or without ``tranche_of``, positions after
        the last teldatum are not looked for.
    tranche_of
        By experiment, its tranche.

    Returns
    -------
    list of Problem
        By rule and column, at most ``SHOWN_ROWS`` rows of each; the rule holds the total. Rows
        count from 1, without the header and blank lines. No problem holds a cell of the file.

    Raises
    ------
    StudyError
        When the file cannot be read or lacks ``leerling`` or ``experiment``.
    """
    from vm2causal.inputs.study.schema import PUPIL_ROWS

    last = _last_teldatum(experiments, teldata or {}, tranche_of or {})
    with open_records() as records:
        columns = records.add(
            "pupils", path, required=(_PUPIL, "experiment"), names=tuple(PUPIL_ROWS.columns)
        )
        positions = sorted(
            name for name in columns if name.removeprefix(TELDATUM) in {"1", "2", "3", "4"}
        )
        covariates = [name for name in PUPIL_COVARIATES if name in columns]
        values = ["experiment", *covariates, *positions]
        rules = [*_identity_rules(), *_value_rules(covariates, positions), *_careers(positions)]
        with reading(path):
            _add_views(records.database, values, last)
            suspected = _suspected(records.database, rules)
            found = broken_rows(records.database, suspected, view="numbered", file=path.name)
            return found + _repeated(records.database, positions, path.name)


def _last_teldatum(
    experiments: Collection[str], teldata: Mapping[str, int], tranche_of: Mapping[str, str]
) -> dict[str, int | None]:
    return {name: teldata.get(tranche_of.get(name, "")) for name in experiments}


def _identity_rules() -> list[RowRule]:
    return [
        RowRule(
            "empty_pupil",
            _PUPIL,
            "nameless",
            "Every row has a pupil.",
            "Give each pupil a number of its own, or remove the row.",
        ),
        RowRule(
            "empty_experiment",
            "experiment",
            "experiment IS NULL",
            "Every pupil belongs to an experiment.",
            "Fill in the experiment, or remove the row.",
        ),
        RowRule(
            "unknown_experiment",
            "experiment",
            "experiment IS NOT NULL AND NOT known",
            "This experiment is not in the table of experiments.",
            "Add it there, or correct its name here; capitals count.",
        ),
    ]


def _value_rules(covariates: Iterable[str], positions: Iterable[str]) -> list[RowRule]:
    from vm2causal.inputs.study.columns import levels_of
    from vm2causal.inputs.study.schema import PUPIL_ROWS

    levels = {name: levels_of(PUPIL_ROWS.columns[name]) for name in (*covariates, *positions)}
    return [
        RowRule(
            "value_not_allowed",
            name,
            f"{name} NOT IN ({', '.join(f"'{level}'" for level in allowed)})",
            f"{name} is one of {', '.join(allowed)}.",
            "Write it as one of these, or leave it empty where it is not known.",
        )
        for name, allowed in levels.items()
    ]


def _careers(positions: Sequence[str]) -> list[RowRule]:
    """Rules about the course of a pupil, for every teldatum it can break at."""
    lost = [
        RowRule(
            "sk_lost",
            later,
            f"{earlier} = 'sk' AND {later} <> 'sk'",
            "A startkwalificatie once earned is kept: after sk comes sk.",
            "Correct one of the two positions.",
        )
        for earlier, later in pairwise(positions)
    ]
    gaps = [
        RowRule(
            "career_gap",
            name,
            f"{name} IS NULL AND coalesce({', '.join(positions[place + 1 :])}) IS NOT NULL",
            "A position is known at a later teldatum and not at this one.",
            "Fill in the position, or empty the later ones.",
        )
        for place, name in enumerate(positions[:-1])
    ]
    beyond = [
        RowRule(
            "after_last_teldatum",
            name,
            f"{name} IS NOT NULL AND last < {name.removeprefix(TELDATUM)}",
            "The pupils of this tranche were not counted at this teldatum.",
            "Empty the position, or add the teldatum to the tranche in study.yaml.",
        )
        for name in positions
    ]
    return [*lost, *gaps, *beyond]


def _add_views(
    database: DuckDBPyConnection, values: Sequence[str], last: Mapping[str, int | None]
) -> None:
    """Views ``numbered`` (one row per pupil) and ``cells`` (one per combination, with ``n``)."""
    names = ", ".join(map(quoted, values))
    tidy = ", ".join(f"{cleaned(quoted(name))} AS {quoted(name)}" for name in values)
    nameless = f"{cleaned(_PUPIL)} IS NULL AS nameless"
    database.execute("CREATE TEMP TABLE known (name VARCHAR, last INTEGER)")
    if last:
        database.execute(
            "INSERT INTO known SELECT unnest($1::VARCHAR[]), unnest($2::INTEGER[])",
            [list(last), list(last.values())],
        )
    joined = "known.name IS NOT NULL AS known, known.last AS last"
    database.execute(f"""
        CREATE TEMP VIEW numbered AS SELECT tidy.*, {joined} FROM (
            SELECT row_number() OVER () AS data_row, {cleaned(_PUPIL)} AS {_PUPIL},
                {nameless}, {tidy}
            FROM pupils) AS tidy
        LEFT JOIN known ON tidy.experiment = known.name
    """)
    database.execute(f"""
        CREATE TEMP VIEW cells AS SELECT tidy.*, {joined} FROM (
            SELECT nameless, {tidy}, n FROM (
                SELECT {nameless}, {names}, count(*) AS n FROM pupils GROUP BY ALL)) AS tidy
        LEFT JOIN known ON tidy.experiment = known.name
    """)


def _suspected(database: DuckDBPyConnection, rules: Sequence[RowRule]) -> list[RowRule]:
    """Rules that some combination of values breaks."""
    sums = ", ".join(f"sum(n) FILTER (WHERE {rule.broken})" for rule in rules)
    totals = database.execute(f"SELECT {sums} FROM cells").fetchall()[0]
    return [rule for rule, total in zip(rules, totals, strict=True) if total]


def _repeated(database: DuckDBPyConnection, positions: Sequence[str], file: str) -> list[Problem]:
    """Problems of pupils with more than one row."""
    hashed = f"hash({cleaned(_PUPIL)})"
    rows, different = database.execute(
        f"SELECT count({cleaned(_PUPIL)}), count(DISTINCT {hashed}) FILTER (WHERE "
        f"{cleaned(_PUPIL)} IS NOT NULL) FROM pupils"
    ).fetchall()[0]
    if rows == different:
        return []
    # equal names have equal hashes; the few with equal hashes are then compared by name
    compared = "".join(
        f", {name} <> first_value({name}) OVER same AS moved_{name}" for name in positions
    )
    database.execute(f"""
        CREATE TEMP TABLE repeated AS SELECT data_row, first_value(data_row) OVER same AS first_row
            {compared}
        FROM numbered
        WHERE hash({_PUPIL}) IN (
            SELECT {hashed} FROM pupils WHERE {cleaned(_PUPIL)} IS NOT NULL
            GROUP BY ALL HAVING count(*) > 1)
        WINDOW same AS (PARTITION BY {_PUPIL} ORDER BY data_row)
    """)
    return broken_rows(database, _repeat_rules(positions), view="repeated", file=file)


def _repeat_rules(positions: Sequence[str]) -> list[RowRule]:
    """Rules about the second and later rows of a pupil."""
    moved = [f"coalesce(moved_{name}, false)" for name in positions]
    duplicate = RowRule(
        "duplicate_pupil",
        _PUPIL,
        f"data_row > first_row AND NOT ({' OR '.join([*moved, 'false'])})",
        "A pupil stands in one row.",
        "Remove all rows of this pupil but one.",
    )
    elsewhere = [
        RowRule(
            "two_positions",
            name,
            f"data_row > first_row AND moved_{name}",
            "A pupil has one position at a teldatum; this one has another in an earlier row.",
            "Find out which row is right and remove the other.",
        )
        for name in positions
    ]
    return [duplicate, *elsewhere]
