"""Any researcher's table, as it stands: CSV, Excel, Parquet, SPSS or Stata.

Nothing is interpreted here: which columns are numbers, and what may stand in them, is for who asked
for the table (``inputs.tables.settling`` for a model's table).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.delimited import read_delimited
from vm2causal.inputs.tables.labelled import read_labelled
from vm2causal.inputs.tables.parquet import read_parquet
from vm2causal.inputs.tables.raw import Grid, RawTable, table_of
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.inputs.tables.sidecar import read_sidecar, sidecar_of
from vm2causal.inputs.tables.workbooks import read_workbook
from vm2causal.plain_files import read_plain, refused, require_plain, require_possible

__all__ = ["FORMATS", "RawTable", "read_table"]

LARGEST: Final = 100_000_000
"""Most bytes of a file that is read into memory."""


def read_table(
    path: Path, choices: Choices | None = None, *, errors_stay: bool = False
) -> RawTable:
    r"""Read a table as texts and numbers.

    Parameters
    ----------
    path
        A file that ends in .csv, .txt or .tsv (delimiter comma, semicolon, tab or bar; UTF-8,
        UTF-16 with byte order mark, or Windows-1252), .xlsx, .parquet, .sav or .dta.
    choices
        What the user decides about the reading; goes before what a sidecar says.
    errors_stay
        Let errors in cells stand, for a caller that refuses those of the columns it uses.

    Returns
    -------
    RawTable
        Texts, NA where empty, and what the file holds as numbers; with what was found out about
        the file.

    Raises
    ------
    StudyError
        When the file is absent, empty, too large, damaged or not a table, or a cell holds an
        error; the message names the base name of the file, the row and the column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "scholen.csv"
    ...     _ = file.write_text("school;krimp\nA;1,5\nB;\n", encoding="utf-8")
    ...     table = read_table(file)
    >>> table.delimiter, table.rows["krimp"].isna().tolist()
    (';', [False, True])
    """
    read = _READERS[_checked(path).suffix.lower()]
    sidecar = sidecar_of(path)
    said = read_sidecar(sidecar) if sidecar else Choices()
    chosen = said.overruled_by(choices) if choices else said
    table = table_of(read(path, chosen), path.name, chosen)
    for column in () if errors_stay else table.errors:
        table.refuse_errors(column)
    if sidecar is None:
        return table
    note = Remark("sidecar", {"file": sidecar.name})
    return replace(table, sidecar=sidecar.name, notes=(note, *table.notes))


def _delimited(path: Path, choices: Choices) -> Grid:
    fix = "Read it again once nothing writes to it."
    with refused(StudyError, file=path.name, fix=fix):
        content = read_plain(path, largest=LARGEST)
    return read_delimited(
        content, path.name, encoding=choices.encoding, delimiter=choices.delimiter
    )


def _workbook(path: Path, choices: Choices) -> Grid:
    return read_workbook(path, sheet=choices.sheet)


_READERS: Final[dict[str, Callable[[Path, Choices], Grid]]] = {
    ".csv": _delimited,
    ".txt": _delimited,
    ".tsv": _delimited,
    ".xlsx": _workbook,
    ".parquet": lambda path, choices: read_parquet(path),
    ".sav": lambda path, choices: read_labelled(path),
    ".dta": lambda path, choices: read_labelled(path),
}

FORMATS: Final = tuple(_READERS)
"""Endings of the files that can be read."""


def _checked(path: Path) -> Path:
    """Refuse what is no readable file of a known kind, before anything is read."""
    with refused(StudyError, file=path.name, fix="Check its name and permissions."):
        require_possible(path)
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise StudyError("There is no such file.", file=path.name, fix=_near(path)) from error
        if path.is_dir():
            raise StudyError("This is a folder, not a file.", file=path.name, fix="Name a file.")
        require_plain(path)
        with path.open("rb"):
            pass
    if path.suffix.lower() not in _READERS:
        raise StudyError(
            "Files of this kind are not read.",
            file=path.name,
            value=path.suffix,
            fix=f"Save the table as one of {', '.join(FORMATS)}.",
        )
    if not size:
        raise StudyError(
            "This file is empty.", file=path.name, fix="Put the column names in row 1."
        )
    if size > LARGEST:
        raise StudyError(
            f"A table read into memory has at most {LARGEST:,} bytes.",
            file=path.name,
            value=size,
            fix="Save it as .parquet or take fewer rows; files of pupils may have any size.",
        )
    return path


def _near(path: Path) -> str:
    """Advice with the names in the same folder that look like this one."""
    try:
        # folders too: where a table is asked a study will often do
        there = sorted(path.parent.iterdir())
        names = [item.name for item in there if item.is_file()]
    except OSError:
        return "Its folder cannot be read either; check the path."
    by_case = {item.name.lower(): item.name for item in there}
    close = get_close_matches(path.name.lower(), by_case, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(by_case[name]) for name in close)}?"
    return f"There stands: {', '.join(names[:10])}." if names else "Its folder has no files."
