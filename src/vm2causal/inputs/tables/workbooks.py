"""Excel workbooks (.xlsx) → cells of one sheet."""

from __future__ import annotations

import re
import shlex
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import ErrorCell, plain_cell
from vm2causal.inputs.tables.raw import Grid
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.inputs.tables.sheet_facts import MOST_MERGED, sheet_facts

if TYPE_CHECKING:
    from openpyxl import Workbook

LARGEST_UNPACKED: Final = 500_000_000
"""Most bytes a workbook may hold once unpacked."""

MOST_CELLS: Final = 5_000_000
"""Most cells of a sheet, up to the last in each row."""

_PICTURES: Final = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".tiff", ".bmp")
"""Parts that hold anything, a document type too, and are never read."""

_RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_PICTURE_TARGET: Final = re.compile(
    rb'Target="[^"]*\.(?:' + b"|".join(item[1:].encode() for item in _PICTURES) + rb')"', re.I
)
_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def read_workbook(path: Path, *, sheet: str | None = None) -> Grid:
    """Read the cells of a sheet: the only visible one that holds anything, or the one named.

    Parameters
    ----------
    path
        An .xlsx file.
    sheet
        Name of the sheet; needed where several visible ones hold something.

    Raises
    ------
    StudyError
        When it is protected, of the old format, damaged or too large, or the sheet is not clear or
        not there.
    """
    _refuse_other_formats(path)
    formulas = _refuse_damaged(path)
    try:
        with warnings.catch_warnings():
            # openpyxl warns about styles and extensions, which hold no cells
            warnings.simplefilter("ignore")
            # openpyxl leaves a file open that it fails on, so the file is opened here
            with path.open("rb") as stream:
                grid = _grid(stream, path.name, sheet)
            if formulas:
                with path.open("rb") as stream:
                    grid = _with_uncalculated(grid, stream, path.name)
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
            formulas = False
            for name in archive.namelist():
                # whatever a part is called, another part may say that it is the sheet
                if not name.lower().endswith(_PICTURES):
                    content = archive.read(name)
                    _refuse_picture_as_part(content, path.name)
                    _refuse_declarations(content, path.name)
                    formulas |= name.startswith("xl/worksheets/sheet") and (
                        b"<f>" in content or b"<f " in content
                    )
            return formulas
    except StudyError:
        raise
    except Exception as error:
        # zipfile fails in many ways on damaged archives: structure, checksums, compression
        raise _damaged(path) from error


def _refuse_picture_as_part(content: bytes, name: str) -> None:
    """Pictures are not looked at, so no part that is read may be called like one."""
    for tag in _RELATION.findall(content):
        if b'/image"' not in tag and _PICTURE_TARGET.search(tag):
            raise StudyError(
                "This workbook says that a picture is a part of it to be read.",
                file=name,
                fix="Open it in a spreadsheet program and save it again, or save it as CSV.",
            )


def _refuse_declarations(content: bytes, name: str) -> None:
    """Refuse XML that declares a document type: no workbook does, and entities could expand."""
    plain = content.replace(b"\0", b"")  # in UTF-16 too
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise StudyError(
            "This workbook declares a document type or entities, which no spreadsheet writes.",
            file=name,
            fix="Open it in a spreadsheet program and save it again, or save it as CSV.",
        )


def _damaged(path: Path) -> StudyError:
    return StudyError(
        "This is not an Excel workbook, or it is damaged.",
        file=path.name,
        fix="Open it in a spreadsheet program and save it as .xlsx or CSV.",
    )


def _grid(stream: BinaryIO, name: str, chosen: str | None) -> Grid:
    from openpyxl import load_workbook

    book = load_workbook(stream, read_only=True, data_only=True)
    try:
        sheet, notes = _sheet(book, name, chosen)
        lines = _lines(sheet, name)
        if not any(map(_holds_something, lines)):
            raise StudyError(
                "This sheet is empty.",
                file=name,
                value=sheet.title,
                fix="Put the table on the first sheet, the column names in row 1.",
            )
        facts = sheet_facts(_xml(sheet), width=max(map(len, lines)))
        if len(facts.merged) > MOST_MERGED:
            raise _too_large(name, sheet.title)
    finally:
        book.close()
    return Grid(
        lines=lines,
        sheet=sheet.title,
        notes=(*notes, *facts.notes),
        merged=facts.merged,
        ragged=True,
    )


def _lines(sheet: Any, name: str) -> list[list[Any]]:
    return [[_cell(cell) for cell in row] for row in _rows(sheet, name)]


def _rows(sheet: Any, name: str) -> Iterator[Any]:
    """Rows of a sheet, as long as they are not without end: a file of a few kB may say they are."""
    sheet.reset_dimensions()
    cells = 0
    for row in sheet.iter_rows():
        cells += max(len(row), 1)
        if cells > MOST_CELLS:
            raise _too_large(name, sheet.title)
        yield row


def _too_large(name: str, sheet: str) -> StudyError:
    return StudyError(
        f"A sheet has at most {MOST_CELLS:,} cells, empty ones among others counted.",
        file=name,
        value=sheet,
        fix="Delete empty rows and columns beyond the table, or save it as CSV.",
    )


def _xml(sheet: Any) -> bytes:
    with sheet._get_source() as source:
        return bytes(source.read())


def _holds_something(cells: list[Any]) -> bool:
    return any(cell is not None and cell != "" for cell in cells)


def _sheet(book: Workbook, name: str, chosen: str | None) -> tuple[Any, list[Remark]]:
    """The sheet to read, and what is to be said about the others."""
    sheets: list[Any] = list(book.worksheets)
    by_name = {sheet.title: sheet for sheet in sheets}
    if chosen is not None:
        if chosen not in by_name:
            raise StudyError(
                "This workbook has no such sheet.",
                file=name,
                value=chosen,
                fix=f"It has {', '.join(by_name)}.",
            )
        return by_name[chosen], []
    hidden = [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    filled = [
        sheet
        for sheet in visible
        if any(_holds_something([cell.value for cell in row]) for row in _rows(sheet, name))
    ]
    if len(filled) > 1:
        names = ", ".join(sheet.title for sheet in filled)
        raise StudyError(
            "Several sheets of this workbook hold something.",
            file=name,
            value=names,
            fix=f"Say which is the table: --sheet {shlex.quote(filled[0].title)}, or 'sheet: …' "
            "in a sidecar.",
        )
    notes = [Remark("hidden_sheets", {"names": ", ".join(hidden)})] if hidden else []
    return (filled or visible)[0], notes


def _cell(cell: Any) -> Any:
    if cell.data_type != "e":
        return plain_cell(cell.value)
    return ErrorCell(
        str(cell.value),
        "This cell holds a calculation error.",
        "Mend the formula or empty the cell.",
    )


def _with_uncalculated(grid: Grid, stream: BinaryIO, name: str) -> Grid:
    """The cells with an error where a formula has no stored value: it would read as empty."""
    from openpyxl import load_workbook

    formulas = load_workbook(stream, read_only=True)
    try:
        rows = zip(_rows(formulas[str(grid.sheet)], name), grid.lines, strict=True)
        lines = [list(map(_with_value, row, line)) for row, line in rows]
    finally:
        formulas.close()
    return replace(grid, lines=lines)


def _with_value(formula: Any, value: Any) -> Any:
    """What a cell holds, an error where that is a formula alone."""
    if value is not None or formula.data_type != "f":
        return value
    return ErrorCell(
        str(formula.value),
        "This formula has no value: the workbook was not calculated and saved.",
        "Open and save it in a spreadsheet program, or paste the values.",
    )
