"""Numbers with comma or point: read as one thing only, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.inputs.tables.numerals import (
    AMBIGUOUS,
    CONTRADICTS,
    LARGEST,
    NOT_A_NUMBER,
    OUT_OF_REACH,
    number_text,
    parse_numbers,
)


def _parsed(*texts: str, decimal: str | None = None) -> tuple[list[float], dict[int, str]]:
    found = parse_numbers(pd.Series(texts, dtype="str"), decimal=decimal)
    return found.values.tolist(), dict(found.wrong)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("16", 16),
        ("-3", -3),
        ("16,5", 16.5),
        ("16.5", 16.5),
        ("0,125", 0.125),
        (".5", 0.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("1 234,5", 1234.5),
        ("12 345", 12345),
        ("1234.567", 1234.567),
        ("1e3", 1000),
        ("1.5e-07", 1.5e-7),
    ],
)
def test_one_number_alone(text: str, number: float) -> None:
    assert _parsed(text) == ([number], {})


@pytest.mark.parametrize(
    "text", ["veel", "1.2.3", "12.34.567", "1,2,3", "5%", "inf", "1e999", "--1"]
)
def test_what_is_no_number_is_named(text: str) -> None:
    assert _parsed(text)[1] == {0: NOT_A_NUMBER}


def test_thousands_need_evidence() -> None:
    assert _parsed("1.234")[1] == {0: AMBIGUOUS}
    assert _parsed("1.234", decimal=".") == ([1.234], {})
    assert _parsed("1.234", decimal=",") == ([1234.0], {})
    assert _parsed("1.234", "16,5") == ([1234.0, 16.5], {})
    assert _parsed("1.234", "16.5") == ([1.234, 16.5], {})


def test_two_marks_in_one_column_contradict() -> None:
    assert _parsed("1.5", "2.5", "3,5")[1] == {2: CONTRADICTS}
    assert _parsed("1.5", "2,5", "1.234")[1] == {0: CONTRADICTS, 2: AMBIGUOUS}


def test_a_mark_that_was_said_is_held_to() -> None:
    assert _parsed("1.234", "16,5", decimal=".")[1] == {1: CONTRADICTS}


def test_what_a_file_holds_as_a_number_is_that_number() -> None:
    texts = pd.Series(["1.125", "7,5", "1.234", None], index=[1, 2, 3, 5], dtype="str")
    typed = pd.Series([1.125, np.nan, np.nan, np.nan], index=texts.index)
    found = parse_numbers(texts, typed=typed)
    assert found.values.tolist()[:3] == [1.125, 7.5, 1234.0]
    assert (found.wrong, found.decimal) == ({}, ",")
    infinite = parse_numbers(texts[:1], typed=pd.Series([np.inf], index=[1]))
    assert infinite.wrong == {1: NOT_A_NUMBER}


@given(st.lists(st.floats(-LARGEST, LARGEST), max_size=5))
def test_written_numbers_read_back_whatever_stands_around(values: list[float]) -> None:
    numbers, wrong = _parsed("1", *map(number_text, values))
    assert not wrong
    assert numbers == [1, *values]


@pytest.mark.parametrize("values", [(1.0, 1e101), (0.0, 1e-320, 2e-300), (-1e308,)])
def test_numbers_whose_squares_are_none_are_refused(values: tuple[float, ...]) -> None:
    for found in (
        parse_numbers(pd.Series(map(repr, values), index=range(len(values)), dtype="str")),
        parse_numbers(pd.Series(map(repr, values), dtype="str"), typed=pd.Series(values)),
    ):
        assert found.wrong
        assert set(found.wrong.values()) == {OUT_OF_REACH}
