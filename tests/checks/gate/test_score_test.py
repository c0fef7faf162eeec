"""Score tests on closed-form fits: right size with nothing left out, power with something."""

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array

from checks.score_cases import CODES, LEVELS, SIZE, drawn, linear, measured
from vm2causal.checks.gate.score_test import membership, score_test
from vm2causal.model.data.columns import Floats


def slopes(x: Floats) -> csr_array:
    return csr_array(membership(CODES).multiply(x[:, np.newaxis]))


def curve(x: Floats) -> csr_array:
    return csr_array(x[:, np.newaxis] ** 2)


@pytest.mark.parametrize(("added", "wide"), [(slopes, True), (curve, False)])
def test_a_right_equation_fails_as_often_as_it_may(added: object, wide: bool) -> None:
    rng = np.random.default_rng(1)
    p = []
    for _ in range(300):
        x, y = drawn(rng)
        found = score_test(linear(x, y), added(x), level=0.05, wide=wide)  # type: ignore[operator]
        assert found is not None
        p.append(found.p)
    # p is the larger of two: it may be too large, and no more than chance too small
    for level in (0.05, 0.2):
        assert (np.array(p) < level).sum() <= stats.binom.ppf(0.999, 300, level)
    assert np.mean(p) < 0.65


def test_one_column_has_the_score_and_the_variance_of_least_squares() -> None:
    """Against the exact quadratic form: q'Py and q'Pq, with P of the marginal covariance."""
    x, y = drawn(np.random.default_rng(2))
    q = x**2
    found = score_test(linear(x, y), curve(x), level=0.05, wide=False)
    covariance = np.eye(SIZE) + 0.25 * (CODES[:, None] == CODES)
    # the prior of the coefficient adds to the covariance of y
    covariance += 0.25 * np.outer(x, x) + 1e8
    precise = np.linalg.inv(covariance)
    assert found is not None
    assert found.size == pytest.approx(float(q @ precise @ y / (q @ precise @ q)), rel=1e-4)


def test_slopes_that_vary_are_found_and_measured() -> None:
    rng = np.random.default_rng(3)
    sizes, detected = [], 0
    for _ in range(40):
        x, y = drawn(rng)
        y = y + 0.5 * rng.normal(size=LEVELS)[CODES] * x
        found = score_test(linear(x, y), slopes(x), level=0.01, wide=True)
        assert found is not None
        detected += found.p < 0.01
        sizes.append(found.size**2)
    assert detected >= 37
    # one step from zero: right on average to the first order
    assert np.sqrt(np.mean(sizes)) == pytest.approx(0.5, abs=0.12)


def test_what_is_called_detectable_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(4)
    x, y = drawn(rng)
    first = score_test(linear(x, y), curve(x), level=0.05, wide=False)
    assert first is not None
    hits = 0
    for _ in range(200):
        x, y = drawn(rng)
        found = score_test(linear(x, y + first.detectable * x**2), curve(x), level=0.05, wide=False)
        assert found is not None
        hits += found.p < 0.05
    assert hits / 200 == pytest.approx(0.8, abs=0.12)


def test_heavy_tails_are_not_taken_for_curvature() -> None:
    rng = np.random.default_rng(5)
    p = []
    for _ in range(200):
        x, _ = drawn(rng)
        y = 0.5 * x + rng.standard_t(2.2, SIZE) * np.exp(0.5 * np.abs(x)) / 3
        found = score_test(linear(x, y), curve(x), level=0.05, wide=False)
        assert found is not None
        p.append(found.p)
    assert (np.array(p) < 0.05).mean() <= 0.09


def test_columns_that_are_there_already_cannot_be_tested() -> None:
    x, y = drawn(np.random.default_rng(6))
    assert score_test(linear(x, y), csr_array(np.ones((SIZE, 1))), level=0.05, wide=False) is None


def test_a_cause_that_is_measured_does_not_seem_to_act_differently_in_two_groups() -> None:
    """Known only up to noise, it goes along with what its effect says of it."""
    rng = np.random.default_rng(6)
    halves = membership(np.arange(SIZE) % 2)
    right, naive = [], []
    for _ in range(200):
        fitted, mean, along = measured(rng)
        columns = csr_array(halves.multiply(mean[:, np.newaxis]))
        for kept, scores in ((right, halves.T @ along), (naive, None)):
            found = score_test(fitted, columns, level=0.05, wide=True, scores=scores)
            assert found is not None
            kept.append(found.p)
    assert (np.array(right) < 0.05).sum() <= stats.binom.ppf(0.999, 200, 0.05)
    assert np.mean(np.array(naive) < 0.05) > 0.3
