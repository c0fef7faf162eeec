"""Standard output and error: UTF-8 in files and pipes, on a console what it can show.

A result that took an hour is not lost to a minus sign that a code page lacks, nor to a reader that
closed the pipe.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO

PLAIN: Final = "vm2causal-plain"
"""Name under which :func:`plain` is known to Python as a way to handle encoding errors."""

_PLAIN: Final = {
    "−": "-", "–": "-", "—": "-", "·": ".", "…": "...", "→": "->", "←": "<-", "↔": "<->",
    "≤": "<=", "≥": ">=", "≠": "!=", "×": "x", "±": "+/-", "‘": "'", "’": "'", "“": '"',
    "”": '"', "€": "EUR", "′": "'", "é": "e", "è": "e", "ë": "e", "ï": "i", "ö": "o", "ü": "u",
    "φ": "phi", "χ": "chi", "ρ": "rho", "²": "2", "Σ": "sum",
}  # fmt: skip

_GONE: Final = frozenset({errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EINVAL})


def plain(error: UnicodeError) -> tuple[str, int]:
    """Characters that an encoding lacks, in those that every encoding has.

    Examples
    --------
    >>> codecs.register_error(PLAIN, plain)
    >>> "x → y: −0.3 ☃".encode("ascii", PLAIN)
    b'x -> y: -0.3 ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in lacking), error.end


def prepare_streams() -> None:
    """Let standard output and error take every text that is printed."""
    codecs.register_error(PLAIN, plain)
    for stream in (sys.stdout, sys.stderr):
        prepare_stream(stream)


def prepare_stream(stream: TextIO | None) -> None:
    """A console keeps its encoding, and gets what it can show; anything else gets UTF-8."""
    reconfigure = getattr(stream, "reconfigure", None)
    if stream is None or reconfigure is None:
        return
    if stream.isatty():
        reconfigure(errors=PLAIN)
    else:
        reconfigure(encoding="utf-8", errors="strict")


@contextmanager
def printing() -> Iterator[None]:
    """Run a command; standard output that is full or closed ends it with status 1 and one line."""
    opened = sys.stdout
    try:
        try:
            yield
        finally:
            # what is still in the buffer can fail too, and would fail after the last word
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        if error.errno not in _GONE or error.filename is not None:
            raise
        _give_up(opened, error.strerror or str(error))
    except SystemExit:
        # the parser of the command line puts another stream in the place of a closed pipe
        if sys.stdout is not opened:
            _give_up(opened, os.strerror(errno.EPIPE))
        raise


def _give_up(stream: TextIO, reason: str) -> None:
    with suppress(OSError, ValueError):
        # so that nothing is tried again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    print(f"Error: standard output cannot be written: {reason}.", file=sys.stderr)
    sys.exit(1)
