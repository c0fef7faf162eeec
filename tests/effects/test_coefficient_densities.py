"""Curves of priors and posteriors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from figure_cases import study_tables
from vm2causal.effects.coefficient_densities import POINTS, coefficient_densities

KEYS = ["cause", "effect", "cause_level", "effect_level"]


def test_every_coefficient_has_its_prior_and_a_density() -> None:
    forward = study_tables().opened.forward
    found = coefficient_densities(forward)
    assert len(found) == POINTS * len(forward.layout.weights)
    order = [arrow.key for arrow in forward.data.spec.arrows]
    places = [order.index((row.cause, row.effect)) for row in found.iloc[::POINTS].itertuples()]
    assert places == sorted(places)
    for _, curve in found.groupby(KEYS, sort=False, dropna=False):
        first = curve.iloc[0]
        prior = stats.norm(first["prior_mean"], first["prior_sd"])
        np.testing.assert_allclose(curve["prior"], prior.pdf(curve["value"]))
        assert np.trapezoid(curve["posterior"], curve["value"]) == pytest.approx(1, abs=0.02)
        assert first["lower"] < first["mean"] < first["upper"]


def test_draws_beyond_the_prior_are_drawn_whole() -> None:
    forward = study_tables().opened.forward
    moved = type(forward)(forward.layout, study_tables().opened.fit.posterior, draws=80, seed=1)
    moved.weights = forward.weights + 9.0
    curve = coefficient_densities(moved).iloc[:POINTS]
    assert curve["value"].iloc[-1] == pytest.approx(moved.every_weight(_first(moved)).max())
    assert np.trapezoid(curve["posterior"], curve["value"]) > 0.9


def _first(forward) -> int:
    """Which coefficient comes first: that of the first arrow which has one."""
    order = [arrow.key for arrow in forward.data.spec.arrows]
    weights = forward.layout.weights
    return min(
        range(len(weights)), key=lambda k: order.index((weights[k].cause, weights[k].effect))
    )
