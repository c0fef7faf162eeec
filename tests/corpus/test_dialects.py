"""Columns written in any dialect read back as the same numbers or are refused: never as others.

A file holds several columns, each with marks of its own: a column is judged by itself.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.reading import read_table
from vm2causal.inputs.tables.settling import settled
from vm2causal.inputs.tables.uses import Role, Use

SECTORS = ("techniek", "zorg en welzijn", "économie", "groen; geel", "a,b")
COLUMNS = 6
SEED = 20120917

OUTCOMES: Counter[str] = Counter()


@dataclass(frozen=True)
class File:
    """How the file around the columns is written."""

    kind: str
    delimiter: str
    encoding: str
    quoting: int
    line_end: str


@dataclass(frozen=True)
class Marks:
    """How the numbers of one column are written."""

    decimal: str
    thousands: str
    trimmed: bool


@dataclass(frozen=True)
class Numbers:
    """A column of numbers with so many decimals; None where missing."""

    units: tuple[int | None, ...]
    decimals: int
    marks: Marks

    def values(self) -> list[float | None]:
        return [None if unit is None else unit / 10**self.decimals for unit in self.units]

    def texts(self) -> list[str]:
        return [_written(unit, self.decimals, self.marks) for unit in self.units]


@dataclass(frozen=True)
class Frame:
    """Columns of numbers, each with marks of its own, and a column of words."""

    numbers: tuple[Numbers, ...]
    sectors: tuple[str, ...]


def _written(unit: int | None, decimals: int, marks: Marks) -> str:
    """A number by its digits, so that no formatting of floats stands between."""
    if unit is None:
        return ""
    digits = str(abs(unit)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    parts: list[str] = []
    while whole:
        parts.insert(0, whole[-3:])
        whole = whole[:-3]
    if marks.trimmed:
        fraction = fraction.rstrip("0")
    text = marks.thousands.join(parts) + (marks.decimal + fraction if fraction else "")
    return f"-{text}" if unit < 0 else text


def files() -> st.SearchStrategy[File]:
    return st.builds(
        File,
        kind=st.sampled_from(
            ["csv", "csv", "csv", "csv", "xlsx", "xlsx text", "parquet", "parquet text"]
        ),
        delimiter=st.sampled_from([",", ";", "\t", "|"]),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        line_end=st.sampled_from(["\n", "\r\n"]),
    )


def marks() -> st.SearchStrategy[Marks]:
    built = st.builds(
        Marks,
        decimal=st.sampled_from([",", "."]),
        thousands=st.sampled_from(["", "", ".", ",", " ", "\u00a0"]),
        trimmed=st.booleans(),
    )
    return built.filter(lambda item: item.thousands != item.decimal)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    rows = draw(st.integers(3, 12))
    columns = []
    for _ in range(COLUMNS):
        largest = 10 ** draw(st.integers(1, 8))
        cell = st.one_of(st.none(), st.integers(-largest, largest), st.integers(0, largest))
        units = draw(st.lists(cell, min_size=rows, max_size=rows))
        columns.append(Numbers(tuple(units), draw(st.integers(0, 4)), draw(marks())))
    sectors = draw(st.lists(st.sampled_from(SECTORS), min_size=rows, max_size=rows))
    return Frame(tuple(columns), tuple(sectors))


def _write(folder: Path, file: File, frame: Frame) -> Path:
    typed = file.kind in ("xlsx", "parquet")
    columns = {
        f"x{place}": column.values() if typed else column.texts()
        for place, column in enumerate(frame.numbers)
    }
    columns["sector"] = list(frame.sectors)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    kind = file.kind.split()[0]
    path = folder / f"t.{kind}"
    if kind == "csv":
        stream = StringIO(newline="")
        writer = csv.writer(
            stream, delimiter=file.delimiter, quoting=file.quoting, lineterminator=file.line_end
        )
        writer.writerows([list(columns), *rows])
        path.write_bytes(stream.getvalue().encode(file.encoding))
    elif kind == "xlsx":
        book = Workbook()
        for row in [list(columns), *rows]:
            book.active.append(row)
        book.save(path)
    else:
        number = pa.float64() if typed else pa.string()
        arrays = {
            name: pa.array(values, pa.string() if name == "sector" else number)
            for name, values in columns.items()
        }
        pyarrow.parquet.write_table(pa.table(arrays), path)
    return path


def _holds(folder: Path, file: File, frame: Frame) -> None:
    """Every column reads back or is refused by its name; the others are then read without it."""
    found, refused = _read(_write(folder, file, frame))
    OUTCOMES.update(rule.split(" (")[0][:48] for rule in refused.values())
    for place, column in enumerate(frame.numbers):
        name = f"x{place}"
        if name in refused:
            continue
        OUTCOMES["read"] += 1
        for row, wanted in enumerate(column.values(), start=1):
            number = float(found.at[row, name])
            assert math.isnan(number) if wanted is None else number == wanted, (name, row, number)
    assert found["sector"].tolist() == list(frame.sectors)


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """What is read, and by column the rule by which it is refused."""
    raw, refused = read_table(path), dict[str, str]()
    while True:
        uses = [Use(f"x{n}", Role.NUMBER) for n in range(COLUMNS) if f"x{n}" not in refused]
        try:
            return settled(raw, [*uses, Use("sector", Role.LEVELS)]).frame, refused
        except StudyError as error:
            if error.column not in {use.column for use in uses}:
                raise
            refused[error.column] = error.rule


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialects")


@settings(deadline=None, max_examples=12)
@given(file=files(), frame=frames())
def test_columns_in_any_dialect_read_back_or_are_refused(
    scratch: Path, file: File, frame: Frame
) -> None:
    _holds(scratch, file, frame)


@pytest.mark.slow
def test_ten_thousand_columns_read_back_or_are_refused(scratch: Path) -> None:
    """Half of them at least are read: a reader that refuses all would pass too."""

    @seed(SEED)
    @settings(
        deadline=None,
        max_examples=-(-10_000 // COLUMNS),
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(file=files(), frame=frames())
    def holds(file: File, frame: Frame) -> None:
        _holds(scratch, file, frame)

    OUTCOMES.clear()
    holds()
    print(OUTCOMES.most_common())
    assert sum(OUTCOMES.values()) >= 10_000
    assert OUTCOMES["read"] >= 5_000
