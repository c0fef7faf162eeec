import numpy as np
import pytest
import xarray as xr

from vm2causal.checks.gate.diagnostics import diagnose, worst


def tree(draws: np.ndarray, *, diverging: int = 0, energy: np.ndarray | None = None) -> xr.DataTree:
    chains, length = draws.shape[:2]
    random = np.random.default_rng(9)
    flags = np.zeros((chains, length), dtype=bool)
    flags.flat[:diverging] = True
    stats = {
        "diverging": (("chain", "draw"), flags),
        "energy": (
            ("chain", "draw"),
            random.normal(size=(chains, length)) if energy is None else energy,
        ),
    }
    posterior = {
        "x": (("chain", "draw"), draws),
        "known": (("chain", "draw"), np.full(draws.shape, 3.0)),
    }
    return xr.DataTree.from_dict(
        {"posterior": xr.Dataset(posterior), "sample_stats": xr.Dataset(stats)}
    )


@pytest.fixture
def good() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(4, 1000))


def test_independent_draws_pass(good: np.ndarray) -> None:
    found = diagnose(tree(good))
    assert found.passed
    assert found.rhat_max < 1.01
    assert found.to_dict()["passed"] is True


def test_chains_that_disagree_fail(good: np.ndarray) -> None:
    good[0] += 1.0
    assert "rhat_max" in diagnose(tree(good)).failures


def test_sticky_chains_fail(good: np.ndarray) -> None:
    sticky = np.cumsum(good, axis=1)
    assert {"ess_bulk_min", "ess_tail_min"} <= set(diagnose(tree(sticky)).failures)


def test_one_divergence_fails(good: np.ndarray) -> None:
    found = diagnose(tree(good, diverging=1))
    assert found.failures == ("divergences",)
    assert found.divergences == 1


def test_slow_energy_fails(good: np.ndarray) -> None:
    slow = np.cumsum(np.random.default_rng(2).normal(size=(4, 1000)), axis=1)
    assert "ebfmi_min" in diagnose(tree(good, energy=slow)).failures


def test_the_worst_of_two(good: np.ndarray) -> None:
    first, second = diagnose(tree(good)), diagnose(tree(good, diverging=2))
    overall = worst([first, second])
    assert overall.divergences == 2
    assert not overall.passed
