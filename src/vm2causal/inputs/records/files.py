"""Files with one row per pupil, of any size, read by DuckDB and never loaded in Python.

A file becomes a view of texts in a database that lives in memory, reaches no network, and spills
to a temporary folder that goes away with it. What DuckDB says of a fault may quote a pupil's row:
only the place and the kind of the fault are passed on.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vm2causal.cores import usable_cores
from vm2causal.errors import SizeLimitError, StudyError
from vm2causal.inputs.records.text import as_utf8, read_header
from vm2causal.plain_files import refused, require_plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "512MB"
"""What DuckDB may keep in memory before it uses the temporary folder."""

MOST_THREADS: Final = 8
"""Threads at most: each takes its part of the memory, and a few keep up with a disk."""

_GLOB: Final = {ord(sign): f"[{sign}]" for sign in "*?["}

_FAULTS: Final = {
    "MISSING COLUMNS": "This row has fewer fields than the header.",
    "TOO MANY COLUMNS": "This row has more fields than the header.",
    "UNQUOTED VALUE": "A quotation mark is opened and not closed, or text follows after it.",
}
_PLAIN_KIND: Final = re.compile(
    r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|DATE"
    r"|TIME(STAMP)?([ _](WITH TIME ZONE|S|MS|NS))?|ENUM\([^()]*\)|UUID|INTERVAL"
)
"""What a column of a Parquet file may hold; not lists, structs, maps, unions or bytes."""

_ROW_FIX: Final = "Mend the row, or save the table as CSV again from the program it came from."


@dataclass(frozen=True)
class Records:
    """An open database that holds views of files.

    Parameters
    ----------
    database
        DuckDB in memory.
    folder
        Temporary folder that goes away with it.
    """

    database: DuckDBPyConnection
    folder: Path

    def add(
        self,
        view: str,
        path: Path,
        *,
        required: Sequence[str] = (),
        names: Sequence[str] = (),
    ) -> tuple[str, ...]:
        """Make a view of a CSV or Parquet file, every column as text; return its columns.

        Parameters
        ----------
        required
            Columns that must be there.
        names
            Names that the view gives to columns which are called so in other capitals, as those
            that are required are too.

        Raises
        ------
        StudyError
            When the file is absent, no table, or lacks a required column.
        """
        if not path.exists():
            raise StudyError(
                "This file does not exist.", file=path.name, fix="Put it in the folder."
            )
        fix = "Check its permissions, and that it is a file."
        with refused(StudyError, file=path.name, fix=fix):
            require_plain(path)
            columns, select = (
                self._parquet(path, {name.casefold() for name in (*names, *required)})
                if path.suffix.lower() == ".parquet"
                else self._csv(path)
            )
        known = {name.casefold(): name for name in (*names, *required)}
        given = tuple(known.get(column.casefold(), column) for column in columns)
        _require_columns(given, required, path.name)
        renamed = ", ".join(
            f"{quoted(column)} AS {quoted(name)}"
            for column, name in zip(columns, given, strict=True)
        )
        self.database.execute(f"CREATE TEMP VIEW {view} AS SELECT {renamed} FROM ({select})")
        return given

    def _csv(self, path: Path) -> tuple[tuple[str, ...], str]:
        source = as_utf8(path, self.folder)
        delimiter, columns = read_header(source, path.name)
        named = ", ".join(f"c{number} AS {quoted(name)}" for number, name in enumerate(columns))
        return columns, f"SELECT {named} FROM {_csv_scan(source, delimiter, len(columns))}"

    def _parquet(self, path: Path, wanted: Collection[str]) -> tuple[tuple[str, ...], str]:
        scan = f"read_parquet({literal_path(path)})"
        with reading(path):
            described = self.database.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        for name, kind, *_ in described:
            if str(name).casefold() in wanted:
                _refuse_nested(str(name), str(kind), path.name)
        columns = tuple(str(name) for name, *_ in described)
        texts = ", ".join(
            f"{_as_text(quoted(name), kind)} AS {quoted(name)}" for name, kind, *_ in described
        )
        return columns, f"SELECT {texts} FROM {scan}"


@contextmanager
def open_records() -> Iterator[Records]:
    """Open a database for files of any size; its temporary files go when it closes."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="vm2causal-", ignore_cleanup_errors=True) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": min(usable_cores(), MOST_THREADS),
            "temp_directory": str(Path(folder) / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(":memory:", config=settings) as database:
            database.execute("SET enable_progress_bar = false")
            yield Records(database, Path(folder))


@contextmanager
def reading(*paths: Path) -> Iterator[None]:
    """Turn a fault that DuckDB meets in one of these files into an error without pupils' values.

    Raises
    ------
    StudyError
        With the file, and the row where it is known.
    SizeLimitError
        When memory and disk do not suffice.
    """
    import duckdb

    names = ", ".join(path.name for path in paths)
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.OutOfMemoryException:
        raise SizeLimitError(
            f"{names}: this needs more than {MEMORY} of memory and the free disk space beside it."
        ) from None
    except duckdb.Error as error:
        _raise_when_full(error)
        for path in paths:
            _raise_fault(path)
        raise StudyError(
            "This file cannot be read as the table its name says it is.",
            file=names,
            fix="Write it again as CSV (UTF-8) or Parquet.",
        ) from None


def _raise_when_full(error: Exception) -> None:
    """A disk that is full is no fault of the file; DuckDB tells by its words alone."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        if os.strerror(number) in str(error):
            raise OSError(number, os.strerror(number)) from None


def cleaned(column: str) -> str:
    """SQL for a text without spaces around it, of any kind Unicode has; NULL for nothing left."""
    return f"nullif(trim({column}), '')"


def sql_path(path: Path) -> str:
    """SQL text of a path that is written to."""
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """SQL identifier.

    Examples
    --------
    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def _require_columns(columns: Sequence[str], required: Iterable[str], name: str) -> None:
    for column in required:
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            raise StudyError(
                "This column is missing.",
                file=name,
                column=column,
                fix=f"Rename '{near[0]}' to '{column}'." if near else "Add it.",
            )


def _csv_scan(path: Path, delimiter: str, columns: int, **options: str) -> str:
    kinds = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(columns))
    more = "".join(f", {name} = {value}" for name, value in options.items())
    return (
        f"read_csv({literal_path(path)}, auto_detect = false, header = true, "
        f"delim = '{delimiter}', "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{kinds}}}{more})"
    )


def literal_path(path: Path) -> str:
    """SQL text of a path; signs that DuckDB would take for a pattern stand for themselves."""
    return sql_path(path).translate(_GLOB)


def _as_text(column: str, kind: str) -> str:
    """SQL for a Parquet column as text; whole floats (pandas with NaN) lose their ``.0``."""
    if kind == "VARCHAR":
        return column
    if kind in {"FLOAT", "DOUBLE"}:
        # a cast that fails is no fault here: DuckDB may try it for NaN too, before the condition
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        integer = f"TRY_CAST({column} AS BIGINT)::VARCHAR"
        number = f"CASE WHEN {whole} THEN {integer} ELSE {column}::VARCHAR END"
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {number} END"
    return f"{column}::VARCHAR"


def _refuse_nested(column: str, kind: str, name: str) -> None:
    """Refuse a column that holds more than one value per cell, or no text, number or date."""
    if not _PLAIN_KIND.fullmatch(kind):
        raise StudyError(
            f"A cell holds one text, number or date, not {kind.split('(')[0]}.",
            file=name,
            column=column,
            fix="Save the table without this column, or with plain cells.",
        )


def _raise_fault(path: Path) -> None:
    """Raise the first faulty row of a CSV file, if a second reading finds one."""
    fault = None if path.suffix.lower() == ".parquet" else _first_fault(path)
    if fault is not None:
        line, kind = fault
        raise StudyError(
            _FAULTS.get(kind, "This row cannot be read."),
            file=path.name,
            row=line - 1,
            fix=_ROW_FIX,
        ) from None


def _first_fault(path: Path) -> tuple[int, str] | None:
    """Line and kind of the first fault, when DuckDB can say so."""
    import duckdb

    with open_records() as records:
        source = as_utf8(path, records.folder)
        delimiter, columns = read_header(source, path.name)
        scan = _csv_scan(source, delimiter, len(columns), store_rejects="true")
        try:
            records.database.execute(f"SELECT count(c0) FROM {scan}").fetchall()
        except duckdb.Error:
            return None  # no single row is to blame; the error for the whole file follows
        found = records.database.execute(
            "SELECT line, error_type FROM reject_errors ORDER BY line LIMIT 1"
        ).fetchone()
    return None if found is None else (int(found[0]), str(found[1]))
