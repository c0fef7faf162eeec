"""The published tables of the VM2 monitor, read, validated and tidy.

Every number stands in ``data/published/*.csv`` with its document and table. What the sources
contradict among themselves is not mended: it stands in ``quality.csv``. Tables that differ from the
shipped ones are refused, with the first contradiction the log does not list.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd
import pandera.errors

from vm2causal.errors import TableError
from vm2causal.inputs.published.consistency import Contradiction, find_contradictions
from vm2causal.inputs.published.schema import SCHEMAS
from vm2causal.storage import shipped_path

CHECKSUMS: Final = "checksums"
"""Name of the file with the checksum of every table."""


@dataclass(frozen=True, eq=False)
class PublishedTables:
    """All published numbers, one tidy frame per subject; columns as in the codebook.

    ``outcomes`` holds vsv and SK by tranche, group and teldatum; ``status``, ``pupils`` and
    ``positions`` the tables of chapters 2 and 3 of `vijf-jaar-vm2`; ``tests`` its reported
    comparisons; ``interim`` the letter of 2012; ``sites`` the counts of school sites; ``costs``
    and ``forecasts`` the numbers of `maatwerk-2014`; ``quality`` the data-quality log.
    """

    outcomes: pd.DataFrame
    status: pd.DataFrame
    pupils: pd.DataFrame
    positions: pd.DataFrame
    tests: pd.DataFrame
    interim: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame
    forecasts: pd.DataFrame
    quality: pd.DataFrame


def read_published(folder: Path | None = None) -> PublishedTables:
    """Read and validate the published tables.

    Parameters
    ----------
    folder
        Folder with the CSV files; the shipped ``data/published`` by default.

    Raises
    ------
    TableError
        When a file is missing, unreadable or altered; the message names the first value that
        breaks a rule of its column or contradicts another number, where there is one.

    Examples
    --------
    >>> tables = read_published()
    >>> int(tables.outcomes.query("tranche == 'T1' and group == 'vm2'")["denominator"].max())
    1044
    """
    place = folder or shipped_path("data", "published")
    tables = {name: _read_table(place, name) for name in SCHEMAS}
    altered = _altered(place)
    if altered:
        _refuse_contradictions(tables, altered[0])
        raise _altered_error(altered[0])
    return PublishedTables(**tables)


def _altered(folder: Path) -> list[str]:
    """Files that differ from those that were checked against the documents."""
    path = folder / f"{CHECKSUMS}.csv"
    try:
        known = pd.read_csv(path, index_col="file")["sha256"]
    except (OSError, KeyError, ValueError) as error:
        raise TableError(
            "The checksums of the published tables cannot be read.",
            file=path.name,
            fix="Restore it from the package.",
        ) from error
    return [name for name, expected in checksums(folder).items() if known.get(name, "") != expected]


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every published table, whatever its line ends."""
    return {
        f"{name}.csv": sha256(
            (folder / f"{name}.csv").read_bytes().replace(b"\r\n", b"\n")
        ).hexdigest()
        for name in SCHEMAS
    }


def _refuse_contradictions(tables: dict[str, pd.DataFrame], altered: str) -> None:
    """Say what is wrong with altered tables, if a rule finds it."""
    try:
        found = find_contradictions(tables)
    except (KeyError, IndexError, ValueError) as error:
        raise _altered_error(altered, f" A rule missed a number it needs: {error}.") from error
    _refuse_unlisted(found, tables["quality"])


def _altered_error(name: str, detail: str = "") -> TableError:
    return TableError(
        f"This table differs from the one that was checked against the document.{detail}",
        file=name,
        fix="Restore it from the package; what a source got wrong goes into quality.csv instead.",
    )


def _read_table(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    columns = SCHEMAS[name].columns
    try:
        raw = pd.read_csv(path, dtype=str, encoding="utf-8")
    except FileNotFoundError as error:
        raise TableError(
            "This published table is missing.", file=str(path), fix="Restore it from the package."
        ) from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(
            f"This published table cannot be read as CSV: {error}.",
            file=str(path),
            fix="Save it as comma-separated UTF-8, or restore it from the package.",
        ) from error
    _require_columns(raw, list(columns), path)
    typed = pd.DataFrame(
        {column: _typed(raw[column], str(columns[column].dtype), path) for column in columns}
    )
    return _validated(typed, name, path)


def _require_columns(raw: pd.DataFrame, expected: list[str], path: Path) -> None:
    for rule, names in (
        ("A column is missing.", [name for name in expected if name not in raw.columns]),
        ("A column is not in the codebook.", [name for name in raw if name not in expected]),
    ):
        if names:
            raise TableError(
                rule,
                file=path.name,
                value=", ".join(map(str, names)),
                fix=f"The columns are: {', '.join(expected)}.",
            )


def _typed(cells: pd.Series[Any], dtype: str, path: Path) -> pd.Series[Any]:
    if dtype.lower().startswith("str"):
        return cells.astype("str").where(cells.notna(), None)
    if dtype.lower().startswith("bool"):
        values = cells.map({"true": True, "false": False})
        wrong = cells.notna() & values.isna()
        rule = "This must be true or false."
    else:
        values = pd.to_numeric(cells, errors="coerce")
        wrong = cells.notna() & values.isna()
        rule = "This must be a number with a decimal point."
        if "int" in dtype.lower():
            wrong |= values.notna() & (values % 1 != 0)
            rule = "This must be a whole number."
    if wrong.any():
        _refuse_cell(cells, int(wrong.to_numpy().argmax()), rule, path)
    if values.isna().any() and dtype in {"int64", "bool", "float64"}:
        return values  # the schema decides whether it may be empty
    return values.astype(cast(Any, dtype))


def _refuse_cell(cells: pd.Series[Any], position: int, rule: str, path: Path) -> None:
    raise TableError(
        rule,
        file=path.name,
        row=position + 1,
        column=str(cells.name),
        value=cells.iloc[position],
        fix="Restore the table from the package, or correct the cell.",
    )


def _validated(table: pd.DataFrame, name: str, path: Path) -> pd.DataFrame:
    try:
        valid: pd.DataFrame = SCHEMAS[name].validate(table)
    except pandera.errors.SchemaError as error:
        raise _table_error(error, name, path) from error
    return valid


def _table_error(error: pandera.errors.SchemaError, name: str, path: Path) -> TableError:
    cases = error.failure_cases
    first = cases.iloc[0] if isinstance(cases, pd.DataFrame) and len(cases) else None
    index = None if first is None else first.get("index")
    column = error.schema.name if isinstance(error.schema.name, str) else None
    return TableError(
        _rule_in_words(error, column, name),
        file=path.name,
        row=None if index is None or pd.isna(index) else int(index) + 1,
        column=column,
        value=None if first is None else first["failure_case"],
        fix="The codebook data/published/codebook.csv lists what each column may hold.",
    )


def _rule_in_words(error: pandera.errors.SchemaError, column: str | None, name: str) -> str:
    reason = str(error.reason_code)
    if "DUPLICATES" in reason or "UNIQUE" in reason:
        key = SCHEMAS[name].unique or [column or ""]
        return f"The same number stands there twice (rows must differ in {', '.join(key)})."
    if "NULL" in reason:
        return "This may not be empty."
    check = getattr(error, "check", None)
    return f"This value breaks the rule of its column: {getattr(check, 'error', check)}."


def _refuse_unlisted(found: list[Contradiction], quality: pd.DataFrame) -> None:
    listed = set(quality["id"])
    for contradiction in found:
        if contradiction.id not in listed:
            raise TableError(
                contradiction.rule,
                file=contradiction.file,
                row=contradiction.row,
                column=contradiction.column,
                value=contradiction.value,
                fix=(
                    f"{contradiction.expected} Correct the cell; if the source itself prints it, "
                    f"list it in quality.csv as {contradiction.id!r}."
                ),
            )
