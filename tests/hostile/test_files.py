"""Files as a stranger may send them, at every door but that of fits: status 2 and one line."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from command_line import Done, run
from study_examples import write_files

MODEL = """schema: vm2causal/model/1
variables:
  g: {kind: nominal, levels: [a, b]}
  x: {}
arrows: [{from: g, to: x}]
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_files(tmp_path / "study")


def refused(done: Done, name: str, message: str) -> None:
    said = done.stderr + done.stdout
    assert done.returncode == 2, said
    assert name in said
    assert message in said
    assert "Traceback" not in said


def workbook(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["g", "x"], ["a", 1.5], ["b", 2.5]):
        sheet.append(row)
    book.save(path)
    return path


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same archive with the content of its parts changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


ENTITIES = (
    b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(tmp_path: Path, model: Path, part: str, encoding: str) -> None:
    def declared(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        bare = content.split(b"?>", 1)[-1] if content.startswith(b"<?xml") else content
        return (ENTITIES + bare).decode().encode(encoding)

    path = rewritten(workbook(tmp_path / "t.xlsx"), declared)
    done = run("study", "check", path, "--model", model)
    refused(done, "t.xlsx", "declares a document type or entities")


def test_a_sheet_of_empty_cells_is_refused(tmp_path: Path, model: Path) -> None:
    """Rows with nothing but their last cell unpack to thousands of cells each."""
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(4, 1004))

    def widened(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", f"{rows}</sheetData>".encode())

    path = rewritten(workbook(tmp_path / "t.xlsx"), widened)
    done = run("study", "check", path, "--model", model)
    refused(done, "t.xlsx", "A sheet has at most 5,000,000 cells")


def test_a_group_without_a_column_is_named(tmp_path: Path, model: Path) -> None:
    model.write_text(MODEL + "groups: [herd]\n", encoding="utf-8")
    table = tmp_path / "t.csv"
    table.write_text("g,x,herdrd\na,1.5,h\nb,2.5,h\n", encoding="utf-8")
    done = run("study", "check", table, "--model", model)
    refused(done, "t.csv, column herd", "Rename 'herdrd' to 'herd'")


def test_another_sheet_without_end_is_refused(tmp_path: Path, model: Path) -> None:
    """The sheets are looked through for the one that holds something."""
    path = tmp_path / "t.xlsx"
    book = Workbook()
    first, second = book.active, book.create_sheet("empty", 0)
    assert first is not None
    for row in (["g", "x"], ["a", 1.5]):
        first.append(row)
    second.append([])
    book.save(path)
    rows = '<row r="999999999999"><c r="A999999999999"/></row>'

    def endless(name: str, content: bytes) -> bytes:
        if b"<sheetData/>" not in content and b"<sheetData></sheetData>" not in content:
            return content
        filled = f"<sheetData>{rows}</sheetData>".encode()
        return content.replace(b"<sheetData/>", filled).replace(b"<sheetData></sheetData>", filled)

    done = run("study", "check", rewritten(path, endless), "--model", model)
    refused(done, "t.xlsx", "A sheet has at most 5,000,000 cells")


def test_merged_cells_without_number_are_refused(tmp_path: Path, model: Path) -> None:
    many = "".join(f'<mergeCell ref="A{n}:B{n + 1}"/>' for n in range(3, 80_000))
    merged = f'<mergeCells count="1">{many}</mergeCells>'.encode()

    def crowded(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", b"</sheetData>" + merged)

    path = rewritten(workbook(tmp_path / "t.xlsx"), crowded)
    refused(run("study", "check", path, "--model", model), "t.xlsx", "at most 5,000,000 cells")


@pytest.mark.parametrize("name", ["sheet1.dat", "SHEET1.XML", "../media/sheet1.svg"])
def test_a_sheet_by_another_name_is_held_to_the_same(
    tmp_path: Path, model: Path, name: str
) -> None:
    path = workbook(tmp_path / "t.xlsx")
    with zipfile.ZipFile(path) as old:
        parts = {item: old.read(item) for item in old.namelist()}
    sheet = parts.pop("xl/worksheets/sheet1.xml")
    bare = sheet.split(b"?>", 1)[-1] if sheet.startswith(b"<?xml") else sheet
    place = os.path.normpath(f"xl/worksheets/{name}")
    for item in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        for old_name in (b"/xl/worksheets/sheet1.xml", b"worksheets/sheet1.xml"):
            parts[item] = parts[item].replace(old_name, f"/{place}".encode())
    with zipfile.ZipFile(path, "w") as new:
        for item, content in (parts | {place: ENTITIES + bare}).items():
            new.writestr(item, content)
    done = run("study", "check", path, "--model", model)
    refused(done, "t.xlsx", "picture is a part" if "svg" in name else "declares a document type")


def test_a_link_to_another_workbook_is_never_followed(tmp_path: Path, model: Path) -> None:
    """The value that is stored counts, and the file that a link names is not opened."""
    outside = tmp_path / "other.xlsx"
    os.mkfifo(outside)  # whoever opened it would wait
    link = f"'[{outside.name}]Sheet1'!A1"

    def linking(name: str, content: bytes) -> bytes:
        return content.replace(b"<v>1.5</v>", f"<f>{link}</f><v>1.5</v>".encode())

    path = rewritten(workbook(tmp_path / "t.xlsx"), linking)
    done = run("study", "check", path, "--model", model)
    assert done.returncode == 0, done.stderr


def test_a_merged_cell_without_end_takes_no_time(tmp_path: Path, model: Path) -> None:
    merged = b'<mergeCells count="1"><mergeCell ref="A3:B999999999999"/></mergeCells>'

    def endless(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", b"</sheetData>" + merged)

    path = rewritten(workbook(tmp_path / "t.xlsx"), endless)
    done = run("study", "check", path, "--model", model)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path, model: Path) -> None:
    path = workbook(tmp_path / "t.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.bin", b"\0" * 500_000_001)
    done = run("study", "check", path, "--model", model)
    refused(done, "t.xlsx", "unpacks to more than 500,000,000 bytes")


NESTED = {
    "a list": pa.array([["a"], ["b"]]),
    "a struct": pa.array([{"k": "a"}, {"k": "b"}]),
    "a map": pa.array([[("k", "a")], [("k", "b")]], pa.map_(pa.string(), pa.string())),
    "bytes": pa.array([b"a", b"b"]),
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("door", ["table", "pupils"])
def test_nested_columns_are_refused(
    tmp_path: Path, model: Path, study: Path, kind: str, door: str
) -> None:
    table = pa.table({"g": NESTED[kind], "x": [1.5, 2.5], "experiment": NESTED[kind]})
    if door == "table":
        pq.write_table(table, tmp_path / "t.parquet")
        done = run("study", "check", tmp_path / "t.parquet", "--model", model)
        refused(done, "t.parquet", "A cell holds one text, number or date, not")
    else:
        for old in (*study.glob("pupils.*"), *study.glob("counts.*")):
            old.unlink()
        pupils = table.append_column("leerling", pa.array(["1", "2"]))
        pq.write_table(pupils, study / "pupils.parquet")
        done = run("study", "check", study)
        refused(done, "pupils.parquet", "A cell holds one text, number or date, not")


def test_an_extension_type_is_read_as_what_it_stores_or_refused(
    tmp_path: Path, model: Path
) -> None:
    """No code is looked up by the name in the file."""
    field = pa.field(
        "g", pa.string(), metadata={"ARROW:extension:name": "arrow.py_extension_type",
                                    "ARROW:extension:metadata": "cbuiltins\nexec\n."},
    )  # fmt: skip
    schema = pa.schema([field, pa.field("x", pa.float64())])
    pq.write_table(pa.table([["a", "b"], [1.5, 2.5]], schema=schema), tmp_path / "t.parquet")
    done = run("study", "check", tmp_path / "t.parquet", "--model", model)
    assert done.returncode == 0, done.stderr


SPECIAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "it is a pipe"),
    "folder": (Path.mkdir, "folder"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "device"),
    "loop": (lambda path: path.symlink_to(path), "cannot be read"),
}


NAMES = ("m.yaml", "t.csv", "t.xlsx", "t.parquet", "t.sav", "g.dot")
# a folder in place of a table is read as a study
PLACES = [(name, kind) for name in NAMES for kind in SPECIAL if kind != "folder" or name[0] != "t"]


@pytest.mark.parametrize(("name", "kind"), PLACES)
def test_what_is_no_file_is_refused(tmp_path: Path, model: Path, name: str, kind: str) -> None:
    """And nothing waits for it."""
    make, message = SPECIAL[kind]
    folder = tmp_path / "special"
    folder.mkdir()
    make(folder / name)
    if name == "m.yaml":
        done = run("model", "check", folder / name)
    elif name == "g.dot":
        done = run("model", "import", folder / name, "--out", tmp_path / "new.yaml")
    else:
        done = run("fit", folder / name, "--model", model, "--out", tmp_path / "fit")
    refused(done, name, "" if kind in ("loop", "folder") else message)


@pytest.mark.parametrize("name", ["study.yaml", "experiments.csv", "pupils.csv"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_refused_in_a_study(study: Path, name: str, kind: str) -> None:
    make, message = SPECIAL[kind]
    if name == "pupils.csv":
        for old in (*study.glob("pupils.*"), *study.glob("counts.*")):
            old.unlink()
    else:
        (study / name).unlink()
    make(study / name)
    refused(run("study", "check", study), name, message)


@pytest.mark.parametrize("name", ["study.yaml", "experiments.csv"])
def test_a_link_that_leads_out_of_a_study_is_refused(
    study: Path, tmp_path: Path, name: str
) -> None:
    moved = (study / name).rename(tmp_path / f"elsewhere-{name}")
    (study / name).symlink_to(moved)
    refused(run("study", "check", study), name, "it is a link that leads out of its folder")
    (study / name).unlink()
    inside = moved.rename(study / f"own-{name}")
    (study / name).symlink_to(inside)
    done = run("study", "check", study)
    assert "leads out" not in done.stdout + done.stderr


def test_a_zip_is_no_study(study: Path, tmp_path: Path, model: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", study)
    done = run("fit", archive, "--model", model, "--out", tmp_path / "fit")
    refused(done, "study.zip", "Files of this kind are not read")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("variables: !!python/object/apply:os.system [ls]\n", "Tags are not read"),
        ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n"
            for before, one in zip("abcdefgh", "bcdefghi", strict=True)
        ), "Aliases make this more than"),
        ("[" * 5_000, "nested deeper"),
    ],
    ids=["tag", "aliases", "deep"],
)  # fmt: skip
@pytest.mark.parametrize("door", ["model", "study", "sidecar"])
def test_yaml_holds_data_only(
    tmp_path: Path, model: Path, study: Path, content: str, message: str, door: str
) -> None:
    if door == "model":
        model.write_text(content, encoding="utf-8")
        refused(run("model", "check", model), "m.yaml", message)
    elif door == "study":
        (study / "study.yaml").write_text(content, encoding="utf-8")
        refused(run("study", "check", study), "study.yaml", message)
    else:
        pd.DataFrame({"g": ["a", "b"], "x": [1, 2]}).to_csv(tmp_path / "t.csv", index=False)
        (tmp_path / "t.table.yaml").write_text(content, encoding="utf-8")
        done = run("study", "check", tmp_path / "t.csv", "--model", model)
        refused(done, "t.table.yaml", message)


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vm2causal import plain_files

    path = tmp_path / "x"
    path.write_bytes(b"a" * 100)
    stat, asked = os.fstat, []

    def growing(handle: int) -> os.stat_result:
        asked.append(handle)
        if len(asked) == 2:
            path.write_bytes(b"b" * 200)
        return stat(handle)

    monkeypatch.setattr(plain_files.os, "fstat", growing)
    with pytest.raises(OSError, match="changed while it was read"):
        plain_files.read_plain(path, largest=1_000)
    monkeypatch.undo()
    with pytest.raises(OSError, match="more than 10 bytes"):
        plain_files.read_plain(path, largest=10)
