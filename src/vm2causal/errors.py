"""One tree of exceptions; everything vm2causal raises on purpose hangs in it.

::

    Vm2CausalError              exit status 1
    ├── InputError              exit status 2: what the user gave cannot be used as it stands
    │   ├── OptionError         an option, name or number on the command line or in a call
    │   ├── TableError          a published table
    │   ├── ModelFileError      a model file
    │   ├── StudyError          a researcher's study or table
    │   ├── QueryError          a causal question the model cannot hold
    │   ├── FitError            a folder that should hold a fit
    │   └── OutputError         a place that cannot be written
    └── SizeLimitError          the answer exists but would take longer than the limit allows

A message names the place, the value received, the rule it breaks and the mend, in that order. It
holds no absolute path and no character that is not seen.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from vm2causal.folder_names import known_as, without_paths
from vm2causal.unseen import visible

_ABSENT: Final = object()


class Vm2CausalError(Exception):
    """Base of every error raised on purpose; a command that meets one ends without a traceback."""

    exit_status = 1


class InputError(Vm2CausalError):
    """What the user gave cannot be used as it stands.

    Parameters
    ----------
    rule
        The rule that was broken, as one sentence.
    file
        Name of the file, as the user knows it.
    line, row
        Line of a text file, or data row of a table; both count from 1, a header is not counted
        as a row.
    column
        Column or field.
    value
        The value received; shown in quotes.
    fix
        What to do about it, as one sentence.
    """

    exit_status = 2

    def __init__(
        self,
        rule: str,
        *,
        file: str | None = None,
        line: int | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = _ABSENT,
        fix: str | None = None,
    ) -> None:
        self.rule = _said(rule)
        self.file = None if file is None else visible(known_as(file), allowed="")
        self.line = line
        self.row = row
        self.column = None if column is None else visible(column)
        self.value = None if value is _ABSENT else _received(value)
        self.fix = None if fix is None else _said(fix)
        self._has_value = value is not _ABSENT
        super().__init__(self._message())

    def _message(self) -> str:
        place = [self.file] if self.file else []
        place += [f"{word} {item}" for word, item in self._coordinates() if item is not None]
        message = f"{', '.join(place)}: {self.rule}" if place else self.rule
        if self._has_value:
            message += f" Got: {_shown(self.value)}."
        if self.fix:
            message += f" {self.fix}"
        return message

    def _coordinates(self) -> tuple[tuple[str, object], ...]:
        return (("line", self.line), ("row", self.row), ("column", self.column))


class OptionError(InputError):
    """An option, a name or a number given to a command or function."""


class TableError(InputError):
    """A published table is missing, altered or contradicts itself."""


class ModelFileError(InputError):
    """A model file cannot be read as a causal model."""


class StudyError(InputError):
    """A researcher's study or table cannot be used as it stands."""


class QueryError(InputError):
    """A causal question names what the model does not hold."""


class FitError(InputError):
    """A folder does not hold a fit that can be read back whole."""


class OutputError(InputError):
    """A result cannot be written where it was asked for."""


class SizeLimitError(Vm2CausalError):
    """A complete answer would take longer than the limit allows; the message says which limit."""


def _said(text: str) -> str:
    return visible(without_paths(text))


def _received(value: object) -> object:
    """The value, without the folders above a path."""
    if isinstance(value, PurePath):
        return known_as(value)
    return without_paths(known_as(value)) if isinstance(value, str) else value


def _shown(value: object, longest: int = 80) -> str:
    # a repr shows what is not seen as escapes
    text = repr(value) if isinstance(value, str) else _said(str(value))
    return text if len(text) <= longest else text[: longest - 1] + "…"
