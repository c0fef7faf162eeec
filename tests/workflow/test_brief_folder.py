"""A brief takes the place of an earlier one, of nothing else, and also after an interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pytest

from vm2causal.errors import OutputError
from vm2causal.storage import require_writable_folder
from vm2causal.workflow import brief_folder
from vm2causal.workflow.brief_folder import (
    LISTING,
    adopt_older_run,
    listed_files,
    replace_files,
    require_replaceable,
)

OLD = {"tables/arrows.csv": "1", "figures/dag.svg": "old", "brief.html": "old"}
NEW = {"figures/dag.svg": "new", "brief.html": "new"}


def writing(files: dict[str, str]) -> Callable[[Path], list[Path]]:
    def write(folder: Path) -> list[Path]:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return [folder / name for name in files]

    return write


def held(folder: Path) -> dict[str, str]:
    """What stands in a folder, but for the list."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in files}
    found.pop(LISTING, None)
    return found


def test_what_only_the_earlier_brief_wrote_goes(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    assert held(tmp_path) == OLD
    paths = replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == NEW
    assert paths == [tmp_path / name for name in NEW]
    assert not (tmp_path / "tables").exists()
    assert set(listed_files(tmp_path)) == set(NEW)


def test_what_is_someone_elses_stays(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("mine")
    replace_files(tmp_path, writing(OLD | {"tables/totals.csv": "2"}))
    (tmp_path / "tables" / "arrows.csv").write_text("my notes in it")
    (tmp_path / "notes.txt").write_text("mine")
    replace_files(tmp_path, writing(NEW))
    mine = {"tables/mine.csv": "mine", "tables/arrows.csv": "my notes in it", "notes.txt": "mine"}
    assert held(tmp_path) == NEW | mine


def test_a_mistake_while_writing_leaves_the_earlier_brief(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    listing = (tmp_path / LISTING).read_text()

    def fails(folder: Path) -> list[Path]:
        writing(NEW)(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_files(tmp_path, fails)
    assert held(tmp_path) == OLD
    assert (tmp_path / LISTING).read_text() == listing


@pytest.mark.parametrize("moves", [0, 1, 2])
@pytest.mark.parametrize("then", [OLD, NEW, {"brief.html": "third"}])
def test_the_brief_after_an_interruption_puts_things_right(
    moves: int, then: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, writing(OLD))
    more = {"figures/ppc.svg": "new", **NEW}
    move, moved = Path.replace, list[str]()

    def interrupted(self: Path, target: Path) -> Path:
        if target.name != LISTING:
            if len(moved) == moves:
                raise KeyboardInterrupt
            moved.append(target.name)
        return move(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            replace_files(tmp_path, writing(more))
    assert len(moved) == moves
    # what only the earlier one wrote goes last
    whole = {**OLD, **{name: more[name] for name in list(more)[:moves]}}
    assert held(tmp_path) == whole
    replace_files(tmp_path, writing(then))
    assert held(tmp_path) == then


def test_a_killed_write_is_swept_and_nothing_of_it_is_taken_for_the_brief(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    (tmp_path / ".partial-x" / "tables").mkdir(parents=True)
    (tmp_path / ".partial-x" / "tables" / "arrows.csv").write_text("half")
    with pytest.warns(UserWarning, match="1 unfinished files or folders cleared away"):
        require_writable_folder(tmp_path)
    assert held(tmp_path) == OLD


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        json.dumps({"schema": "other", "files": {}}),
        json.dumps({"schema": "vm2causal/files/1", "files": ["brief.html"]}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"../thesis.docx": ["0" * 64]}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"/etc/passwd": ["0" * 64]}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"brief.html": [1]}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"brief.html": "0" * 64}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"brief.html": ["0" * 63]}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"brief.html": None}}),
    ],
)
def test_a_damaged_list_is_named_and_nothing_goes(damage: str, tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    (tmp_path / LISTING).write_text(damage)
    rule = r"files\.json: This is not the list .* Name another folder with --out; or delete it"
    with pytest.raises(OutputError, match=rule):
        require_replaceable(tmp_path, ())
    written = list[Path]()
    with pytest.raises(OutputError, match=rule):
        replace_files(tmp_path, lambda folder: written)
    assert held(tmp_path) == OLD


CHANGED = {
    "edited": ("figures/dag.svg", r"are not as an earlier brief wrote them: figures/dag\.svg\."),
    "own": ("figures/ppc.svg", r"are not as an earlier brief wrote them: figures/ppc\.svg\."),
}


@pytest.mark.parametrize(("name", "rule"), CHANGED.values(), ids=CHANGED.keys())
def test_what_is_yours_is_never_written_over(name: str, rule: str, tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    (tmp_path / name).write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    fresh = {**NEW, "figures/ppc.svg": "new"}
    mend = rule + r".* Move them, or name another folder with --out\."
    with pytest.raises(OutputError, match=mend):
        require_replaceable(tmp_path, fresh)
    with pytest.raises(OutputError, match=mend):
        replace_files(tmp_path, writing(fresh))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    (tmp_path / name).rename(tmp_path / "moved")
    replace_files(tmp_path, writing(fresh))
    assert held(tmp_path) == {**fresh, "moved": "mine"}


def test_what_was_changed_while_the_brief_was_made_is_yours_too(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))

    def edited_meanwhile(folder: Path) -> list[Path]:
        (tmp_path / "brief.html").write_text("mine")
        return writing(NEW)(folder)

    with pytest.raises(OutputError, match=r"wrote them: brief\.html\."):
        replace_files(tmp_path, edited_meanwhile)
    assert held(tmp_path) == OLD | {"brief.html": "mine"}


def test_a_brief_that_came_in_between_is_replaced_whole(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))

    def overtaken(folder: Path) -> list[Path]:
        replace_files(tmp_path, writing({"brief.html": "between", "tables/by.csv": "2"}))
        return writing(NEW)(folder)

    replace_files(tmp_path, overtaken)
    assert held(tmp_path) == NEW


def test_many_files_in_the_way_are_counted(tmp_path: Path) -> None:
    files = {f"{number}.csv": "mine" for number in range(7)}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(
        OutputError,
        match=r"0\.csv, .*4\.csv and 2 more.* Move them, delete what an earlier version made, or",
    ):
        require_replaceable(tmp_path, files)


def old_run(folder: Path, **changes: object) -> None:
    """What a version without a list left: files, and a record that names them."""
    for name, content in OLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    record = {"schema": "vm2causal/run/1", "files": list(OLD)} | changes
    (folder / "run.json").write_text(json.dumps(record))


def test_what_a_run_of_an_older_version_lists_is_replaced(tmp_path: Path) -> None:
    old_run(tmp_path)
    require_replaceable(tmp_path, NEW)
    replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == NEW


def test_the_list_of_an_older_run_outlives_its_record(tmp_path: Path) -> None:
    old_run(tmp_path)
    adopt_older_run(tmp_path)
    (tmp_path / "run.json").unlink()
    (tmp_path / "figures" / "dag.svg").write_text("mine")
    with pytest.raises(OutputError, match=r"wrote them: figures/dag\.svg\."):
        replace_files(tmp_path, writing(NEW))


@pytest.mark.parametrize(
    "changes", [{"schema": "vm2causal/fit/1"}, {"files": ["../thesis.docx"]}, {"files": None}]
)
def test_another_record_lists_nothing(changes: dict[str, object], tmp_path: Path) -> None:
    old_run(tmp_path, **changes)
    adopt_older_run(tmp_path)
    assert not (tmp_path / LISTING).exists()
    with pytest.raises(OutputError, match=r"figures/dag\.svg, brief\.html\..*delete what an ear"):
        replace_files(tmp_path, writing(NEW))


@pytest.mark.parametrize("kind", ["file", "link"])
def test_only_a_real_folder_is_written_to(kind: str, tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    if kind == "file":
        (out / "tables").write_text("a file")
    else:
        (out / "tables").symlink_to(elsewhere)
    for refused in (
        lambda: require_replaceable(out, OLD),
        lambda: replace_files(out, writing(OLD)),
    ):
        with pytest.raises(OutputError, match=r"tables: A brief writes a folder of this name"):
            refused()
    assert [path.name for path in out.iterdir()] == ["tables"]
    assert not list(elsewhere.iterdir())


def test_a_link_in_the_place_of_an_old_folder_stays(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    replace_files(out, writing(OLD))
    (out / "tables").rename(elsewhere)
    (out / "tables").symlink_to(elsewhere)
    replace_files(out, writing(NEW))
    assert (out / "tables").is_symlink()
    assert held(out) == NEW
    assert (elsewhere / "arrows.csv").read_text() == "1"


def test_a_move_that_fails_is_named_and_the_next_brief_puts_it_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, writing(OLD))
    move = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if target == tmp_path / "brief.html":
            raise PermissionError(13, "Permission denied")
        return move(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refused)
        with pytest.raises(
            OutputError,
            match=r"^brief\.html: This cannot be put in its place: Permission denied\. Files of",
        ):
            replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == OLD | {"figures/dag.svg": "new"}
    assert set(listed_files(tmp_path)) == set(OLD)
    replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == NEW


def test_a_removal_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_files(tmp_path, writing(OLD))

    def refused(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(brief_folder, "_remove", refused)
        with pytest.raises(OutputError, match=r"^tables/arrows\.csv: This file of an earlier"):
            replace_files(tmp_path, writing(NEW))
    replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == NEW


def test_a_list_that_leads_out_of_the_folder_is_not_ours(tmp_path: Path) -> None:
    """Neither list may let a brief delete what stands behind a link in a folder that was sent."""
    kept, out = tmp_path / "kept", tmp_path / "out"
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    out.mkdir()
    (out / "link").symlink_to(kept)
    record = {"schema": "vm2causal/run/1", "files": ["link/mine.txt"]}
    (out / "run.json").write_text(json.dumps(record))
    adopt_older_run(out)
    assert listed_files(out).keys() == {"run.json"}
    (out / "run.json").unlink()
    digest = sha256(b"mine").hexdigest()
    listing = {"schema": "vm2causal/files/1", "files": {"link/mine.txt": [digest]}}
    (out / "files.json").write_text(json.dumps(listing))
    replace_files(out, writing(NEW))
    assert (kept / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("when", ["before", "between"])
def test_another_job_that_starts_leaves_the_unfinished_files_alone(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, writing(OLD))

    def starting(folder: Path) -> list[Path]:
        paths = writing(NEW)(folder)
        if when == "before":
            require_writable_folder(tmp_path)
        return paths

    move = Path.replace

    def moving(self: Path, target: Path) -> Path:
        moved = move(self, target)
        if when == "between" and target == tmp_path / "figures" / "dag.svg":
            require_writable_folder(tmp_path)
        return moved

    monkeypatch.setattr(Path, "replace", moving)
    replace_files(tmp_path, starting)
    assert held(tmp_path) == NEW


@pytest.mark.parametrize("when", ["before", "between"])
def test_unfinished_files_that_somebody_takes_away_are_named(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, writing(OLD))

    def cleared(folder: Path) -> list[Path]:
        paths = writing(NEW)(folder)
        if when == "before":
            rmtree(folder)
        return paths

    move = Path.replace

    def clearing(self: Path, target: Path) -> Path:
        moved = move(self, target)
        if target == tmp_path / "figures" / "dag.svg":
            rmtree(next(tmp_path.glob(".partial-*")))
        return moved

    if when == "between":
        monkeypatch.setattr(Path, "replace", clearing)
    with pytest.raises(
        OutputError, match=r"was taken away while it was written.* Let nothing else"
    ):
        replace_files(tmp_path, cleared)
    assert held(tmp_path).keys() == OLD.keys()
