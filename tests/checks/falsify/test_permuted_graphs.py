"""Coarse tests on one row per unit, and graphs with their names shuffled."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from checks.falsification_cases import chain_table
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.falsify.permuted_graphs import (
    association,
    compare_permuted,
    permuted_of,
    permuted_task,
)
from vm2causal.checks.falsify.unit_table import unit_table
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.refits import run_tasks
from vm2causal.spec import Arrow, CausalGraph, CausalSpec, Variable

LONG = CausalSpec(
    name="long",
    variables={name: Variable() for name in "abcdef"},
    arrows=[Arrow(cause=x, effect=y) for x, y in ("ab", "bc", "cd", "de", "ef")],
)


def long_data(seed: int = 1) -> StructuralData:
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=200)]
    for _ in range(5):
        values.append(values[-1] + rng.normal(size=200))
    return table_data(LONG, pd.DataFrame(dict(zip("abcdef", values, strict=True))))


def test_the_right_graph_fares_better_than_shuffled_ones() -> None:
    found = compare_permuted(long_data(), LONG.graph, seed=1, permutations=60)
    assert found.share < found.shares.mean() / 3
    assert found.p_value < 0.1
    assert found.informative


def test_a_wrong_graph_does_not() -> None:
    wrong = CausalGraph.of([("a", "d"), ("d", "f"), ("f", "b"), ("b", "e"), ("e", "c")])
    found = compare_permuted(long_data(), wrong, seed=1, permutations=60)
    assert found.p_value > 0.1


def test_a_graph_that_says_nothing_is_called_uninformative() -> None:
    pairs = [(x, y) for x in "abcdef" for y in "abcdef" if x < y]
    full = CausalSpec(
        name="full",
        variables=LONG.variables,
        arrows=[Arrow(cause=x, effect=y) for x, y in pairs],
    )
    found = compare_permuted(long_data(), full.graph, seed=1, permutations=5)
    assert (found.tests, found.share, found.informative) == (0, 0.0, False)


def test_as_a_task_it_is_made_once_and_says_the_same(tmp_path: Path) -> None:
    data = long_data()
    task = permuted_task(data, folder=tmp_path, seed=3)
    first = run_tasks([task], folder=tmp_path)
    again = run_tasks([permuted_task(data, folder=tmp_path, seed=3)], folder=tmp_path)
    assert (first.resumed, again.resumed) == ((), (task.name,))
    straight = compare_permuted(data, LONG.graph, seed=3)
    for results in (first, again):
        found = permuted_of(results.values[task.name])
        assert (found.tests, found.violations) == (straight.tests, straight.violations)
        assert found.equivalent == straight.equivalent
        np.testing.assert_array_equal(found.shares, straight.shares)
    other = permuted_task(long_data(seed=2), folder=tmp_path, seed=3)
    assert len({task.key, other.key, permuted_task(data, folder=tmp_path, seed=4).key}) == 3


def test_association_is_the_partial_correlation_test() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=(120, 2))
    x, y = (z @ rng.normal(size=(2, 1)) + rng.normal(size=(120, 1)) for _ in range(2))
    design = np.hstack([np.ones((120, 1)), z])
    left = [part - design @ np.linalg.lstsq(design, part)[0] for part in (x, y)]
    r = float(np.corrcoef(left[0][:, 0], left[1][:, 0])[0, 1])
    t = r * np.sqrt((120 - 4) / (1 - r**2))
    assert association(x, y, z) == pytest.approx(2 * stats.t.sf(abs(t), 116), abs=0.01)


def test_association_keeps_its_level_with_nominal_variables() -> None:
    rng = np.random.default_rng(3)
    p = [
        association(
            rng.multinomial(1, [0.3, 0.3, 0.4], 80)[:, 1:].astype(float),
            rng.multinomial(1, [0.5, 0.2, 0.3], 80)[:, 1:].astype(float),
            rng.normal(size=(80, 3)),
        )
        for _ in range(400)
    ]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_nothing_left_to_test_with() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 1))
    assert association(x, rng.normal(size=(20, 1)), x) is None
    assert association(x[:4], x[:4], np.empty((4, 0))) is None
    assert association(x[:0], x[:0], np.empty((0, 1))) is None


def test_a_study_as_one_row_per_experiment() -> None:
    data = study_data(STUDY_SPEC, small_study())
    table = unit_table(data)
    assert set(table) == set(data.spec.graph.observed)
    assert table["lwoo"].between(0, 1).all()
    cells = data.cells["vsv"]
    first = int(np.bincount(cells.unit, weights=cells.events).argmax())
    assert table["vsv"].iloc[first] > 0
    assert table["samenwerking"].to_numpy() == pytest.approx(
        data.items["samenwerking"].mean(axis=1)
    )


def test_gaps_stay_gaps() -> None:
    table = chain_table(30).assign(start=lambda rows: rows["start"].mask(rows.index < 3))
    spec = CausalSpec(name="two", variables={"start": Variable(), "middle": Variable()},
                      arrows=[Arrow(cause="start", effect="middle")])  # fmt: skip
    assert unit_table(table_data(spec, table))["start"].isna().sum() == 3
