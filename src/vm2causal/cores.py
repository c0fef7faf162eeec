"""How many cores a computation may use: those of its process, or the share it was given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_SHARE: Final[ContextVar[int | None]] = ContextVar("share of the cores", default=None)


def usable_cores() -> int:
    """Cores this process may use, or its share where several work side by side."""
    share = _SHARE.get()
    return os.process_cpu_count() or 1 if share is None else share


@contextmanager
def share_of_cores(number: int) -> Iterator[None]:
    """Let what runs inside use only this many cores; results do not depend on it.

    Parameters
    ----------
    number
        Of cores, at least 1.

    Examples
    --------
    >>> with share_of_cores(1):
    ...     usable_cores()
    1
    """
    before = _SHARE.set(max(number, 1))
    try:
        yield
    finally:
        _SHARE.reset(before)
