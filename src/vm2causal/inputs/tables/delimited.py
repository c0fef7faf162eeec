"""Delimited text (CSV) → cells: encoding, delimiter and quotes, each settled or named."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.records.dialect import delimiter_of
from vm2causal.inputs.tables.raw import Grid
from vm2causal.inputs.tables.remarks import Remark

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DECLARED: Final = re.compile(r"sep=([,;\t|])(?:\r\n|\r|\n)")
_OTHER_FORMATS: Final = (
    (b"PK\x03\x04", "an Excel workbook", "Name it .xlsx, or save it as CSV."),
    (b"PAR1", "a Parquet file", "Name it .parquet."),
    (b"\xd0\xcf\x11\xe0", "an old or protected Excel file", "Save it as CSV UTF-8 in Excel."),
)


def read_delimited(
    data: bytes, name: str, *, encoding: str | None = None, delimiter: str | None = None
) -> Grid:
    """Split delimited text into cells.

    Parameters
    ----------
    data
        Bytes of the file: UTF-8, UTF-16 or UTF-32 with byte order mark, or Windows-1252.
    name
        Base name of the file, for messages.
    encoding, delimiter
        What the user says they are; found out where not said.

    Raises
    ------
    StudyError
        When it is empty, not text, in an unknown encoding, or a quote is not closed.
    """
    text, found, notes = _decoded(data, name, encoding)
    if not text.strip():
        raise StudyError("This file is empty.", file=name, fix="Put the column names in row 1.")
    _refuse_control_characters(text, name)
    declared = _DECLARED.match(text)
    if declared:
        text = text[declared.end() :]
    mark = delimiter or (declared.group(1) if declared else delimiter_of(text, name))
    lines, numbers = [], []
    for record, line in _records(text, mark or ",", name):
        lines.append(record)
        numbers.append(line + bool(declared))
    return Grid(lines=lines, delimiter=mark, encoding=found, numbers=numbers, notes=notes)


def _decoded(data: bytes, name: str, chosen: str | None) -> tuple[str, str, tuple[Remark, ...]]:
    for magic, what, fix in _OTHER_FORMATS:
        if data.startswith(magic):
            raise StudyError(f"This is {what}, not text.", file=name, fix=fix)
    if chosen:
        return _decode(data, _known_encoding(chosen), name), chosen, ()
    for mark, codec, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data, codec, name), encoding, ()
    if b"\x00" in data:
        raise _not_text(name)
    try:
        return data.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        # every other encoding a Dutch spreadsheet writes without a mark
        text = _decode(data, "cp1252", name)
        return text, "cp1252", (Remark("windows_1252"),)


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
        "".encode(name)  # some codecs are not of text
    except LookupError as error:
        raise StudyError(
            "This encoding is not known.", value=name, fix="Write utf-8, cp1252 or mac_roman."
        ) from error
    return name


def _decode(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise StudyError(
            f"This file is in no known encoding: the byte at offset {error.start} does not belong.",
            file=name,
            value=f"0x{data[error.start]:02x}",
            fix="Save it as CSV UTF-8.",
        ) from error


def _refuse_control_characters(text: str, name: str) -> None:
    if _CONTROL.search(text):
        raise _not_text(name)


def _not_text(name: str) -> StudyError:
    return StudyError(
        "This is not a text file: it holds control characters.",
        file=name,
        fix="Save the table as CSV UTF-8, .xlsx or .parquet, with that ending in its name.",
    )


def _records(text: str, delimiter: str, name: str) -> Iterator[tuple[list[str], int]]:
    """Rows of cells, and the line at which each starts."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    read = 0
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise StudyError(
                _quote_rule(str(error)),
                file=name,
                row=read or None,
                fix='Close the quote; a quote within a cell is written twice: "".',
            ) from error
        read += 1
        yield record, line


def _quote_rule(reason: str) -> str:
    if "unexpected end of data" in reason:
        return "A double quote that opens here is never closed."
    if "field larger than" in reason:
        return "A cell holds more than 131,072 characters; a quote may not be closed."
    return f"The quotes of this row cannot be read: {reason}."
