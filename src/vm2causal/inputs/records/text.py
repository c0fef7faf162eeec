"""What kind of CSV text a file of any size is: encoding, delimiter and column names."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.records.dialect import SAMPLE, delimiter_of

_CHUNK: Final = 1 << 20


def as_utf8(path: Path, folder: Path) -> Path:
    """Return the file itself when it is UTF-8, else a copy of its cp1252 text in ``folder``.

    Raises
    ------
    StudyError
        When it is neither, or no text at all.
    """
    if _is_utf8(path):
        return path
    copy = folder / f"{len(list(folder.iterdir()))}-{path.name}"
    try:
        with (
            path.open(encoding="cp1252", newline="") as old,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            for chunk in iter(lambda: old.read(_CHUNK), ""):
                new.write(chunk)
    except UnicodeDecodeError:
        raise StudyError(
            "This file is text in neither UTF-8 nor cp1252.",
            file=path.name,
            fix="Save it as CSV in UTF-8.",
        ) from None
    return copy


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                if b"\0" in chunk:
                    raise StudyError(
                        "This file holds bytes that no CSV file holds.",
                        file=path.name,
                        fix="Save it as CSV in UTF-8 (not UTF-16), or as Parquet.",
                    )
                if decoder.getstate()[0] or not chunk.isascii():
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def read_header(path: Path, name: str) -> tuple[str, tuple[str, ...]]:
    """Find the delimiter and column names of a text in UTF-8.

    ``name`` is what the user calls the file, for the errors.

    Raises
    ------
    StudyError
        When there is no header, or a name is blank or stands twice.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline(_CHUNK)
        more = stream.read(SAMPLE)
    if not first.strip():
        raise StudyError(
            "This file has no header.", file=name, fix="Begin it with a row of column names."
        )
    # the last row of the sample may be cut off
    sample = first + more[: more.rfind("\n") + 1 if len(more) == SAMPLE else None]
    delimiter = delimiter_of(sample, name) or ","
    columns = tuple(column.strip() for column in next(csv.reader([first], delimiter=delimiter)))
    if "" in columns:
        raise StudyError(
            f"Column {columns.index('') + 1} has no name.",
            file=name,
            fix="Name it in the header, or remove it.",
        )
    seen: set[str] = set()
    for column in columns:
        if column.casefold() in seen:
            raise StudyError(
                "Two columns have this name, capitals aside.",
                file=name,
                column=column,
                fix="Rename or remove one.",
            )
        seen.add(column.casefold())
    return delimiter, columns
