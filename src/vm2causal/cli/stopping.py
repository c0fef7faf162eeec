"""How a command ends when it does not end well: one line, and no folder of the user in it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

from vm2causal.folder_names import without_paths
from vm2causal.unseen import visible

INTERRUPTED: Final = 130
"""Exit status after an interruption, as shells know it: 128 and the number of the signal."""

_MOMENT: Final = 0.02
"""Seconds after which an interruption that was lost is sent again."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Run a command; an interruption ends it with one line, wherever it lands.

    Compilers and other packages turn an interruption that reaches them into an error of theirs, so
    what counts is that it came. Where it lands in a place that can raise nothing, such as the end
    of an object, Python prints and forgets it: there it is sent again. A process that was started
    to ignore interruptions goes on doing so.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before, unraisable = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, note)
        sys.unraisablehook = _sent_again
    try:
        yield
    except BaseException as error:
        if not came and not isinstance(error, KeyboardInterrupt):
            raise
        # what is still to be tidied is not to be interrupted again
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        sys.unraisablehook = unraisable
        if not came:
            signal.signal(signal.SIGINT, before)


def _sent_again(unraisable: sys.UnraisableHookArgs) -> None:
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        # sent from here it would land here
        again = threading.Timer(_MOMENT, _interrupt)
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt() -> None:
    """Interrupt the main thread, also where it sleeps; Windows has no such thing."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(int(threading.main_thread().ident or 0), signal.SIGINT)
    else:
        _thread.interrupt_main()


def hide_folders() -> None:
    """Let warnings and tracebacks name files by their last name only."""
    warnings.formatwarning = _warning
    sys.excepthook = _traceback


def cleared(text: str) -> str:
    """A text without absolute paths, and with what is not seen as numbers."""
    return visible(without_paths(text))


def _warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    return f"{Path(filename).name}:{lineno}: {category.__name__}: {cleared(str(message))}\n"


def _traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    print(cleared("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr, end="")
