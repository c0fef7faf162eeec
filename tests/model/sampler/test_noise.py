"""Which noise of a predictor is nested in which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.sampler.test_coordinates import nested_layout, scattered_layout
from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.sampler.noise import nested_noise
from vm2causal.model.structural_layout import structural_layout


def test_groups_within_groups() -> None:
    layout = nested_layout()
    inner, outer = layout.offsets["class_z"], layout.offsets["school_z"]
    found = [nested_noise(layout, predictor) for predictor in layout.predictors]
    assert [(item.inner.first, item.outer.first) for item in found if item and item.outer] == [
        (inner, outer),
        (inner + 9, outer + 4),
    ]
    for item in found:
        assert item is not None
        assert item.of_inner.tolist() == [0, 0, 1, 1, 1, 2, 3, 3, 3]
        assert item.groups == {"class", "school"}


def test_units_of_their_own_are_innermost() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study()))
    for predictor in layout.predictors:
        found = nested_noise(layout, predictor)
        assert found is not None
        own = predictor.unit_effect is not None or predictor.variable in layout.data.items
        assert (found.inner.group is None) == own
        if own:
            np.testing.assert_array_equal(found.inner.codes, np.arange(len(layout.data.units)))
            assert found.outer is not None
            np.testing.assert_array_equal(found.of_inner, layout.data.groups["school"].codes)
            assert (found.inner.sd is None) == (predictor.unit_effect is None)


def test_a_group_that_does_not_hold_the_units_of_another_is_not_around_it() -> None:
    layout = scattered_layout()
    (number,) = layout.predictors_of["x"]
    found = nested_noise(layout, number)
    assert found is not None
    # a row of a table has its residual; of the groups that cross the finer one is taken
    assert found.inner.group == "school"
    assert found.outer is None
    assert found.parts == (found.inner,)
    (count,) = layout.predictors_of["n"]
    found = nested_noise(layout, count)
    assert found is not None
    assert found.outer is not None
    assert (found.inner.group, found.outer.group) == ("row", "school")
    labels = np.array(layout.data.groups["row"].labels)
    assert labels[found.inner.codes].tolist() == [f"i{place}" for place in range(12)]


def test_no_noise() -> None:
    layout = scattered_layout()
    (predictor,) = layout.predictors_of["x"]
    assert nested_noise(layout, replace(predictor, terms=())) is None
