import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vm2causal.errors import StudyError, Vm2CausalError
from vm2causal.inputs.records import files as record_files
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.pupil_counts import collapse_pupils, pupil_problems

HEADER = "leerling,experiment,geslacht,leeftijd,lwoo,teldatum_1,teldatum_2,teldatum_3"
GOOD = (
    "1,E1,meisje,ouder,nee,vm2,vm2,sk",
    "2,E1,jongen,jonger,ja,vm2,vsv,vm2",
    "3,E2,jongen,gemiddeld,,ander_onderwijs,vsv,",
)
KEYS = HEADER.split(",")[1:]
BLANKS = " \u00a0"


def written(folder: Path, *rows: str, name: str = "pupils.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def as_counter(counts: pd.DataFrame, keys: Sequence[str]) -> Counter[tuple[str | None, ...]]:
    cells = counts[list(keys)].astype(object).where(counts[list(keys)].notna(), None)
    return Counter(
        {
            tuple(cell): int(n)
            for cell, n in zip(cells.to_numpy().tolist(), counts["leerlingen"], strict=True)
        }
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# -- counting --------------------------------------------------------------------------------------

CELLS = st.text(
    st.characters(codec="cp1252", exclude_characters="\r\x00", exclude_categories=("Cc",)),
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
)
def test_counts_are_those_of_the_rows_in_every_dialect(
    cells: list[tuple[str, str]], delimiter: str, encoding: str
) -> None:
    rows = [(str(number), *pair) for number, pair in enumerate(cells)]
    content = csv_text(("leerling", "experiment", "lwoo"), rows, delimiter)
    # bytes that are valid UTF-8 and not plain ASCII are read as that: "Â\xa0" in cp1252, say
    assume(encoding != "cp1252" or content.isascii() or not is_utf8(content.encode(encoding)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.csv"
        path.write_bytes(content.encode(encoding))
        counts = collapse_pupils(path, keys=("lwoo", "experiment"))
    expected = Counter((lwoo.strip(BLANKS) or None, e.strip(BLANKS) or None) for e, lwoo in cells)
    found = as_counter(counts, ("lwoo", "experiment"))
    assert found == expected


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda end: b"leerling;a\n1;x\n" + end))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pupils.csv", "pupils.parquet"):
            path = Path(folder) / name
            path.write_bytes(content)
            said = name
            try:
                collapse_pupils(path, keys=("leerling", "a"))
            except Vm2CausalError as error:
                said = str(error)
            assert said.startswith(name)
            assert folder not in said


def test_types_order_and_missing(tmp_path: Path) -> None:
    path = written(tmp_path, *GOOD, "4,E1, meisje ,ouder,nee,vm2,vm2,sk")
    counts = collapse_pupils(path, keys=KEYS)
    assert list(counts.columns) == [*KEYS, "leerlingen"]
    assert [str(kind) for kind in counts.dtypes] == ["str"] * len(KEYS) + ["int64"]
    assert counts["leerlingen"].tolist() == [1, 2, 1]
    assert counts["geslacht"].tolist() == ["jongen", "meisje", "jongen"]
    assert counts["lwoo"].isna().tolist() == [False, False, True]


def test_a_table_without_pupils_has_no_cells(tmp_path: Path) -> None:
    counts = collapse_pupils(written(tmp_path), keys=KEYS)
    assert counts.empty
    assert str(counts["experiment"].dtype) == "str"
    assert str(counts["leerlingen"].dtype) == "int64"


def test_csv_and_parquet_of_the_same_pupils_agree(tmp_path: Path) -> None:
    source = written(tmp_path, *GOOD)
    target = tmp_path / "pupils.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{source}', all_varchar = true)) TO '{target}'")
    pd.testing.assert_frame_equal(
        collapse_pupils(source, keys=KEYS), collapse_pupils(target, keys=KEYS)
    )


def test_numbers_in_parquet_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "pupils.parquet"
    duckdb.sql(f"""
        COPY (SELECT * FROM (VALUES (1, 12.0::DOUBLE), (2, 'nan'::DOUBLE), (3, 0.5::DOUBLE))
            AS t (leerling, experiment)) TO '{path}'
    """)
    counts = collapse_pupils(path, keys=("experiment",))
    assert counts["experiment"].astype(object).where(
        counts["experiment"].notna(), None
    ).tolist() == [
        "0.5",
        "12",
        None,
    ]


def test_a_name_with_signs_of_a_pattern_is_that_file_alone(tmp_path: Path) -> None:
    written(tmp_path, *GOOD, name="pupils1.csv")
    path = written(tmp_path, GOOD[0], name="pupil's[1]*.csv")
    assert collapse_pupils(path, keys=("experiment",))["leerlingen"].tolist() == [1]


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = tmp_path / "pupils.csv"
    path.write_bytes("leerling;experiment\n1;Groningen é\n2\n".encode("cp1252"))
    with pytest.raises(StudyError, match=r"row 2"):
        collapse_pupils(path, keys=("experiment",))
    path.write_bytes("leerling;experiment\n1;Groningen é €\n".encode("cp1252"))
    assert collapse_pupils(path, keys=("experiment",))["experiment"].tolist() == ["Groningen é €"]
    assert list(temporary.iterdir()) == []


def test_little_memory_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pupils.parquet"
    duckdb.sql(
        f"COPY (SELECT i AS leerling, i % 7 AS experiment FROM range(70000) t(i)) TO '{path}'"
    )
    usual = collapse_pupils(path, keys=("experiment",))
    monkeypatch.setattr(record_files, "MEMORY", "32MB")
    pd.testing.assert_frame_equal(collapse_pupils(path, keys=("experiment",)), usual)
    assert usual["leerlingen"].tolist() == [10000] * 7


def test_nothing_is_fetched_from_a_network() -> None:
    with record_files.open_records() as records:
        names = ("autoinstall_known_extensions", "autoload_known_extensions")
        values = records.database.execute(
            f"SELECT {', '.join(f"current_setting('{name}')" for name in names)}"
        ).fetchone()
    assert values == (False, False)


# -- what cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pupils.csv: This file has no header. Begin it with a row of column names."),
        (b"\n1;2\n", "pupils.csv: This file has no header. Begin it with a row of column names."),
        (
            b"leerling;;a\n",
            "pupils.csv: Column 2 has no name. Name it in the header, or remove it.",
        ),
        (
            b"leerling;Leerling\n",
            "pupils.csv, column Leerling: Two columns have this name, capitals aside. "
            "Rename or remove one.",
        ),
        (b"leerling;klas\n", "pupils.csv, column experiment: This column is missing. Add it."),
        (
            b"leerling;experiment\n1;E1\ngeheim\n",
            "pupils.csv, row 2: This row has fewer fields than the header. "
            "Mend the row, or save the table as CSV again from the program it came from.",
        ),
        (
            b"leerling;experiment\n1;E1\ngeheim;E1;3\n",
            "pupils.csv, row 2: This row has more fields than the header. "
            "Mend the row, or save the table as CSV again from the program it came from.",
        ),
        (
            b'leerling;experiment\n1;E1\n2;"geheim\n',
            "pupils.csv, row 2: A quotation mark is opened and not closed, or text follows after "
            "it. Mend the row, or save the table as CSV again from the program it came from.",
        ),
        (
            "leerling;experiment\n".encode("utf-16"),
            "pupils.csv: This file holds bytes that no CSV file holds. "
            "Save it as CSV in UTF-8 (not UTF-16), or as Parquet.",
        ),
        (
            b"leerling;experiment\n1;\x81\n",
            "pupils.csv: This file is text in neither UTF-8 nor cp1252. Save it as CSV in UTF-8.",
        ),
    ],
)
def test_faults_are_named_without_showing_a_pupil(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "pupils.csv"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        collapse_pupils(path, keys=("leerling", "experiment"))
    assert str(caught.value) == message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_header_in_other_capitals_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pupils.csv"
    path.write_bytes(b"Leerling;EXPERIMENT\n1;E1\n2;E1\n")
    counts = collapse_pupils(path, keys=("experiment",))
    assert counts[["experiment", "leerlingen"]].to_numpy().tolist() == [["E1", 2]]


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pupils.parquet"
    path.write_bytes(b"PAR1 geheim PAR1")
    with pytest.raises(StudyError) as caught:
        collapse_pupils(path, keys=("experiment",))
    assert str(caught.value) == (
        "pupils.parquet: This file cannot be read as the table its name says it is. "
        "Write it again as CSV (UTF-8) or Parquet."
    )


def test_an_absent_file_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^pupils\.csv: This file does not exist\. Put it in"):
        collapse_pupils(tmp_path / "pupils.csv", keys=("experiment",))


# -- what is wrong in it ---------------------------------------------------------------------------


def problems(path: Path) -> list[Problem]:
    return pupil_problems(
        path,
        experiments=("E1", "E2"),
        teldata={"T1": 3, "T2": 2},
        tranche_of={"E1": "T1", "E2": "T2"},
    )


def test_good_pupils_have_no_problems(tmp_path: Path) -> None:
    assert problems(written(tmp_path, *GOOD)) == []


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (",E1,meisje,ouder,nee,vm2,vm2,vm2", "empty_pupil", "leerling"),
        ("geheim,,meisje,ouder,nee,vm2,vm2,vm2", "empty_experiment", "experiment"),
        ("geheim,e1,meisje,ouder,nee,vm2,vm2,vm2", "unknown_experiment", "experiment"),
        ("geheim,E1,M,ouder,nee,vm2,vm2,vm2", "value_not_allowed", "geslacht"),
        ("geheim,E1,meisje,17,nee,vm2,vm2,vm2", "value_not_allowed", "leeftijd"),
        ("geheim,E1,meisje,ouder,1,vm2,vm2,vm2", "value_not_allowed", "lwoo"),
        ("geheim,E1,meisje,ouder,nee,vm2,weg,vm2", "value_not_allowed", "teldatum_2"),
        ("geheim,E1,meisje,ouder,nee,vm2,sk,vsv", "sk_lost", "teldatum_3"),
        ("geheim,E1,meisje,ouder,nee,vm2,,vsv", "career_gap", "teldatum_2"),
        ("geheim,E2,meisje,ouder,nee,vm2,vm2,vm2", "after_last_teldatum", "teldatum_3"),
        ("2,E1,jongen,jonger,ja,vm2,vsv,vm2", "duplicate_pupil", "leerling"),
        (" 2 ,E1,jongen,jonger,ja,vm2,vm2,vm2", "two_positions", "teldatum_2"),
    ],
)
def test_each_rule_names_row_and_column_and_no_cell(
    tmp_path: Path, row: str, code: str, column: str
) -> None:
    found = problems(written(tmp_path, *GOOD, row, "5,E1,meisje,ouder,nee,vm2,vm2,sk"))
    assert [(item.code, item.row, item.column) for item in found] == [(code, 4, column)]
    assert found[0].value is None
    assert found[0].severity == "error"
    assert "geheim" not in found[0].sentence()
    assert "(1 row breaks this rule.)" in found[0].rule


def test_exact_sentences(tmp_path: Path) -> None:
    path = written(tmp_path, *GOOD, "2,E1,jongen,jonger,ja,vm2,vm2,vm2", ",E1,x,,,vm2,,")
    assert [item.sentence() for item in problems(path)] == [
        "pupils.csv, row 5, column leerling: Every row has a pupil. (1 row breaks this rule.) "
        "Give each pupil a number of its own, or remove the row.",
        "pupils.csv, row 5, column geslacht: geslacht is one of meisje, jongen. "
        "(1 row breaks this rule.) Write it as one of these, or leave it empty where it is not "
        "known.",
        "pupils.csv, row 4, column teldatum_2: A pupil has one position at a teldatum; this one "
        "has another in an earlier row. (1 row breaks this rule.) Find out which row is right and "
        "remove the other.",
    ]


def test_twenty_rows_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    rows = [f"{number},E9,,,,vm2,," for number in range(100, 130)]
    found = problems(written(tmp_path, *GOOD, *rows, *rows))
    unknown = [item for item in found if item.code == "unknown_experiment"]
    repeated = [item for item in found if item.code == "duplicate_pupil"]
    assert [item.row for item in unknown] == list(range(4, 24))
    assert [item.row for item in repeated] == list(range(34, 54))
    assert "(60 rows break this rule.)" in unknown[0].rule
    assert repeated[0].rule == "A pupil stands in one row. (30 rows break this rule.)"
    assert len(found) == 40


def test_without_tranches_the_last_teldatum_is_not_judged(tmp_path: Path) -> None:
    path = written(tmp_path, "1,E2,,,,vm2,vm2,vm2")
    assert pupil_problems(path, experiments={"E2"}) == []


def test_problems_need_the_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "pupils.csv"
    path.write_text("pupil;experiment\n1;E1\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"column leerling: This column is missing"):
        pupil_problems(path, experiments={"E1"})


VALUES = st.sampled_from(["", "vm2", "ander_onderwijs", "vsv", "sk"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), VALUES, VALUES, VALUES), max_size=8))
def test_careers_are_judged_as_their_definition_says(
    rows: list[tuple[int, str, str, str]],
) -> None:
    expected: Counter[tuple[str, int, str]] = Counter()
    first: dict[int, int] = {}
    for number, (pupil, *positions) in enumerate(rows, start=1):
        for year in (2, 3):
            before, now = positions[year - 2], positions[year - 1]
            expected["sk_lost", number, f"teldatum_{year}"] += before == "sk" and now not in {
                "",
                "sk",
            }
            gap = not before and any(positions[year - 1 :])
            expected["career_gap", number, f"teldatum_{year - 1}"] += gap
        earliest = rows[first.setdefault(pupil, number) - 1][1:]
        moved = [
            year
            for year, (one, other) in enumerate(zip(earliest, positions, strict=True), start=1)
            if one and other and one != other
        ]
        for year in moved:
            expected["two_positions", number, f"teldatum_{year}"] += 1
        expected["duplicate_pupil", number, "leerling"] += first[pupil] < number and not moved
    with tempfile.TemporaryDirectory() as folder:
        texts = [f"{pupil},E1,,,,{','.join(positions)}" for pupil, *positions in rows]
        found = problems(written(Path(folder), *texts))
    assert Counter((item.code, item.row, item.column) for item in found) == +expected
