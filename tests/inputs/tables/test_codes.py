"""Codes for missing values: told from data by where they lie, not by their number alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.inputs.tables.codes import USUAL_CODES, suspects


def _codes(*values: float) -> tuple[float, ...]:
    return suspects(pd.Series(values, dtype="float64")).codes


@pytest.mark.parametrize("code", [-1, -9, 9, 88, 99, 999, -99, -999, 9999, -9999])
def test_a_usual_code_beside_a_scale_of_five(code: float) -> None:
    assert _codes(1, 2, 3, 4, 5, code) == (code,)


@pytest.mark.parametrize("code", [-1, -9, -99, -999])
def test_a_negative_code_beside_numbers_of_pupils(code: float) -> None:
    assert _codes(0, 3, 12, 40, code, code) == (code,)


def test_codes_do_not_hide_each_other() -> None:
    assert _codes(1, 2, 3, 4, 5, 97, 98, 99, -9) == (-9, 97, 98, 99)


@pytest.mark.parametrize(
    "values",
    [
        (5, 6, 7, 8, 9),
        (9, 10, 12, 18),
        (88, 92, 95, 97, 99),
        (-1, 0, 1),
        (-1, 1, -1, 1),
        (-2, -1, 0, 1, 2),
        (0, 1),
        (2009, 2010, 2011, 2012),
        (9,),
        (-9, -9),
        (),
    ],
)
def test_what_belongs_to_a_scale_is_data(values: tuple[float, ...]) -> None:
    assert _codes(*values) == ()


def test_samples_of_usual_distributions_are_data() -> None:
    """Of 600 samples without any code hardly one is refused, and none for a usual code."""
    rng = np.random.default_rng(5)
    refused = [
        found
        for _ in range(100)
        for sample in (
            rng.normal(size=60),
            rng.lognormal(sigma=1.5, size=60),
            rng.poisson(4, size=60),
            rng.integers(1, 11, size=60),
            rng.exponential(30, size=60).round(),
            rng.integers(10, 90, size=60),
        )
        if (found := suspects(pd.Series(sample, dtype="float64")).codes)
    ]
    assert len(refused) <= 6
    assert not [code for found in refused for code in found if code in USUAL_CODES and code > 9]


@given(
    st.lists(st.integers(1, 5), min_size=20, max_size=40),
    st.sampled_from([99.0, -9.0, 999.0, -9999.0]),
    st.integers(1, 10),
)
def test_a_code_is_found_however_often_it_stands_there(
    answers: list[int], code: float, times: int
) -> None:
    if len(set(answers)) >= 3:
        assert _codes(*answers, *[code] * times) == (code,)
