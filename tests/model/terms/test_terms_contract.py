"""What every kind of term must do, asked where it occurs: a new one is tested by occurring here."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isabstract

import numpy as np
import pytest

from model.density_cases import named_point, random_case
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.assembler import Assembler
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.terms import Scattered, Term


def layouts() -> dict[str, Layout]:
    """Layouts in which every kind of term occurs; nothing is missing."""
    found = {
        "study": structural_layout(study_data(STUDY_SPEC, small_study(6))),
        "every kind": structural_layout(table_data(EVERY_KIND, table_of_every_kind())),
    }
    for seed in range(12):
        found[f"random {seed}"] = structural_layout(table_data(*random_case(seed, missing=0.0)))
    return found


LAYOUTS = layouts()


def every_kind(of: type[Term]) -> Iterator[type[Term]]:
    for kind in of.__subclasses__():
        if not isabstract(kind):
            yield kind
        yield from every_kind(kind)


def test_every_kind_of_term_occurs() -> None:
    occurring = {
        type(term)
        for layout in LAYOUTS.values()
        for item in layout.predictors
        for term in item.terms
    }
    assert occurring == set(every_kind(Term))


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_predictor_is_the_same_in_the_kernel_and_in_the_equations(name: str) -> None:
    layout = LAYOUTS[name]
    point = named_point(layout, 1)
    assembler = Assembler(layout)
    slots = assembler.program().run(point)[2]
    forward = Forward(layout, named_draws(layout, np.array([[point]])), draws=1)
    for (variable, level), first in assembler.eta.items():
        found = forward.observed.predictors[variable, level][0]
        if layout.family(variable).own_noise is None and variable in layout.imputed:
            continue  # a missing number is drawn, not observed
        np.testing.assert_allclose(slots[first : first + len(found)], found, rtol=1e-10, atol=1e-10)
    for variable, first in assembler.patterns.items():
        part = forward.pattern_part(variable)[0]
        np.testing.assert_allclose(slots[first : first + len(part)], part, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", LAYOUTS)
def test_effects_with_a_variance_have_a_level_per_unit(name: str) -> None:
    layout = LAYOUTS[name]
    draws = named_draws(layout, np.array([[named_point(layout, seed) for seed in (1, 2)]]))
    forward = Forward(layout, draws, draws=2)
    for item in layout.predictors:
        for term in item.terms:
            found = term.scattered(forward, item)
            assert term.is_noise or term.spread(layout) is not None or found is None
            if isinstance(found, Scattered):
                assert len(found.codes) == len(layout.data.units)
                assert found.variance > 0
