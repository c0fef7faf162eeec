"""One simulation of a design analysis: a study of a given size, a fit, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.forward import Forward
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.spec_for_data import spec_for_study
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits.tasks import sampler_seed
from vm2causal.simulate import Truth, simulate_study

EFFECT_DRAWS: Final = 200
"""Draws of the posterior from which an arrow is weighed."""

_KEPT: Final = ("cause", "effect", "contrast", "effect_level", "verdict", "untestable")


def run_design(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Task of the refits engine: draw a study from ``truth``, fit the model, weigh every arrow.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.

    Returns
    -------
    dict
        ``arrows``: per row of :func:`~vm2causal.effects.arrows.arrow_table` its names, its verdict
        and the ends of its standardised interval (None where the arrow was not fitted).
    """
    spec, number = arguments["spec"], sampler_seed(seed)
    truth = Truth.model_validate(arguments["truth"])
    study = simulate_study(spec, truth, experiments=arguments["experiments"], seed=number)
    adapted = spec_for_study(spec, study)
    fit = fit_structural(
        study_data(adapted.spec, study),
        seed=number,
        priors=Priors(arguments["priors"]),
        settings=SamplerSettings(**arguments["settings"]),
    )
    forward = Forward(fit.layout, fit.posterior, draws=EFFECT_DRAWS, seed=number)
    rows = row_dicts(arrow_table(forward, level=arguments["level"], unfitted=adapted.unfitted))
    # an arrow that stands for other paths as well is not the one whose truth is known
    return {"arrows": [_arrow(row) for row in rows if not row["through"]]}


def _arrow(row: Mapping[str, Any]) -> dict[str, Any]:
    interval = row["standardised"]
    fitted = isinstance(interval, Mapping)
    ends = {end: float(interval[end]) if fitted else None for end in ("lower", "upper")}
    return {name: row[name] for name in _KEPT} | ends
