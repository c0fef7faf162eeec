"""Where shipped files are found, and how results are written: whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from vm2causal.errors import OptionError, OutputError

_OWN_FOLDER: Final = 0o700
_OWN_FILE: Final = 0o600

PARTIAL: Final = ".partial-"
"""How the names of unfinished files and folders begin."""


def shipped_path(*parts: str) -> Path:
    """Path of a file or folder that ships with the package.

    ``models/`` and ``data/`` stand at the top of the repository for people to see; the wheel
    carries them inside the package. Code finds both through this function.

    Parameters
    ----------
    *parts
        Path below the repository, e.g. ``"data", "published"``.

    Raises
    ------
    OptionError
        When nothing of that name ships with the package.

    Examples
    --------
    >>> shipped_path("data", "published").is_dir()
    True
    """
    package = Path(str(resources.files("vm2causal")))
    for root in (package / "_shipped", package.parent.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise OptionError(
        "This file does not ship with vm2causal.",
        value="/".join(parts),
        fix="Reinstall the package if it should be there.",
    )


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Write a file under a temporary name and rename it into place.

    An interruption leaves the old file, or none; never half of the new one.

    Parameters
    ----------
    path
        Where the file or folder ends up; its folder exists.
    content
        Text, written as UTF-8, or bytes.

    Raises
    ------
    OutputError
        When the folder cannot be made or written.
    """
    data = content.encode() if isinstance(content, str) else content
    return write_atomically_with(path, lambda temporary: _write_bytes(temporary, data))


def write_atomically_with(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary file beside ``path``, then rename it into place.

    The temporary name keeps the suffix of ``path``, for writers that go by it.

    Parameters
    ----------
    path
        Where the file or folder ends up; its folder exists.
    write
        Called with the temporary path, which it fills.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL, suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def write_folder_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary folder beside ``path``, then move it into place.

    A folder that was there is moved aside first and moved back if the new one cannot take its
    place.

    Parameters
    ----------
    path
        Where the file or folder ends up; its folder exists.
    write
        Called with the temporary path, which it fills.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=PARTIAL) as temporary:
            fresh, aside = Path(temporary) / "fresh", Path(temporary) / "aside"
            write(fresh)
            if path.exists():
                path.replace(aside)
            try:
                fresh.replace(path)
            except BaseException:
                if aside.exists():
                    aside.replace(path)
                raise
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def require_writable_folder(folder: Path, *, sweep: bool = True) -> Path:
    """Make ``folder`` if needed and try to write in it, before any long work starts.

    Parameters
    ----------
    folder
        The folder.
    sweep
        Remove temporary files that a killed process left behind, in folders below it too. Not for
        a folder that others write to.

    Raises
    ------
    OutputError
        When it cannot be made, or nothing can be written in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    for left in folder.rglob(f"{PARTIAL}*") if sweep else ():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    return folder


def keep_private(folder: Path) -> Path:
    """Let nobody but its owner read a folder, and what is in it.

    Where a system has no such permissions this changes nothing.

    Parameters
    ----------
    folder
        The folder.
    """
    for path in (folder, *folder.rglob("*")):
        path.chmod(_OWN_FOLDER if path.is_dir() else _OWN_FILE)
    return folder


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"This cannot be written: {error.strerror or error}.",
        value=str(path),
        fix="Name a folder you may write in, with --out.",
    )


def _write_bytes(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
