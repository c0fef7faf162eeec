"""Columns that say who somebody is."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.inputs.study.privacy import is_bsn, is_onderwijsnummer, personal_data


def _what(name: str, cells: list[str | None]) -> str | None:
    found = personal_data(pd.DataFrame({name: cells}, dtype="str"), file="t.csv")
    assert all(problem.severity == "warning" and problem.value is None for problem in found)
    return found[0].rule if found else None


@pytest.mark.parametrize(
    ("name", "cells", "what"),
    [
        ("achternaam", [], "the names of persons"),
        ("Naam leerling", [], "the names of persons"),
        ("Geboortedatum", [], "birth dates"),
        ("E-mail", [], "addresses or ways to reach a person"),
        ("BSN", [], "official numbers of persons"),
        ("pgn_nummer", [], "official numbers of persons"),
        ("x", ["a@b.nl", "c@d.org", "e@f.nl"], "e-mail addresses"),
        ("x", ["1234 AB", "4321CD", "1111 ZZ"], "postcodes"),
        ("x", ["1-2-1994", "28-12-1993", "03-04-1994"], "dates, perhaps of birth"),
        ("x", ["111222333", "123456782", "11122233" + "3"], "burgerservicenummers"),
        ("leerling", ["101222331", "101222331", "101222331"], "onderwijsnummers"),
        ("x", ["Jan de Vries", "A. Bakker", "Bos, Piet"], "the names of persons"),
        ("leerling", ["Jan Vries", "Anna Bakker", "Piet Bos"], "the names of persons"),
    ],
)
def test_what_says_who_somebody_is_is_found(name: str, cells: list[str], what: str) -> None:
    assert _what(name, cells) == f"This column looks like {what}."


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("schoolnaam", ["A", "B", "C"]),
        ("school", ["Sint Jan", "De Brug College", "Het Anker"]),
        ("experiment", ["Techniek Noord", "Zorg Zuid", "Groen West"]),
        ("sector", ["techniek", "economie", "landbouw"]),
        ("leerling", ["1", "2", "3"]),
        ("leerling", ["100000001", "100000002", "100000003"]),
        ("x", ["111222333", "111222333"]),
        ("x", [None, None, None]),
        ("krimp", ["1,5", "2", "3"]),
    ],
)
def test_what_says_nothing_of_persons_is_left(name: str, cells: list[str | None]) -> None:
    assert _what(name, cells) is None


@given(st.integers(0, 99_999_999))
def test_the_eleven_test_follows_its_definition(number: int) -> None:
    """Of the ten numbers that differ in the last digit at most one passes, and that is right."""
    first = f"{number:08d}"
    weighted = sum(
        weight * int(digit) for weight, digit in zip(range(9, 1, -1), first, strict=True)
    )
    passing = [digit for digit in range(10) if is_bsn(f"{first}{digit}")]
    expected = [weighted % 11] if weighted % 11 < 10 and number else []
    assert passing == expected or (number == 0 and passing == [])
    assert not any(
        is_onderwijsnummer(f"{first}{digit}") and is_bsn(f"{first}{digit}") for digit in range(10)
    )
