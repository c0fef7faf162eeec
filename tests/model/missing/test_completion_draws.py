import numpy as np
import pandas as pd
import pytest

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.missing.completion_draws import draw_completions
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

ITEMS = ("i1", "i2", "i3", "i4")
SPEC = CausalSpec(
    name="missing-cause",
    variables={
        "x": Variable(kind="binary", levels=("0", "1")),
        "trust": Variable(kind="latent", items=ITEMS, levels=tuple("12345")),
    },
    arrows=[Arrow(cause="x", effect="trust")],
)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, 200)
    trust = 2.5 * (x - 0.5) + rng.normal(size=200)
    cuts = np.array([-1.5, -0.5, 0.5, 1.5])
    noise = rng.logistic(size=(200, 4))
    items = 1 + ((1.5 * trust[:, None] + noise)[:, :, None] > cuts).sum(axis=2)
    return pd.DataFrame(
        {"x": x.astype(str), **{n: items[:, k].astype(str) for k, n in enumerate(ITEMS)}}
    )


@pytest.fixture(scope="module")
def missing() -> np.ndarray:
    return np.random.default_rng(6).random(200) < 0.4


@pytest.fixture(scope="module")
def fit(truth: pd.DataFrame, missing: np.ndarray) -> StructuralFit:
    table = truth.assign(x=truth["x"].mask(missing))
    return fit_structural(table_data(SPEC, table), seed=1, settings=SamplerSettings(400, 500, 4))


def test_nothing_is_completed_where_nothing_is_missing() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study()))
    found = draw_completions(layout, {}, np.random.default_rng(0))
    assert found.levels == {}
    assert found.shifts == {}


@pytest.mark.mcmc
def test_a_missing_level_is_drawn_where_the_answers_point(
    fit: StructuralFit, truth: pd.DataFrame, missing: np.ndarray
) -> None:
    forward = Forward(fit.layout, fit.posterior)
    share = (forward.completed.levels["x"] == 1).mean(axis=0)
    was = truth["x"].to_numpy() == "1"
    assert share[missing & was].mean() > 0.75
    assert share[missing & ~was].mean() < 0.25
    assert (forward.completed.levels["x"][:, ~missing] == -1).all()


@pytest.mark.mcmc
def test_an_intervention_replaces_a_missing_level_and_adds_nothing_to_it(
    fit: StructuralFit, missing: np.ndarray
) -> None:
    """Under do(x) what a unit's x was makes no difference but for its own noise."""
    forward = Forward(fit.layout, fit.posterior)
    scores = forward.world({"x": 0}).values["trust"]
    known, unknown = scores[:, ~missing].mean(), scores[:, missing].mean()
    # the mean of some 80 residuals of standard deviation 1
    assert unknown == pytest.approx(known, abs=4.5 * np.sqrt(1 / 80 + 1 / 120))


@pytest.mark.mcmc
def test_scores_of_units_with_a_missing_cause_are_as_sure_as_their_answers(
    fit: StructuralFit, missing: np.ndarray
) -> None:
    scores = Forward(fit.layout, fit.posterior).observed.values["trust"]
    spread = scores.std(axis=0)
    assert spread[missing].mean() < 1.3 * spread[~missing].mean()
