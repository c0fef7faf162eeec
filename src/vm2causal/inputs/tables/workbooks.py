"""Excel workbooks (.xlsx) → cells of their first sheet."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import cell_text, column_letter
from vm2causal.inputs.tables.raw import Grid

if TYPE_CHECKING:
    from openpyxl import Workbook

LARGEST_UNPACKED: Final = 500_000_000
"""Most bytes a workbook may hold once unpacked."""

_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def read_workbook(path: Path) -> Grid:
    """Read the cells of the first sheet.

    Parameters
    ----------
    path
        An .xlsx file.

    Raises
    ------
    StudyError
        When it is protected, of the old format, damaged or too large, or a cell holds an error or
        a formula that was never calculated.
    """
    _refuse_other_formats(path)
    formulas = _refuse_damaged(path)
    try:
        with warnings.catch_warnings():
            # openpyxl warns about styles and extensions, which hold no cells
            warnings.simplefilter("ignore")
            # openpyxl leaves a file open that it fails on, so the file is opened here
            with path.open("rb") as stream:
                grid = _grid(stream, path.name)
            if formulas:
                with path.open("rb") as one, path.open("rb") as other:
                    _refuse_uncalculated(one, other, path.name)
            return grid
    except StudyError:
        raise
    except Exception as error:
        # a damaged workbook makes openpyxl fail in any way its XML happens to break
        raise _damaged(path) from error


def _refuse_other_formats(path: Path) -> None:
    data = path.read_bytes()
    if data.startswith(_OLD_FORMAT):
        protected = _ENCRYPTED in data
        raise StudyError(
            "This workbook is protected by a password."
            if protected
            else "This workbook is in the old .xls format.",
            file=path.name,
            fix="Save it without a password." if protected else "Save it as .xlsx.",
        )


def _refuse_damaged(path: Path) -> bool:
    """Refuse what is no workbook or unpacks too large; say whether a sheet holds formulas."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
            if size > LARGEST_UNPACKED:
                raise StudyError(
                    f"This workbook unpacks to more than {LARGEST_UNPACKED:,} bytes.",
                    file=path.name,
                    value=size,
                    fix="Save the table as CSV or Parquet.",
                )
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
            return any(
                b"<f>" in content or b"<f " in content for content in map(archive.read, sheets)
            )
    except StudyError:
        raise
    except Exception as error:
        # zipfile fails in many ways on damaged archives: structure, checksums, compression
        raise _damaged(path) from error


def _damaged(path: Path) -> StudyError:
    return StudyError(
        "This is not an Excel workbook, or it is damaged.",
        file=path.name,
        fix="Open it in a spreadsheet program and save it as .xlsx or CSV.",
    )


def _grid(stream: BinaryIO, name: str) -> Grid:
    from openpyxl import load_workbook

    book = load_workbook(stream, read_only=True, data_only=True)
    try:
        rows = _text_rows(book, name)
        header = next((row for row in rows if any(cell.strip() for cell in row)), None)
        if header is None:
            raise StudyError(
                "This sheet is empty.",
                file=name,
                value=book.worksheets[0].title,
                fix="Put the table on the first sheet, the column names in row 1.",
            )
        # a sheet ends each row at its last cell, so rows differ in length without being ragged
        width = len(header)
        body = [row + [""] * (width - len(row)) for row in rows]
        notes = _notes(book)
    finally:
        book.close()
    return Grid(header=header, rows=_trimmed(body, width), decimal=".", notes=notes)


def _notes(book: Workbook) -> tuple[str, ...]:
    first, *others = (sheet.title for sheet in book.worksheets)
    if not others:
        return ()
    return (f"Only the first sheet was read ({first}); also there: {', '.join(others)}.",)


def _trimmed(rows: list[list[str]], width: int) -> list[list[str]]:
    """Cut empty cells beyond the header; what is filled there stays, to be named as ragged."""
    return [row if any(cell.strip() for cell in row[width:]) else row[:width] for row in rows]


def _text_rows(book: Workbook, name: str) -> Iterator[list[str]]:
    sheet: Any = book.worksheets[0]
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows()):
        yield [_text(cell, name, number, place) for place, cell in enumerate(row, start=1)]


def _text(cell: Any, name: str, row: int, place: int) -> str:
    if cell.data_type != "e":
        return cell_text(cell.value, file=name, row=row, place=place)
    raise StudyError(
        "This cell holds a calculation error.",
        file=name,
        row=row or None,
        column=column_letter(place),
        value=str(cell.value),
        fix="Mend the formula or empty the cell.",
    )


def _refuse_uncalculated(one: BinaryIO, other: BinaryIO, name: str) -> None:
    """Refuse formulas without a stored value: their cells would read as empty."""
    from openpyxl import load_workbook

    formulas = load_workbook(one, read_only=True)
    values = load_workbook(other, read_only=True, data_only=True)
    try:
        sheets: list[Any] = [book.worksheets[0] for book in (formulas, values)]
        both = zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
        cells = chain.from_iterable(
            ((row, place, *pair) for place, pair in enumerate(zip(*pairs, strict=True), start=1))
            for row, pairs in enumerate(both)
        )
        for row, place, formula, value in cells:
            if formula.data_type == "f" and value.value is None:
                raise StudyError(
                    "This formula has no value: the workbook was not calculated and saved.",
                    file=name,
                    row=row or None,
                    column=column_letter(place),
                    fix="Open and save it in a spreadsheet program, or paste the values.",
                )
    finally:
        formulas.close()
        values.close()
