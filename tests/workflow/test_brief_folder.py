"""A brief takes the place of an earlier one, of nothing else, and also after an interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vm2causal.errors import OutputError
from vm2causal.storage import require_writable_folder
from vm2causal.workflow.brief_folder import LISTING, listed_files, replace_files

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
    whole = {**OLD, **{name: more[name] for name in list(more)[:moves]}}
    del whole["tables/arrows.csv"]
    assert held(tmp_path) == whole
    replace_files(tmp_path, writing(then))
    assert held(tmp_path) == then


def test_a_killed_write_is_swept_and_nothing_of_it_is_taken_for_the_brief(tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    (tmp_path / ".partial-x" / "tables").mkdir(parents=True)
    (tmp_path / ".partial-x" / "tables" / "arrows.csv").write_text("half")
    require_writable_folder(tmp_path)
    assert held(tmp_path) == OLD


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        json.dumps({"schema": "other", "files": {}}),
        json.dumps({"schema": "vm2causal/files/1", "files": ["brief.html"]}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"../thesis.docx": ["0"]}}),
        json.dumps({"schema": "vm2causal/files/1", "files": {"/etc/passwd": ["0"]}}),
    ],
)
def test_a_damaged_list_is_named_and_nothing_goes(damage: str, tmp_path: Path) -> None:
    replace_files(tmp_path, writing(OLD))
    (tmp_path / LISTING).write_text(damage)
    with pytest.raises(OutputError, match=r"files\.json: This is not the list .* Delete it"):
        replace_files(tmp_path, writing(NEW))
    assert held(tmp_path) == OLD


def test_what_stands_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot be written.*tables"):
        replace_files(tmp_path, writing(OLD))
    assert (tmp_path / "tables").read_text() == "a file"
