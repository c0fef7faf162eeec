"""Delimited text (CSV) → cells: encoding, delimiter and quotes, each settled or named."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.raw import Grid

DELIMITERS: Final = (",", ";", "\t")
"""What may stand between two cells."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DECLARED: Final = re.compile(r"sep=([,;\t])(?:\r\n|\r|\n)")
_SAMPLE: Final = 65_536
_SAMPLE_ROWS: Final = 50
_OTHER_FORMATS: Final = (
    (b"PK\x03\x04", "an Excel workbook", "Name it .xlsx, or save it as CSV."),
    (b"PAR1", "a Parquet file", "Name it .parquet."),
    (b"\xd0\xcf\x11\xe0", "an old or protected Excel file", "Save it as CSV UTF-8 in Excel."),
)


def read_delimited(data: bytes, name: str) -> Grid:
    """Split delimited text into cells.

    Parameters
    ----------
    data
        Bytes of the file: UTF-8, UTF-16 or UTF-32 with byte order mark, or Windows-1252.
    name
        Base name of the file, for messages.

    Raises
    ------
    StudyError
        When it is empty, not text, in an unknown encoding, or a quote is not closed.
    """
    text, encoding, notes = _decoded(data, name)
    if not text.strip():
        raise StudyError("This file is empty.", file=name, fix="Put the column names in row 1.")
    _refuse_control_characters(text, name)
    declared = _DECLARED.match(text)
    if declared:
        text = text[declared.end() :]
    delimiter = declared.group(1) if declared else _delimiter(text, name)
    records = _records(text, delimiter or ",", name)
    header = next((record for record in records if record), [])
    return Grid(
        header=header,
        rows=list(records),
        delimiter=delimiter,
        encoding=encoding,
        decimal="." if delimiter == "," else None,
        notes=notes,
    )


def _decoded(data: bytes, name: str) -> tuple[str, str, tuple[str, ...]]:
    for magic, what, fix in _OTHER_FORMATS:
        if data.startswith(magic):
            raise StudyError(f"This is {what}, not text.", file=name, fix=fix)
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
        return text, "cp1252", ("This file is not UTF-8; it was read as Windows-1252.",)


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


def _delimiter(text: str, name: str) -> str | None:
    """The delimiter that splits the first rows most evenly; None for a single column."""
    scores = {mark: _evenness(text[:_SAMPLE], mark) for mark in DELIMITERS}
    possible = {mark: score for mark, score in scores.items() if score[1] > 1}
    if not possible:
        return None
    best = max(possible.values())
    found = [mark for mark, score in possible.items() if score == best]
    if len(found) > 1:
        raise StudyError(
            "The delimiter of this file is not clear.",
            file=name,
            value=" or ".join(found),
            fix="Put names that hold a delimiter in double quotes.",
        )
    return found[0]


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of rows as wide as the first one, and that width."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(record) for record in islice(reader, _SAMPLE_ROWS) if record]
    except csv.Error:
        # a quote that is not closed is named when the whole file is read
        return 0.0, 2 if delimiter in sample else 1
    even = sum(width == widths[0] for width in widths) if widths else 0
    return even / max(len(widths), 1), widths[0] if widths else 1


def _records(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    read = 0
    while True:
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
        yield record


def _quote_rule(reason: str) -> str:
    if "unexpected end of data" in reason:
        return "A double quote that opens here is never closed."
    if "field larger than" in reason:
        return "A cell holds more than 131,072 characters; a quote may not be closed."
    return f"The quotes of this row cannot be read: {reason}."
