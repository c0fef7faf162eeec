"""Unfinished files and folders: whose they are, and what becomes of them when their maker dies.

What is being written stands under a name of its own beside its place, and its maker holds a lock on
it, which the system takes from a process however that ends. So whoever comes next knows what is
left by the dead, clears it away, and puts back an earlier result that was moved aside when they
died. The same locks let one job at a time write to a folder. They go by ``flock``: a system without
(Windows), and a disk that knows no locks, let two jobs through, and there only what is a day old
counts as left.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

PARTIAL: Final = ".partial-"
"""How the names of unfinished files and folders begin."""

ASIDE: Final = "aside"
"""Folder within an unfinished one that holds, by its name, what is being replaced."""

LOCK: Final = f"{PARTIAL}lock"
"""How the name of the file begins that says a job is at work."""

_LONG_AGO: Final = 86_400
"""Seconds without a change after which something is left, where no lock can tell."""

_OPENED: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class Busy(Exception):
    """Another job that still runs writes here."""


@dataclass(frozen=True)
class Cleared:
    """What was found of jobs that ended in the middle.

    Parameters
    ----------
    removed
        Unfinished files and folders that were cleared away.
    restored
        Names of earlier results that were put back in their place.
    """

    removed: int = 0
    restored: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.removed or self.restored)

    def __add__(self, other: Cleared) -> Cleared:
        return Cleared(self.removed + other.removed, self.restored + other.restored)


@contextmanager
def unfinished_file(folder: Path, *, suffix: str = "") -> Iterator[Path]:
    """An empty file to be filled and then moved away; what is left of it goes.

    Parameters
    ----------
    folder
        That it stands in.
    suffix
        Of its name, for writers that go by it.
    """
    while True:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=PARTIAL, suffix=suffix)
        os.close(descriptor)
        with _held(Path(name)) as mine:
            if mine:
                try:
                    yield Path(name)
                finally:
                    Path(name).unlink(missing_ok=True)
                return


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to be filled; it goes, and what stands aside in it returns to its place.

    Parameters
    ----------
    folder
        That it stands in.
    """
    while True:
        made = Path(tempfile.mkdtemp(dir=folder, prefix=PARTIAL))
        with _held(made) as mine:
            if mine:
                try:
                    yield made
                finally:
                    if made.exists():  # else somebody took it away
                        _put_back(made)
                        shutil.rmtree(made)
                return


def clear_left(folder: Path, *, below: bool = True) -> Cleared:
    """Clear away what jobs left that ended in the middle; what a living one writes stays.

    Parameters
    ----------
    folder
        To look in.
    below
        Look in the folders below it too; not for one that holds other things of its user.
    """
    found = sorted(folder.rglob(f"{PARTIAL}*") if below else folder.glob(f"{PARTIAL}*"))
    total = Cleared()
    for path in found:
        with _held(path, left=True) as mine:
            if mine:
                total += _cleared(path)
    return total


@contextmanager
def one_job(place: Path, *, beside: bool = False) -> Iterator[None]:
    """Let no other job write to a folder meanwhile.

    Parameters
    ----------
    place
        The folder.
    beside
        Whether the lock stands beside the folder, which may be absent, instead of in it.

    Raises
    ------
    Busy
        When another one does.
    """
    whole = place.resolve()  # '.' has no name of its own
    lock = whole.with_name(f"{LOCK}-{whole.name}") if beside else whole / LOCK
    while True:
        os.close(os.open(lock, os.O_CREAT | os.O_WRONLY, 0o600))
        with _held(lock) as mine:
            if mine:
                try:
                    yield
                finally:
                    lock.unlink(missing_ok=True)
                return
        if lock.exists():
            raise Busy(place.name)


@contextmanager
def _held(path: Path, *, left: bool = False) -> Iterator[bool]:
    """Hold a file or folder, if nobody else does and it is still there.

    Where no lock can tell, it is held at once by whoever makes it, and counts as ``left`` when it
    is old.
    """
    try:
        handle = os.open(path, _OPENED)
    except OSError as error:
        # Windows opens no folders; else it is gone, someone else's, or no file or folder
        unopened = sys.platform == "win32" and isinstance(error, PermissionError)
        yield unopened and (_is_old(path) if left else True)
        return
    try:
        yield _locked(handle, path, left=left)
    finally:
        os.close(handle)


def _locked(handle: int, path: Path, *, left: bool) -> bool:
    if sys.platform == "win32":
        return _is_old(path) if left else True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # this disk knows no locks
        return _is_old(path) if left else True
    try:
        # who came first may have taken it away before it was opened here
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _LONG_AGO
    except FileNotFoundError:
        return False


def _cleared(path: Path) -> Cleared:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return Cleared(0 if path.name.startswith(LOCK) else 1)
    restored = _put_back(path)
    shutil.rmtree(path)
    return Cleared(0 if restored else 1, restored)


def _put_back(made: Path) -> tuple[str, ...]:
    """Return what was moved aside and has nothing in its place."""
    aside, names = made / ASIDE, []
    if aside.is_symlink() or not aside.is_dir():
        return ()
    for item in sorted(aside.iterdir()):
        target = made.parent / item.name
        if not os.path.lexists(target):
            item.rename(target)
            names.append(item.name)
    return tuple(names)
