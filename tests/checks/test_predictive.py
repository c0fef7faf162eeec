import pytest

from vm2causal.checks.predictive import share_predicted


@pytest.mark.mcmc
def test_shares_that_were_never_seen_are_not_predicted(monitor) -> None:
    fit = monitor.fits["all", "did_clustered"]
    moved = fit.data.copy(deep=True)
    moved["events"] = moved["events"] * 3
    assert share_predicted(fit.posterior, fit.data, clustered=True, seed=1) >= 0.95
    assert share_predicted(fit.posterior, moved, clustered=True, seed=1) < 0.5
