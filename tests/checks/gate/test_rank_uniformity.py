from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm2causal.checks.gate.rank_uniformity import distribution, holm, uniformity


@pytest.fixture(scope="module")
def of_eighty():
    return uniformity(80, 99)


def test_uniform_ranks_are_called_uneven_as_often_as_the_level_says(of_eighty) -> None:
    rng = np.random.default_rng(3)
    p_values = np.array([of_eighty.p_value(rng.integers(0, 100, 80)) for _ in range(2000)])
    for level in (0.05, 0.2):
        assert (p_values <= level).mean() == pytest.approx(level, abs=0.02)


def test_bands_hold_the_whole_distribution_as_often_as_they_say(of_eighty) -> None:
    lower, upper = of_eighty.bands(0.9)
    rng = np.random.default_rng(4)
    sets = [distribution(rng.integers(0, 100, 80), 99) for _ in range(1500)]
    held = [bool(((lower <= found) & (found <= upper)).all()) for found in sets]
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    "shape", [(0.5, 0.5), (2.0, 2.0), (1.5, 1.0)], ids=["too narrow", "too wide", "shifted"]
)
def test_uneven_ranks_are_found(shape: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    ranks = np.floor(rng.beta(*shape, 300) * 100).astype(int)
    assert uniformity(300, 99).p_value(ranks) < 0.01


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_larger_in_the_same_order_and_at_most_one(values) -> None:
    p_values = np.array(values)
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()
    assert adjusted.min() == pytest.approx(min(1.0, p_values.min() * len(values)))
