"""Columns that say who somebody is: found by name and by the shape of their cells, never shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pandas as pd

from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.schema import SCHEMAS

FEWEST: Final = 3
"""Cells a column needs before its shape counts as evidence."""

MOSTLY: Final = 0.8
"""Share of the cells that must have the shape."""

_BY_NAME: Final = {
    "the names of persons": re.compile(
        r"^(voor|achter|roep|familie|leerling|docent|volledige_?)?_?naam"
        r"|voorletters|initialen|^(first|last|sur|full)?_?name$|naam_(leerling|docent)"
    ),
    "birth dates": re.compile(r"geboorte|geb_?datum|birth|^dob$"),
    "addresses or ways to reach a person": re.compile(
        r"e_?mail|telefoon|phone|mobiel|adres|address|postcode|zip_?code"
    ),
    "official numbers of persons": re.compile(
        r"(^|_)bsn(_|$)|burgerservice|sofi_?n|(^|_)pgn(_|$)|onderwijsnummer|persoonsgebonden"
    ),
}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
_POSTCODE: Final = re.compile(r"[1-9]\d{3} ?[A-Z]{2}")
_DATE: Final = re.compile(
    r"(19[3-9]\d|20[0-2]\d)-[01]?\d-[0-3]?\d|[0-3]?\d[-/.][01]?\d[-/.](19[3-9]\d|20[0-2]\d)"
)
_PERSON: Final = re.compile(
    r"[A-Z][\w'-]*\.?( (van|de|der|den|het|ten|ter|te|el|al|'t))*( [A-Z][\w'-]+)+|"
    r"[A-Z][\w'-]+, [A-Z][\w'. -]+"
)


def is_bsn(text: str) -> bool:
    """Tell whether a text can be a burgerservicenummer: eight or nine digits, eleven-test.

    The digits times 9, 8, … 2 and −1 add up to a multiple of eleven.

    Examples
    --------
    >>> is_bsn("111222333"), is_bsn("111222334")
    (True, False)
    """
    return _eleven(text) == 0


def is_onderwijsnummer(text: str) -> bool:
    """Tell whether a text can be an onderwijsnummer: begins with 10, eleven-test leaves five.

    Examples
    --------
    >>> is_onderwijsnummer("101222331"), is_onderwijsnummer("100252333")
    (True, False)
    """
    return text.startswith("10") and len(text) == 9 and _eleven(text) == 5


def _eleven(text: str) -> int | None:
    """Remainder of the weighted digits after division by eleven; None for other texts."""
    if not (text.isascii() and text.isdigit() and len(text) in (8, 9) and int(text)):
        return None
    digits = [int(digit) for digit in text.zfill(9)]
    return (sum(w * d for w, d in zip(range(9, 1, -1), digits, strict=False)) - digits[8]) % 11


_BY_SHAPE: Final[dict[str, Callable[[str], object]]] = {
    "e-mail addresses": _EMAIL.fullmatch,
    "postcodes": _POSTCODE.fullmatch,
    "dates, perhaps of birth": _DATE.fullmatch,
    "burgerservicenummers": is_bsn,
    "onderwijsnummers": is_onderwijsnummer,
}


def personal_data(texts: pd.DataFrame, *, file: str) -> list[Problem]:
    """Warn of columns that look like personal data.

    Parameters
    ----------
    texts
        Cells of a file as they stand, or a sample of its rows.
    file
        Base name of the file.

    Returns
    -------
    list of Problem
        At most one per column; no cell is shown.
    """
    found = {str(name): _what(str(name), texts[name].dropna()) for name in texts}
    return [
        Problem(
            code="personal_data",
            file=file,
            column=name,
            rule=f"This column looks like {what}.",
            fix="Remove it from the file: nothing here needs to know who somebody is. A pupil gets "
            "a number that is made for this file only.",
            severity="warning",
        )
        for name, what in found.items()
        if what
    ]


def _what(name: str, cells: pd.Series[str]) -> str | None:
    """Which kind of personal data a column seems to hold, if any."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    for what, pattern in _BY_NAME.items():
        if pattern.search(plain) and name not in _named_by_the_format():
            return what
    for what, has_shape in _BY_SHAPE.items():
        if _mostly(cells, has_shape):
            return what
    if name not in ("experiment", "school") and _mostly(cells, _PERSON.fullmatch):
        return "the names of persons"
    return None


def _mostly(cells: pd.Series[str], has_shape: Callable[[str], object]) -> bool:
    if len(cells) < FEWEST:
        return False
    return sum(bool(has_shape(str(cell))) for cell in cells) >= MOSTLY * len(cells)


def _named_by_the_format() -> set[str]:
    return {name for schema in SCHEMAS.values() for name in schema.columns}
