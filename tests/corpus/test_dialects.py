"""A frame written in any dialect reads back as the same numbers or is refused: never as others."""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.reading import read_table
from vm2causal.inputs.tables.settling import settled
from vm2causal.inputs.tables.uses import Role, Use

USES = (Use("x", Role.NUMBER), Use("y", Role.NUMBER), Use("sector", Role.LEVELS))
SECTORS = ("techniek", "zorg en welzijn", "économie", "groen; geel", "a,b")
SEED = 20120917

OUTCOMES: Counter[str] = Counter()


@dataclass(frozen=True)
class Dialect:
    """How one frame is written."""

    kind: str
    delimiter: str
    decimal: str
    thousands: str
    encoding: str
    quoting: int
    trimmed: bool
    line_end: str


@dataclass(frozen=True)
class Numbers:
    """A column of numbers with so many decimals; None where missing."""

    units: tuple[int | None, ...]
    decimals: int

    def values(self) -> list[float | None]:
        return [None if unit is None else unit / 10**self.decimals for unit in self.units]

    def texts(self, dialect: Dialect) -> list[str]:
        return [_written(unit, self.decimals, dialect) for unit in self.units]


def _written(unit: int | None, decimals: int, dialect: Dialect) -> str:
    """A number by its digits, so that no formatting of floats stands between."""
    if unit is None:
        return ""
    digits = str(abs(unit)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    parts: list[str] = []
    while whole:
        parts.insert(0, whole[-3:])
        whole = whole[:-3]
    if dialect.trimmed:
        fraction = fraction.rstrip("0")
    text = dialect.thousands.join(parts) + (dialect.decimal + fraction if fraction else "")
    return f"-{text}" if unit < 0 else text


def dialects() -> st.SearchStrategy[Dialect]:
    built = st.builds(
        Dialect,
        kind=st.sampled_from(["csv", "csv", "csv", "xlsx", "xlsx text", "parquet", "parquet text"]),
        delimiter=st.sampled_from([",", ";", "\t", "|"]),
        decimal=st.sampled_from([",", "."]),
        thousands=st.sampled_from(["", "", ".", ",", " ", "\u00a0"]),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        trimmed=st.booleans(),
        line_end=st.sampled_from(["\n", "\r\n"]),
    )
    return built.filter(lambda item: item.thousands != item.decimal)


@st.composite
def frames(draw: st.DrawFn) -> tuple[Numbers, Numbers, list[str]]:
    rows = draw(st.integers(3, 12))
    largest = 10 ** draw(st.integers(1, 8))
    cell = st.one_of(st.none(), st.integers(-largest, largest), st.integers(0, largest))
    columns = [
        Numbers(tuple(draw(st.lists(cell, min_size=rows, max_size=rows))), draw(st.integers(0, 4)))
        for _ in range(2)
    ]
    sectors = draw(st.lists(st.sampled_from(SECTORS), min_size=rows, max_size=rows))
    return columns[0], columns[1], sectors


def _write(folder: Path, dialect: Dialect, x: Numbers, y: Numbers, sectors: list[str]) -> Path:
    typed = " " not in dialect.kind and dialect.kind != "csv"
    columns = [x.values(), y.values()] if typed else [x.texts(dialect), y.texts(dialect)]
    rows = [list(row) for row in zip(*columns, sectors, strict=True)]
    kind = dialect.kind.split()[0]
    path = folder / f"t.{kind}"
    if kind == "csv":
        stream = StringIO(newline="")
        writer = csv.writer(
            stream,
            delimiter=dialect.delimiter,
            quoting=dialect.quoting,
            lineterminator=dialect.line_end,
        )
        writer.writerows([["x", "y", "sector"], *rows])
        path.write_bytes(stream.getvalue().encode(dialect.encoding))
    elif kind == "xlsx":
        book = Workbook()
        for row in [["x", "y", "sector"], *rows]:
            book.active.append(row)
        book.save(path)
    else:
        number = "DOUBLE" if typed else "VARCHAR"
        with duckdb.connect() as database:
            database.execute(f"CREATE TABLE t (x {number}, y {number}, sector VARCHAR)")
            database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
            database.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path


def _holds(folder: Path, dialect: Dialect, frame: tuple[Numbers, Numbers, list[str]]) -> None:
    x, y, sectors = frame
    path = _write(folder, dialect, x, y, sectors)
    try:
        found = settled(read_table(path), USES).frame
    except StudyError as error:
        OUTCOMES[error.rule.split(" (")[0][:48]] += 1
        return
    OUTCOMES["read"] += 1
    for name, column in (("x", x), ("y", y)):
        for row, wanted in enumerate(column.values(), start=1):
            number = float(found.at[row, name])
            assert math.isnan(number) if wanted is None else number == wanted, (name, row, number)
    assert found["sector"].tolist() == sectors


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialects")


@settings(deadline=None, max_examples=40)
@given(dialect=dialects(), frame=frames())
def test_a_frame_in_any_dialect_reads_back_or_is_refused(
    scratch: Path, dialect: Dialect, frame: tuple[Numbers, Numbers, list[str]]
) -> None:
    _holds(scratch, dialect, frame)


@pytest.mark.slow
def test_ten_thousand_frames_read_back_or_are_refused(scratch: Path) -> None:
    """Half of them at least are read: a reader that refuses all would pass too."""

    @seed(SEED)
    @settings(
        deadline=None,
        max_examples=10_000,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(dialect=dialects(), frame=frames())
    def holds(dialect: Dialect, frame: tuple[Numbers, Numbers, list[str]]) -> None:
        _holds(scratch, dialect, frame)

    OUTCOMES.clear()
    holds()
    print(OUTCOMES.most_common())
    assert sum(OUTCOMES.values()) >= 10_000
    assert OUTCOMES["read"] >= 5_000
