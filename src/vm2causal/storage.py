"""Where shipped files are found, and how results are written: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import resources
from pathlib import Path
from typing import Final

from vm2causal.errors import OptionError, OutputError
from vm2causal.unfinished import (
    ASIDE,
    Busy,
    Cleared,
    clear_left,
    one_job,
    unfinished_file,
    unfinished_folder,
)

_OWN_FOLDER: Final = 0o700
_OWN_FILE: Final = 0o600

Told = Callable[[Cleared], object]
"""Told what was found of jobs that ended in the middle."""


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_file(path.parent, suffix=path.suffix) as temporary:
            write(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def write_folder_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary folder beside ``path``, then move it into place.

    A folder that was there is moved aside first and moved back if the new one cannot take its
    place; after a kill between these two moves whoever next looks for what is left does so.

    Parameters
    ----------
    path
        Where the file or folder ends up; its folder exists.
    write
        Called with the temporary path, which it fills.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(path.parent) as temporary:
            fresh, aside = temporary / "fresh", temporary / ASIDE
            write(fresh)
            if path.exists():
                aside.mkdir()
                path.replace(aside / path.name)
            fresh.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def require_writable_folder(folder: Path, *, below: bool = True) -> Path:
    """Make ``folder`` if needed and try to write in it, before any long work starts.

    What jobs that were killed left in it is cleared away or put back, and that is told; see
    :func:`telling`.

    Parameters
    ----------
    folder
        The folder.
    below
        Look for such things in folders below it too. Not for a folder that holds other things of
        its user.

    Raises
    ------
    OutputError
        When it cannot be made, or nothing can be written in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        cleared = clear_left(folder, below=below)
    except OSError as error:
        raise _unwritable(folder, error) from error
    if cleared:
        _LISTENER.get()(cleared)
    return folder


def _warn(cleared: Cleared) -> None:
    told = (
        [f"{cleared.removed} unfinished files or folders cleared away"] if cleared.removed else []
    )
    told += [f"put back: {', '.join(cleared.restored)}"] if cleared.restored else []
    warnings.warn(f"Left by a job that ended in the middle: {'; '.join(told)}.", stacklevel=4)


_LISTENER: Final[ContextVar[Told]] = ContextVar("who is told what was cleared", default=_warn)


@contextmanager
def telling(listener: Told) -> Iterator[None]:
    """Let someone be told what is found of jobs that ended in the middle; else it is a warning.

    Parameters
    ----------
    listener
        Called with each find.
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


@contextmanager
def alone_in(place: Path, *, beside: bool = False) -> Iterator[None]:
    """Write to a folder while no other job does.

    Parameters
    ----------
    place
        The folder.
    beside
        Say so beside the folder, which will be replaced, instead of in it; the folder that it
        stands in exists.

    Raises
    ------
    OutputError
        When another job that still runs writes there.
    """
    try:
        with one_job(place, beside=beside):
            yield
    except Busy as error:
        raise OutputError(
            "Another job is writing to this folder.",
            value=place.resolve().name,
            fix="Wait until it ends, or name another folder with --out.",
        ) from error


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
