"""What is wrong or remarkable in a study: one record per problem, and the error that lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from vm2causal.errors import InputError, StudyError

Severity = Literal["error", "warning"]

SHOWN_PROBLEMS: Final = 5
"""How many problems an error message gives in full."""


@dataclass(frozen=True)
class Problem:
    """One problem of a study.

    Parameters
    ----------
    code
        Id of the rule, e.g. ``"unknown_experiment"``; the same in every language and version.
    file
        Base name of the file.
    rule
        The rule that was broken, as one sentence.
    fix
        What to do about it, as one sentence.
    row
        Data row, from 1, the header not counted; None when the problem is not of one row.
    column
        Column or field; None when the problem is not of one column.
    line
        Line of a text file without rows (``study.yaml``).
    value
        The value found. Never set for a pupil's identifier or other cells of a pupil's row.
    severity
        ``"error"``: the study cannot be used; ``"warning"``: it can, with this in mind.
    """

    code: str
    file: str
    rule: str
    fix: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    severity: Severity = "error"
    line: int | None = None

    def sentence(self) -> str:
        """Place, rule, value and mend in one line, as an error message gives them."""
        return str(self.as_error())

    def as_error(self) -> StudyError:
        """Make the error that says this problem alone."""
        make = partial(
            StudyError,
            self.rule,
            file=self.file,
            line=self.line,
            row=self.row,
            column=self.column,
            fix=self.fix,
        )
        return make() if self.value is None else make(value=self.value)


class StudyProblems(StudyError):
    """A study with errors: all of them in ``problems``, the first few in the message."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_listed(self.problems))


def problem_of(error: InputError, *, code: str, file: str) -> Problem:
    """Record an error that a reader raised, to be listed with the others.

    ``file`` is the file it is about where the error does not say so.
    """
    return Problem(
        code=code,
        file=error.file or file,
        rule=error.rule,
        fix=error.fix or "",
        line=error.line,
        row=error.row,
        column=error.column,
        value=None if error.value is None else str(error.value),
    )


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise one error for all problems that make a study unusable.

    Raises
    ------
    StudyProblems
        When at least one problem has severity ``"error"``.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise StudyProblems(errors)


def _listed(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return problems[0].sentence()
    lines = [f"{len(problems)} problems were found."]
    lines += [f"  {problem.sentence()}" for problem in problems[:SHOWN_PROBLEMS]]
    hidden = len(problems) - SHOWN_PROBLEMS
    if hidden > 0:
        lines.append(f"  … and {hidden} more; `vm2causal study check` lists them all.")
    return "\n".join(lines)
