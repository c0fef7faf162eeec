"""How far a long job is: in a notebook, on a terminal, or one plain line a step.

A terminal and a notebook have one line that is written over, with the draws of the chains and the
time left. Anything else (a file, a pipe) gets a line when a step begins, with the time so far, and
of a batch one at every tenth.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from vm2causal.texts import Language, catalogue, number, text

_PARTS: Final = 10
"""Lines that a batch writes where nothing can be written over."""

_CHAINS: Final = 6
"""Chains of which each has a number of its own."""


@dataclass(frozen=True)
class Drawn:
    """How far the chains of a sampler are.

    Parameters
    ----------
    done
        Draws of each chain, those of the warm-up counted.
    total
        Draws that each will have.
    divergences
        Of all chains since the warm-up began.
    """

    done: tuple[int, ...]
    total: int
    divergences: int


class Steps:
    """Told each step of a job as it starts, and within sampling the draws."""

    def __init__(self, language: Language, *, show: bool, total: int = 0) -> None:
        self.language, self.total = language, total
        self.number = 0
        self.line = _Line() if show else None
        self.began = self.since = time.perf_counter()
        self.step, self.done = "", list[str]()

    @property
    def live(self) -> bool:
        """Whether a line can be written over, so that draws are worth telling."""
        return self.line is not None and (self.line.notebook or self.line.terminal)

    def __call__(self, step: str) -> None:
        """Say that a step starts."""
        self._finish()
        self.step = step
        self.number += 1
        if self.line is not None:
            self.line.put(" · ".join([*self.done, f"{self._name(step)} …"]))
            self.line.add(self._line("progress.begins", step=self._name(step)))

    def drawn(self, state: Drawn) -> None:
        """Say how far sampling is; nothing where a line cannot be written over.

        Parameters
        ----------
        state
            Draws of each chain so far, and divergences.
        """
        if self.line is not None:
            said = _draws(state, self.language)
            left = _left(time.perf_counter() - self.since, state)
            if left is not None:
                said.append(
                    text("progress.left", self.language, time=_seconds(left, self.language))
                )
            self.line.put(" · ".join([*self.done, *said]))

    def end(self) -> None:
        """Say what the whole took."""
        self._finish()
        if self.line is not None:
            self.line.put(" · ".join(self.done))
            self.line.add(self._line("progress.ends"))
            self.line.end()

    def _finish(self) -> None:
        now = time.perf_counter()
        if self.step:
            took = number(now - self.since, self.language, 1)
            named = self._name(self.step)
            self.done.append(text("progress.done", self.language, step=named, time=took))
        self.since = now

    def _line(self, key: str, **fields: object) -> str:
        gone = number(time.perf_counter() - self.began, self.language, 1)
        return text(key, self.language, time=gone, **fields)

    def _name(self, step: str) -> str:
        known = f"progress.step.{step}"
        name = text(known, self.language) if known in catalogue() else step
        return f"{self.number}/{self.total} {name}" if self.total else name


@contextmanager
def told_steps(language: Language, *, show: bool = True, total: int = 0) -> Iterator[Steps]:
    """Tell the steps of a job as they start, with what each took.

    Parameters
    ----------
    language
        Of the lines.
    show
        Whether to tell anything.
    total
        Number of steps; 0 where it is not known.
    """
    steps = Steps(language, show=show, total=total)
    yield steps
    steps.end()


@contextmanager
def told_count(
    label: str, language: Language, *, show: bool = True
) -> Iterator[Callable[[int, int], None]]:
    """Tell how many of a batch are done; call it with (done, total).

    Parameters
    ----------
    label
        What is done.
    language
        Of the lines.
    show
        Whether to tell anything.
    """
    if not show:
        yield lambda done, total: None
        return
    line = _Line()
    began, tenth = time.perf_counter(), -1

    def tell(done: int, total: int) -> None:
        nonlocal tenth
        gone = time.perf_counter() - began
        fields = {"label": label, "done": done, "total": total, "time": _seconds(gone, language)}
        said = text("progress.batch", language, **fields)
        if 0 < done < total:
            left = _seconds(gone * (total - done) / done, language)
            said = f"{said} · {text('progress.left', language, time=left)}"
        line.put(said)
        if total and done * _PARTS // total > tenth:
            tenth = done * _PARTS // total
            line.add(said)

    yield tell
    line.end()


def say_beside(lines: Iterable[str], *, show: bool) -> None:
    """Say what must be known before a job starts: on standard error, in a notebook as output.

    Parameters
    ----------
    lines
        One sentence each.
    show
        Whether to say anything.
    """
    for line in lines if show else ():
        print(line, file=sys.stdout if _notebook() else sys.stderr)


def _draws(state: Drawn, language: Language) -> list[str]:
    """Draws of each chain, and divergences."""
    ends = f"{min(state.done)}–{max(state.done)}"
    done = ", ".join(map(str, state.done)) if len(state.done) <= _CHAINS else ends
    fields = {"done": done, "total": state.total}
    return [
        text("progress.draws", language, **fields),
        text("progress.divergences", language, number=state.divergences),
    ]


def _left(gone: float, state: Drawn) -> float | None:
    """Seconds left if draws go on as they went; not told of the first twentieth."""
    share = sum(state.done) / (state.total * len(state.done))
    return gone * (1 - share) / share if share >= 0.05 else None


def _seconds(seconds: float, language: Language) -> str:
    return number(seconds, language, 0)


class _Line:
    """One line that is written over where that can be done, and lines one by one elsewhere."""

    def __init__(self) -> None:
        self.shown: Any = None
        self.last = ""
        self.notebook = _notebook()
        self.terminal = not self.notebook and sys.stderr.isatty()

    def put(self, line: str) -> None:
        """Write a line in the place of the one before it."""
        if not line or line == self.last:
            return
        if self.notebook:
            self._display(line)
        elif self.terminal:
            print(f"\r\x1b[2K{_fitting(line)}", end="", file=sys.stderr, flush=True)
        self.last = line

    def add(self, line: str) -> None:
        """Write a line of its own, where none is written over."""
        if not (self.notebook or self.terminal):
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the last line standing."""
        if self.last and self.terminal:
            print("", file=sys.stderr, flush=True)

    def _display(self, line: str) -> None:
        from IPython import display

        show: Any = display.display
        bundle = {"text/plain": line}
        if self.shown is None:
            self.shown = show(bundle, raw=True, display_id=True)
        else:
            self.shown.update(bundle, raw=True)


def _fitting(line: str) -> str:
    """The end of a line that is too wide: a second line would not be written over."""
    from shutil import get_terminal_size

    room = get_terminal_size().columns - 1
    return line if len(line) <= room else f"…{line[-(room - 1) :]}"


def _notebook() -> bool:
    """Whether the process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
