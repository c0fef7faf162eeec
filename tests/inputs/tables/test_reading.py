"""Reading any table: dialects found, and every defect named."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from vm2causal.errors import StudyError, Vm2CausalError
from vm2causal.inputs.tables import reading
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.reading import FORMATS, read_table
from vm2causal.inputs.tables.remarks import Remark

ROWS = {"school": ["A", "B", None], "krimp": ["1,5", None, "2"], "naam": ["é;", "x", "y"]}


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _csv(delimiter: str) -> str:
    lines = [
        ["school", "krimp", "naam"],
        ["A", '"1,5"', '"é;"'],
        ["B", "", "x"],
        ["", '"2"', "y"],
    ]
    return "\r\n".join(delimiter.join(line) for line in lines) + "\r\n"


def _workbook(folder: Path, *rows: list[object], name: str = "t.xlsx") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_dialect_reads_the_same(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = _file(tmp_path, "t.csv", _csv(delimiter).encode(encoding))
    table = read_table(path)
    pd.testing.assert_frame_equal(
        table.rows,
        pd.DataFrame(ROWS, dtype="str", index=pd.RangeIndex(1, 4)),
        check_index_type=False,
    )
    assert table.delimiter == delimiter
    assert table.encoding == encoding.removesuffix("-sig")
    assert bool(table.notes) is (encoding == "cp1252")


def test_a_declared_delimiter_is_followed(tmp_path: Path) -> None:
    table = read_table(_file(tmp_path, "t.csv", "sep=;\na,b;c\n1,5;2\n"))
    assert list(table.rows) == ["a,b", "c"]
    assert table.rows.loc[1, "a,b"] == "1,5"


def test_a_single_column_has_no_delimiter(tmp_path: Path) -> None:
    table = read_table(_file(tmp_path, "t.txt", "school\nA\n\nB\n"))
    assert table.delimiter is None
    assert table.rows["school"].to_dict() == {1: "A", 3: "B"}
    assert table.notes == (Remark("empty_rows", {"count": 1}),)


def test_a_workbook_reads_as_a_person_would_type_it(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path,
        ["int", "float", "text", "yes", "day", "moment", "empty"],
        [3.0, 0.5, " a ", True, date(2009, 10, 1), datetime(2009, 10, 1, 12), None],
        [2**53 + 2, 1e-7, "003", False, None, None, None],
    )
    rows = read_table(path).rows
    assert rows.loc[1].tolist()[:6] == [
        "3",
        "0.5",
        "a",
        "true",
        "2009-10-01",
        "2009-10-01T12:00:00",
    ]
    assert rows.loc[2].tolist()[1:4] == ["1e-07", "003", "false"]
    assert rows["empty"].isna().all()


def _two_sheets(folder: Path, *, state: str = "visible") -> Path:
    book = Workbook()
    book.active.append(["a"])
    book.active.append([1])
    other = book.create_sheet("oud")
    other.append(["a"])
    other.append([2])
    other.sheet_state = state
    book.create_sheet("leeg")
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def test_of_several_sheets_one_is_chosen(tmp_path: Path) -> None:
    path = _two_sheets(tmp_path)
    with pytest.raises(StudyError, match=r"Several sheets .*'Sheet, oud'\. .*--sheet Sheet"):
        read_table(path)
    table = read_table(path, Choices(sheet="oud"))
    assert (table.sheet, table.rows.loc[1, "a"]) == ("oud", "2")
    with pytest.raises(StudyError, match=r"no such sheet\. Got: 'x'\. It has Sheet, oud, leeg"):
        read_table(path, Choices(sheet="x"))


def test_hidden_sheets_are_skipped_and_that_is_said(tmp_path: Path) -> None:
    table = read_table(_two_sheets(tmp_path, state="hidden"))
    assert table.rows.loc[1, "a"] == "1"
    assert table.notes == (Remark("hidden_sheets", {"names": "oud"}),)


def test_parquet_reads_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "t [1].parquet"
    query = "SELECT 3.0::DOUBLE AS a, 'ja' AS b, NULL::INT AS c UNION ALL SELECT 0.25, '', 7"
    duckdb.sql(query).write_parquet(str(path))
    rows = read_table(path).rows
    assert rows["a"].tolist() == ["3", "0.25"]
    assert rows["b"].isna().tolist() == [False, True]
    assert rows["c"].isna().tolist() == [True, False]


def test_columns_without_name_and_content_at_the_end_are_dropped(tmp_path: Path) -> None:
    table = read_table(_file(tmp_path, "t.csv", "a;b;;\n1;2;;\n3;4;;\n"))
    assert list(table.rows) == ["a", "b"]
    assert table.notes == (Remark("empty_columns"),)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", r"t\.csv: This file is empty\."),
        ("t.csv", b"\n \n", r"t\.csv: This file is empty\."),
        ("t.csv", b",,\n1,2,3\n", r"names are expected\. Got: '1'"),
        ("t.csv", b"1,2\n3,4\n", r"names are expected\. Got: '1'\."),
        ("t.csv", b"a,a\n1,2\n", r"t\.csv, column a: This column name stands twice\."),
        ("t.csv", b"a,,c\n1,2,3\n", r"t\.csv: Column 2 has no name\. .*merged"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", r"t\.csv, row 2: This row has 3 fields .* has 2\."),
        ("t.csv", b"a,b\n1\n", r"t\.csv, row 1: This row has 1 fields"),
        ("t.csv", b'a,b\n1,"2\n3,4\n', r"t\.csv, row 1: A double quote .* never closed"),
        ("t.csv", b'a,b\n1,"2"x\n', r"t\.csv, row 1: The quotes of this row"),
        ("t.csv", b"a,b\n1,\x00\n", r"t\.csv: This is not a text file"),
        ("t.csv", b"a,b\n1,\x02\n", r"t\.csv: This is not a text file"),
        ("t.csv", b"a,b\n1,\x81\n", r"offset 6 does not belong\. Got: '0x81'\."),
        ("t.csv", b"\xff\xfea", r"in no known encoding"),
        ("t.csv", b"a,b;c\n", r"The delimiter of this file is not clear\. Got: ', or ;'\."),
        ("t.csv", b"PK\x03\x04rest", r"This is an Excel workbook, not text\. Name it \.xlsx"),
        ("t.csv", b"PAR1rest", r"This is a Parquet file, not text"),
        ("t.xlsx", b"a,b\n", r"t\.xlsx: This is not an Excel workbook, or it is damaged"),
        ("t.xlsx", b"\xd0\xcf\x11\xe0rest", r"the old \.xls format\. Save it as \.xlsx\."),
        (
            "t.xlsx",
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            r"protected by a password",
        ),
        ("t.parquet", b"PAR1rest", r"t\.parquet: This file cannot be read as the table"),
        ("t.ods", b"x", r"Files of this kind are not read\. Got: '\.ods'\. .*\.parquet"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = _file(tmp_path, name, content)
    with pytest.raises(StudyError, match=message) as caught:
        read_table(path)
    assert str(tmp_path) not in str(caught.value)


def test_an_absent_file_is_named_with_its_like(tmp_path: Path) -> None:
    _file(tmp_path, "Experimenten.csv", "a\n1\n")
    with pytest.raises(StudyError, match=r"no such file\. Did you mean 'Experimenten\.csv'\?"):
        read_table(tmp_path / "experimenten.csv")
    with pytest.raises(StudyError, match=r"There stands: Experimenten\.csv\."):
        read_table(tmp_path / "pupils.csv")
    with pytest.raises(StudyError, match=r"Its folder cannot be read either"):
        read_table(tmp_path / "elsewhere" / "pupils.csv")
    with pytest.raises(StudyError, match=r"experiments: There is no such file\."):
        read_table(tmp_path / "experiments")
    (tmp_path / "demo").mkdir()
    with pytest.raises(StudyError, match=r"Did you mean 'demo'\?"):
        read_table(tmp_path / "dmo")
    with pytest.raises(StudyError, match=r"Its folder has no files\."):
        read_table(tmp_path / "demo" / "pupils.csv")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(StudyError, match=r"t\.csv: This is a folder"):
        read_table(tmp_path / "t.csv")


def test_a_file_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 10)
    with pytest.raises(StudyError, match=r"at most 10 bytes\. Got: 12\."):
        read_table(_file(tmp_path, "t.csv", "a\n1\n2\n3\n4\n5\n"))


def test_formulas_need_their_values(tmp_path: Path) -> None:
    path = _workbook(tmp_path, ["a", "b"], [1, "=A2+1"])
    with pytest.raises(StudyError, match=r"t\.xlsx, row 1, column b: This formula has no value"):
        read_table(path)


def test_errors_in_cells_are_named(tmp_path: Path) -> None:
    path = _workbook(tmp_path, ["a"], [1], ["#DIV/0!"])
    with pytest.raises(StudyError, match=r"t\.xlsx, row 2, column a: .* Got: '#DIV/0!'"):
        read_table(path)


def test_a_merged_header_is_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["school", None, "krimp"])
    book.active.append(["A", "B", 1])
    book.active.merge_cells("A1:B1")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(StudyError, match=r"Column 2 has no name\. .*merged over several columns"):
        read_table(tmp_path / "t.xlsx")


def test_cells_beyond_the_header_are_named(tmp_path: Path) -> None:
    path = _workbook(tmp_path, ["a", "b"], [1], [1, 2, 3])
    with pytest.raises(StudyError, match=r"t\.xlsx, row 2: This row has 3 fields"):
        read_table(path)


def test_an_empty_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"This sheet is empty\. Got: 'Sheet'\."):
        read_table(_workbook(tmp_path))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def valid(scratch: Path) -> dict[str, bytes]:
    """A valid file of every kind."""
    book = _workbook(scratch, ["a", "b"], [1, "x"], [2.5, "=A2"], name="valid.xlsx")
    duckdb.sql("SELECT 1 AS a, 'x' AS b").write_parquet(str(scratch / "valid.parquet"))
    text = _csv(";").encode()
    return {
        ".csv": text,
        ".txt": text,
        ".tsv": text,
        ".xlsx": book.read_bytes(),
        ".parquet": (scratch / "valid.parquet").read_bytes(),
    }


def _read_or_refuse(path: Path) -> None:
    """A table with unique names and texts, or an error made on purpose."""
    try:
        table = read_table(path)
    except Vm2CausalError:
        return
    assert table.rows.columns.is_unique
    assert (table.rows.index >= 1).all()
    cells = table.rows.stack().dropna()
    assert ((cells != "") & (cells == cells.str.strip())).all()


@settings(deadline=None, max_examples=40)
@given(data=st.binary(max_size=300), suffix=st.sampled_from(FORMATS))
@example(data=b'"', suffix=".csv")
@example(data=b"a,b\r1,2\r", suffix=".csv")
@example(data=b"sep=;\n", suffix=".csv")
def test_any_bytes_are_read_or_refused(scratch: Path, data: bytes, suffix: str) -> None:
    _read_or_refuse(_file(scratch, f"any{suffix}", data))


@settings(deadline=None, max_examples=40)
@given(text=st.text(alphabet='ab",;\n\r\t1. é', max_size=40))
def test_any_text_is_read_or_refused(scratch: Path, text: str) -> None:
    _read_or_refuse(_file(scratch, "any.csv", text))


@settings(deadline=None, max_examples=40)
@given(data=st.data(), suffix=st.sampled_from((".xlsx", ".parquet", ".csv")))
def test_damaged_files_are_read_or_refused(
    scratch: Path, valid: dict[str, bytes], data: st.DataObject, suffix: str
) -> None:
    content = bytearray(valid[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(1, len(content) - 1)) :]
    _read_or_refuse(_file(scratch, f"damaged{suffix}", bytes(content)))


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_damaged_sheets_are_read_or_refused(
    scratch: Path, valid: dict[str, bytes], data: st.DataObject
) -> None:
    """The archive is sound and the XML in it is not: what a mutation of the file rarely reaches."""
    source, target = scratch / "whole.xlsx", scratch / "sheet.xlsx"
    source.write_bytes(valid[".xlsx"])
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        victim = data.draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            content = bytearray(old.read(name))
            if name == victim:
                place = data.draw(st.integers(0, len(content) - 1))
                content[place : place + 1] = data.draw(st.binary(max_size=2))
            new.writestr(name, bytes(content))
    _read_or_refuse(target)
