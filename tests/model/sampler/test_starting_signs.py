"""An unobserved cause of three effects and more: one mode has its mass, and chains find it."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.sampler.starting_signs import SIZE, hidden_start, unsplit
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

VISUAL = np.array([[1.358, 0.407, 0.580], [0.407, 1.382, 0.451], [0.580, 0.451, 1.275]])
"""Covariances of visual perception, cubes and lozenges of 301 pupils (Holzinger & Swineford 1939,
as in lavaan's HolzingerSwineford1939)."""
PUPILS = 301


def drawn(covariance: npt.NDArray[np.float64], *, seed: int = 0) -> pd.DataFrame:
    """Normal data with exactly these covariances."""
    noise = np.random.default_rng(seed).standard_normal((PUPILS, len(covariance)))
    noise -= noise.mean(axis=0)
    root = np.linalg.cholesky(noise.T @ noise / PUPILS)
    values = noise @ np.linalg.inv(root).T @ np.linalg.cholesky(covariance).T
    return pd.DataFrame(values, columns=[f"x{k + 1}" for k in range(len(covariance))])


def of_one_cause(*signs: str | None, causes: tuple[str, ...] = ()) -> CausalSpec:
    names = [f"x{k + 1}" for k in range(len(signs))]
    arrows = [Arrow(cause="u", effect=x, sign=sign) for x, sign in zip(names, signs, strict=True)]
    arrows += [Arrow(cause=cause, effect=x) for cause in causes for x in names]
    observed = {name: Variable() for name in (*names, *causes)}
    return CausalSpec(
        name="one-cause", variables={"u": Variable(observed=False), **observed}, arrows=arrows
    )


def started(spec: CausalSpec, table: pd.DataFrame) -> list[float]:
    """Starting values of the arrows after the first, in their order."""
    layout: Layout = structural_layout(table_data(spec, table))
    assert unsplit(layout) == ("u",)
    found = hidden_start(layout)
    first = layout.offsets["hidden_weight"]
    assert sorted(found) == [first, first + 1]
    return [found[first], found[first + 1]]


def test_arrows_start_at_the_signs_of_the_data() -> None:
    table = drawn(VISUAL)
    assert started(of_one_cause("+", "+", "+"), table) == [SIZE, SIZE]
    turned = table.assign(x3=-table["x3"])
    assert started(of_one_cause("+", "+", "+"), turned) == [SIZE, -SIZE]


def test_a_first_arrow_that_is_declared_negative_turns_the_others() -> None:
    assert started(of_one_cause("-", None, None), drawn(VISUAL)) == [-SIZE, -SIZE]


def test_what_other_causes_explain_says_nothing_of_the_sign() -> None:
    """Together the effects go up with x; beside it two go against the third."""
    table = drawn(VISUAL)
    x = np.random.default_rng(5).standard_normal(PUPILS)
    table = table.assign(x3=-table["x3"]).add(4 * pd.Series(x), axis="index").assign(x=x)
    assert started(of_one_cause("+", "+", "+", causes=("x",)), table) == [SIZE, -SIZE]


def test_a_cause_that_shares_with_a_group_starts_as_before() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(24)))
    assert layout.hidden
    assert unsplit(layout) == ()
    assert hidden_start(layout) == {}


@pytest.mark.mcmc
def test_three_indicators_of_one_cause_converge_to_the_factor_solution() -> None:
    """Of three indicators λ₁² = r₁₂ r₁₃ / r₂₃, exactly.

    With seed 1 a chain once stayed at 0.08, −0.67 and −0.50, and R-hat was 1.54.
    """
    settings = SamplerSettings(draws=600, tune=150, chains=4)
    data = table_data(of_one_cause("+", "+", "+"), drawn(VISUAL))
    fit = fit_structural(data, seed=1, settings=settings)
    found = diagnose(fit.tree)
    assert (found.rhat_max < 1.02, found.divergences) == (True, 0)
    assert found.ess_bulk_min > 1_000  # of 2,400; it was 7 to 500 of 6,000
    arrows = np.concatenate(
        [
            fit.posterior["hidden_anchor"].to_numpy().reshape(-1, 1),
            fit.posterior["hidden_weight"].to_numpy().reshape(-1, 2),
        ],
        axis=1,
    )
    spread = np.sqrt(np.diag(VISUAL))
    r = VISUAL / np.outer(spread, spread)
    exact = np.sqrt(
        [
            r[0, 1] * r[0, 2] / r[1, 2],
            r[0, 1] * r[1, 2] / r[0, 2],
            r[0, 2] * r[1, 2] / r[0, 1],
        ]
    )
    # the priors draw a little: within a third of a posterior standard deviation
    assert np.abs(arrows.mean(axis=0) - exact).max() < 0.3 * arrows.std(axis=0).min()
