"""Three nodes average polynomials and inverse logits as the whole distribution does."""

import numpy as np
import pytest
from scipy.special import expit

from vm2causal.model.gauss import NORMAL, gauss_nodes


@pytest.mark.parametrize("points", [1, 2, 3, 36])
def test_powers_up_to_the_fifth_average_exactly(points: int) -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(points, 50)), rng.random((points, 50))
    weights /= weights.sum(axis=0)
    found = gauss_nodes(list(values), list(weights))
    for power in range(6):
        nodes = sum(weight * node**power for node, weight in found)
        np.testing.assert_allclose(nodes, (weights * values**power).sum(axis=0), atol=1e-9)
    assert all((weight >= 0).all() for _, weight in found)


def test_probabilities_of_predictors_that_spread_over_some_units_are_near_enough() -> None:
    rng = np.random.default_rng(2)
    values, weights = rng.normal(0, 1, (40, 200)), np.full((40, 200), 1 / 40)
    found = gauss_nodes(list(values), list(weights))
    for shift in (-2.0, 0.0, 3.0):
        nodes = sum(weight * expit(node + shift) for node, weight in found)
        # the remainder of a rule of degree 5: the sixth derivative of expit is at most 0.8
        assert np.abs(nodes - (weights * expit(values + shift)).sum(axis=0)).max() < 0.005


def test_a_normal_number_has_the_moments_of_one() -> None:
    for power, moment in enumerate((1, 0, 1, 0, 3, 0)):
        assert sum(chance * node**power for node, chance in NORMAL) == pytest.approx(moment)
