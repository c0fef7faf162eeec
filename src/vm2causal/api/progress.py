"""How far a long call is: in a notebook, in a terminal, or one plain line a step."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vm2causal.texts import Language, catalogue, number, text

type Write = Callable[[str], None]


@contextmanager
def told_steps(language: Language, *, show: bool) -> Iterator[Callable[[str], None]]:
    """Tell the steps of a job as they start, with what each took; call it with a step's name.

    Parameters
    ----------
    show
        Whether to tell anything.
    """
    if not show:
        yield lambda step: None
        return
    line = _Line()
    began, last, done = time.perf_counter(), "", list[str]()

    def finish() -> None:
        nonlocal began
        if last:
            seconds = number(time.perf_counter() - began, language, 1)
            done.append(text("api.step.done", language, step=_step(last, language), time=seconds))
        began = time.perf_counter()

    def start(step: str) -> None:
        nonlocal last
        finish()
        last = step
        line.put(" · ".join([*done, f"{_step(step, language)} …"]))

    yield start
    finish()
    line.put(" · ".join(done))
    line.end()


@contextmanager
def told_count(
    label: str, language: Language, *, show: bool
) -> Iterator[Callable[[int, int], None]]:
    """Tell how many of a batch are done; call it with (done, total)."""
    if not show:
        yield lambda done, total: None
        return
    line = _Line()
    began = time.perf_counter()

    def tell(done: int, total: int) -> None:
        seconds = number(time.perf_counter() - began, language, 0)
        line.put(text("api.batch", language, label=label, done=done, total=total, time=seconds))

    yield tell
    line.end()


def say_beside(lines: Iterator[str] | list[str], *, show: bool) -> None:
    """Say what must be known before a job starts: on standard error, in a notebook as output."""
    for line in lines if show else ():
        print(line, file=sys.stdout if _notebook() else sys.stderr)


def _step(name: str, language: Language) -> str:
    known = f"api.step.{name}"
    return text(known, language) if known in catalogue() else name


class _Line:
    """One line that is written over again where that can be done."""

    def __init__(self) -> None:
        self.shown: Any = None
        self.last = ""

    def put(self, line: str) -> None:
        """Write a line in the place of the one before it."""
        if not line or line == self.last:
            return
        if _notebook():
            self._display(line)
        elif sys.stderr.isatty():
            print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)
        self.last = line

    def end(self) -> None:
        """Leave the last line standing."""
        if not self.last or _notebook():
            return
        before = "\n" if sys.stderr.isatty() else f"{self.last}\n"
        print(before, end="", file=sys.stderr, flush=True)

    def _display(self, line: str) -> None:
        from IPython import display

        show: Any = display.display
        bundle = {"text/plain": line}
        if self.shown is None:
            self.shown = show(bundle, raw=True, display_id=True)
        else:
            self.shown.update(bundle, raw=True)


def _notebook() -> bool:
    """Whether the process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
