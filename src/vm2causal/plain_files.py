"""Opening what others send: regular files of a known largest size, and nothing else.

A pipe waits for ever, a device has no end, and a link in a folder may lead anywhere. What is opened
is looked at, not what its name stood for a moment before.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from vm2causal.errors import InputError

LARGEST_JSON: Final = 500_000_000
"""Most bytes of a file of JSON that a run left behind."""

_KINDS: Final = (
    (stat.S_ISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)
_NOT_WAITING: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_OWN: Final = getattr(os, "O_NOFOLLOW", 0)


def read_plain(path: Path, *, largest: int, follow: bool = True) -> bytes:
    """Content of a regular file.

    Parameters
    ----------
    path
        Of the file.
    largest
        Most bytes it may have.
    follow
        Whether a link stands for what it leads to; else it is refused.

    Raises
    ------
    OSError
        When it is absent, a link that is not followed, no regular file, larger, or changes while
        it is read; ``strerror`` says which.
    """
    handle = os.open(path, os.O_RDONLY | _NOT_WAITING | (0 if follow else _OWN))
    with os.fdopen(handle, "rb") as stream:
        before = os.fstat(stream.fileno())
        _require_regular(before.st_mode)
        if before.st_size > largest:
            raise OSError(errno.EFBIG, f"it has more than {largest:,} bytes")
        content = stream.read(largest + 1)
        after = os.fstat(stream.fileno())
    if len(content) != before.st_size or _stamp(before) != _stamp(after):
        raise OSError(errno.EBUSY, "it changed while it was read")
    return content


@contextmanager
def refused(error: type[InputError], *, file: str, fix: str) -> Iterator[None]:
    """Turn what keeps a file from being read into an error that names it.

    Parameters
    ----------
    error
        The kind of error.
    file, fix
        Name of the file as its user knows it, and the mend.

    Raises
    ------
    InputError
        Of the kind asked for, with the reason.
    """
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise error(f"This file cannot be read: {reason}.", file=file, fix=fix) from problem


def read_json(path: Path, *, largest: int = LARGEST_JSON, follow: bool = True) -> Any:
    """What a file of JSON says.

    Parameters
    ----------
    path
        Of the file.
    largest
        Bytes that a file may have at most.
    follow
        As in :func:`read_plain`.

    Raises
    ------
    OSError
        As :func:`read_plain`.
    ValueError
        When it is not JSON, or is nested deeper than anything that is written here.
    """
    try:
        return json.loads(read_plain(path, largest=largest, follow=follow).decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def require_plain(path: Path) -> None:
    """Refuse what is no regular file, for readers that open a file by its name.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    OSError
        When it is absent or no regular file; ``strerror`` says which.
    """
    _require_regular(path.stat().st_mode)


def require_possible(path: Path) -> None:
    """Refuse a name that no file can have.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    OSError
        When it holds a byte of zero.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "no file can have this name")


def require_within(path: Path, folder: Path) -> None:
    """Refuse a file of a folder that is a link to what stands elsewhere.

    Parameters
    ----------
    path
        Of the file.
    folder
        That the file must stand in.

    Raises
    ------
    OSError
        When it leads out of the folder.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(errno.ELOOP, "it is a link that leads out of its folder")


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "it is no file")
        raise OSError(errno.EINVAL, kind)


def _stamp(found: os.stat_result) -> tuple[int, int]:
    return (found.st_size, found.st_mtime_ns)
