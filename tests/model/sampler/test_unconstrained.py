import numpy as np

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.sampler.unconstrained import unconstrained, unconstrained_draws
from vm2causal.model.structural_layout import structural_layout


def test_draws_come_back_as_the_kernel_takes_them() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(missing=0.2)))
    draws = np.random.default_rng(0).normal(0, 0.5, (2, 3, layout.size))
    named = named_draws(layout, draws)
    np.testing.assert_allclose(unconstrained_draws(layout, named), draws, atol=1e-12)
    turned = named.map(lambda values: values.transpose(..., "draw", "chain"))
    np.testing.assert_allclose(unconstrained_draws(layout, turned), draws, atol=1e-12)


def test_draws_may_stand_in_one_row_or_be_one() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(missing=0.2)))
    draws = np.random.default_rng(0).normal(0, 0.5, (2, 3, layout.size))
    named = named_draws(layout, draws)
    arrays = {str(name): values.to_numpy() for name, values in named.items()}
    row = {name: values.reshape(6, *values.shape[2:]) for name, values in arrays.items()}
    np.testing.assert_allclose(unconstrained(layout, row), draws.reshape(6, -1), atol=1e-12)
    one = {name: values[1, 2] for name, values in arrays.items()}
    np.testing.assert_allclose(unconstrained(layout, one), draws[1, 2], atol=1e-12)
