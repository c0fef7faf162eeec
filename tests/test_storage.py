from pathlib import Path

import pytest

from vm2causal.errors import OptionError, OutputError
from vm2causal.storage import (
    require_writable_folder,
    shipped_path,
    write_atomically,
    write_atomically_with,
    write_folder_atomically,
)


def test_shipped_files_are_found() -> None:
    assert (shipped_path("data", "published") / "outcomes.csv").is_file()
    assert shipped_path("models", "onderzoeksmodel-2012.yaml").is_file()


def test_what_does_not_ship_is_named() -> None:
    with pytest.raises(OptionError, match=r"does not ship with vm2causal\. Got: 'data/nothing'"):
        shipped_path("data", "nothing")


def test_a_file_is_written_in_folders_made_on_the_way(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "a" / "b" / "c.txt", "één")
    assert path.read_text(encoding="utf-8") == "één"


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "kept.txt", "old")

    def interrupted(temporary: Path) -> None:
        temporary.write_text("half of the n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically_with(path, interrupted)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["kept.txt"]


def test_an_interrupted_folder_leaves_the_old_folder_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "fit.zarr"
    write_folder_atomically(path, lambda folder: _fill(folder, "old"))

    def interrupted(folder: Path) -> None:
        _fill(folder, "half of the n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder_atomically(path, interrupted)
    assert (path / "content").read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["fit.zarr"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "fit.zarr"
    write_folder_atomically(path, lambda folder: _fill(folder, "old", extra="left-over"))
    write_folder_atomically(path, lambda folder: _fill(folder, "new"))
    assert sorted(item.name for item in path.iterdir()) == ["content"]
    assert [item.name for item in tmp_path.iterdir()] == ["fit.zarr"]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_atomically(path, "text"),
        lambda path: write_folder_atomically(path, Path.mkdir),
        lambda path: require_writable_folder(path),
    ],
)
def test_an_unwritable_place_is_named_with_the_mend(tmp_path: Path, write) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot be written: .*Name a folder .* --out"):
        write(tmp_path / "file" / "inside")


def _fill(folder: Path, content: str, extra: str | None = None) -> None:
    folder.mkdir()
    (folder / "content").write_text(content)
    if extra:
        (folder / extra).write_text("")
