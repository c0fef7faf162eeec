"""Levels and names of groups that may not be what somebody wrote: refused, or said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from shlex import quote
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.remarks import Remark, listed
from vm2causal.inputs.tables.uses import Use

_BLANKS: Final = frozenset(
    {"-", "--", "---", "\u2013", "\u2014", "?", "??", "???", "..", "...", "\u2026", "*", "/", "#"}
)
"""What people type for nothing. Beside levels such as ``+`` a dash is one of these."""

_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?e\+\d{2,3}", re.IGNORECASE)
_MONTH: Final = (
    r"(?:jan|feb|mrt|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?"  # nl and en
)
_DATE: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}[- ]{_MONTH}|{_MONTH}[- ]\d{{1,4}}", re.IGNORECASE
)
_CODE: Final = re.compile(r"#[\w/]+[!?]|\.[a-z]")
_ZEROS: Final = re.compile(r"0+(?=\w)")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_COMMA: Final = re.compile(r"\d+,\d+")
_REPLACED: Final = "\ufffd"


def refuse_doubtful(raw: RawTable, use: Use, texts: pd.Series[str]) -> None:
    """Refuse levels that nobody meant as one, unless they are declared or kept.

    These are signs for nothing (``-``, ``?``) among words; errors of spreadsheets and marks of
    Stata (``#NULL!``, ``.a``); long numbers that a spreadsheet
    shortened (``1.2E+10``), since different ones may look alike; and dates among levels that are
    none, which spreadsheets make of codes such as ``4-10``.

    Raises
    ------
    StudyError
        With the first of them.
    """
    known = sorted(set(map(str, texts.dropna())) - set(use.levels))
    kept = raw.choices.kept_in(use.column)
    for is_doubtful, rule in _RULES:
        found = [text for text in is_doubtful(known) if text not in kept]
        if found:
            rows = [int(str(row)) for row in texts.index[texts.eq(found[0])]]
            option = quote(f"{use.column}={found[0]}")
            raise StudyError(
                rule,
                **raw.place(rows[0], use.column),
                value=found[0],
                fix=f"Rows {listed(rows)}: correct it, or say that it is missing with "
                f"--missing {option}, or that it is data with --keep {option}.",
            )


def _blank(levels: list[str]) -> list[str]:
    others = [text for text in levels if text not in _BLANKS]
    if any(not any(map(str.isalnum, text)) for text in others):
        return []
    return [text for text in levels if text in _BLANKS]


def _shortened(levels: list[str]) -> list[str]:
    return [text for text in levels if _SHORTENED.fullmatch(text)]


def _codes(levels: list[str]) -> list[str]:
    return [text for text in levels if _CODE.fullmatch(text)]


def _dates(levels: list[str]) -> list[str]:
    found = [text for text in levels if _DATE.fullmatch(text)]
    return found if len(found) < len(levels) else []


_RULES: Final[tuple[tuple[Callable[[list[str]], list[str]], str], ...]] = (
    (_blank, "This is no word and no number, and may stand for a missing value."),
    (_codes, "This is an error or a mark for a missing value of another program, and no level."),
    (_shortened, "This looks like a long number that a spreadsheet shortened: digits are lost."),
    (_dates, "This looks like a date that a spreadsheet made of a code: other levels are none."),
)


def level_remarks(column: str, levels: Iterable[str]) -> list[Remark]:
    """Say which levels differ as numbers are written alone, and which are garbled.

    Examples
    --------
    >>> [(item.code, item.fields["levels"]) for item in level_remarks("g", ["012", "12", "Ã©"])]
    [('alike_codes', '012, 12'), ('garbled', 'Ã©')]
    """
    texts = sorted(levels)
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(_as_number(text), []).append(text)
    said = [
        Remark("alike_codes", {"column": column, "levels": ", ".join(several)})
        for several in alike.values()
        if len(several) > 1
    ]
    garbled = [text for text in texts if _REPLACED in text or _is_twice_encoded(text)]
    if garbled:
        said.append(Remark("garbled", {"column": column, "levels": listed(garbled)}))
    return said


def _as_number(text: str) -> str:
    """A text without the zeros it begins with and, where it is a number, without its marks.

    Examples
    --------
    >>> _as_number("0012"), _as_number("1.000"), _as_number("1,5"), _as_number("a, b")
    ('12', '1000', '1.5', 'a, b')
    """
    zeros = _ZEROS.match(text)
    plain = text[zeros.end() :] if zeros else text
    if _THOUSANDS.fullmatch(plain):
        return re.sub(r"[.,]", "", plain)
    return plain.replace(",", ".") if _COMMA.fullmatch(plain) else plain


def _is_twice_encoded(text: str) -> bool:
    """Whether a text is UTF-8 that some program took for Windows-1252.

    Examples
    --------
    >>> _is_twice_encoded("facilitaÃ¯r"), _is_twice_encoded("facilitaïr")
    (True, False)
    """
    if text.isascii():
        return False
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True
