"""GaussianSummary weights and responses, against the likelihoods that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.information import (
    gaussian_summaries,
    middle_cut,
    summary_of_answers,
    summary_of_counts,
    usual_weight,
)
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import Scale


def test_counts_give_slope_and_curvature_at_their_own_log_odds() -> None:
    events, trials = np.array([300, 20, 4]), np.array([1000, 100, 8])
    found = summary_of_counts(events, trials, np.zeros(3), np.array([0, 1, 2]))
    at = np.log(0.3 / 0.7)
    assert found.pull[0] / found.weight[0] == pytest.approx(at, abs=0.01)
    assert found.weight[0] == pytest.approx(1000 * 0.3 * 0.7, rel=0.01)
    assert found.weight[2] == pytest.approx(8 * 0.25, rel=0.1)


def test_many_counts_are_shrunk_by_their_own_spread() -> None:
    """Units that do not differ are taken as equal; none has no finite log-odds of its own."""
    rng = np.random.default_rng(2)
    trials = np.full(400, 20)
    alike = summary_of_counts(rng.binomial(20, 0.1, 400), trials, np.zeros(400), np.arange(400))
    weight = trials * 0.1 * 0.9
    assert np.median(np.abs(alike.weight / weight - 1.0)) < 0.3
    events = rng.binomial(20, expit(rng.normal(-2, 2, 400)))
    apart = summary_of_counts(events, trials, np.full(400, -2.0), np.arange(400))
    none = events == 0
    assert np.isfinite(apart.pull).all()
    assert (apart.weight > 0).all()
    # of an experiment without a single event much less is known than of the middle one
    assert apart.weight[none].max() < 0.5 * np.median(apart.weight[~none])


def test_cells_of_a_carrier_share_its_deviation() -> None:
    events, trials = np.array([9, 1]), np.array([10, 10])
    together = summary_of_counts(events, trials, np.zeros(2), np.array([0, 0]))
    np.testing.assert_allclose(together.weight, 2.5, rtol=1e-6)


def scale(levels: int, loading: int | None) -> Scale:
    return Scale("item", "trust", tuple(map(str, range(levels))), 0, 0, loading)


def log_share(eta: float, rank: int, cuts: np.ndarray) -> float:
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    return float(np.log(expit(ends[rank + 1] - eta) - expit(ends[rank] - eta)))


@pytest.mark.parametrize("rank", range(4))
def test_answers_give_slope_and_curvature_of_their_probability(rank: int) -> None:
    ranks = np.repeat([0, 1, 2, 3], [10, 30, 40, 20])
    item = scale(4, None)
    (found,) = summary_of_answers(ranks[:, np.newaxis], [item])
    below = np.cumsum([10.5, 30.5, 40.5])[:3] / 102
    cuts = np.log(below / (1 - below))
    row = int(np.flatnonzero(ranks == rank)[0])
    values = [log_share(eta, rank, cuts) for eta in (-1e-4, 0.0, 1e-4)]
    slope, curved = (values[2] - values[0]) / 2e-4, -np.diff(values, n=2)[0] / 1e-8
    # the cut is added to the pull again where the sampler uses it
    pull = found.pull[row] + found.weight[row] * cuts[found.cut]
    assert pull == pytest.approx(slope, abs=1e-6)
    assert found.weight[row] == pytest.approx(curved, abs=1e-4)


def test_items_are_weighed_where_a_unit_seems_to_stand() -> None:
    """Who gives the highest answer to everything is known less well than who is in the middle."""
    rng = np.random.default_rng(4)
    place = rng.normal(0, 1, 300)
    answers = np.array([np.digitize(place + rng.logistic(size=300), [-2, -1, 0]) for _ in range(3)])
    answers[:, 0], answers[:, 1] = 3, 1
    answers[:, 2] = -1
    found = summary_of_answers(answers.T, [scale(4, k) for k in range(3)])
    total = np.sum([item.weight for item in found], axis=0)
    assert total[0] < 0.8 * total[1]
    assert total[2] == 0.0
    assert all(item.pull[2] == 0.0 for item in found)


def test_the_middle_cut_divides_answers_most_evenly() -> None:
    ranks = np.repeat([0, 1, 2, 3], [1, 2, 30, 40])
    assert middle_cut(ranks, scale(4, None)) == 2
    assert middle_cut(np.repeat([0, 1, 2, 3], [40, 30, 2, 1]), scale(4, None)) == 0


def test_what_is_missing_says_nothing() -> None:
    data = table_data(EVERY_KIND, table_of_every_kind(60, missing=0.2))
    layout = structural_layout(data)
    seen = set()
    for predictor in layout.predictors:
        if predictor.variable not in data.columns:
            continue
        missing = data.columns[predictor.variable].missing
        weight = usual_weight(gaussian_summaries(layout, predictor))
        assert (weight[missing] == 0.0).all()
        assert (weight[~missing] > 0.0).all()
        seen.add(predictor.kind)
    assert len(seen) == 4


def test_a_study_says_as_much_of_a_count_as_its_pupils() -> None:
    data = study_data(STUDY_SPEC, small_study())
    layout = structural_layout(data)
    (predictor,) = layout.predictors_of["binding"]
    weight = usual_weight(gaussian_summaries(layout, predictor))
    trials = np.bincount(data.cells["binding"].unit, data.cells["binding"].trials)
    assert (weight <= trials / 4).all()
    assert weight.sum() == pytest.approx(data.cells["binding"].information(), rel=0.3)
