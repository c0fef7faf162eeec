"""One simulation of a calibration: parameters from the prior, data from them, a fit, ranks.

Source: Talts et al. 2018, arXiv 1804.06788; quantities that follow from parameters and data, the
log-density among them, find faults that single parameters hide: Modrák et al. 2023, Bayesian
Analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.checks.calibrate.ranks import RANK_DRAWS, rank_among, thinned
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.checks.replicate.simulated_data import simulated
from vm2causal.effects.averages import averaged
from vm2causal.effects.contrasts import Contrast, default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import mean_response
from vm2causal.effects.totals import mediators_between
from vm2causal.effects.verdict import verdict
from vm2causal.model.data.columns import Floats
from vm2causal.model.families import Link
from vm2causal.model.sampler.coordinates import sampler_program
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.sampling import SamplerSettings, sample_structural
from vm2causal.model.sampler.tape import Program
from vm2causal.model.sampler.unconstrained import unconstrained_draws
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits.tasks import sampler_seed
from vm2causal.spec.words import Sign

LOG_DENSITY: Final = "log_density"
"""Name of that quantity."""

WEIGHT_LEVEL: Final = 0.95
"""Mass of the interval behind a verdict."""


def run_simulation(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Task of the refits engine: one simulation of the model of ``arguments["data"]``.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    layout = structural_layout(arguments["data"], priors=Priors(arguments["priors"]))
    return simulation(layout, seed, settings=SamplerSettings(**arguments["settings"]))


def simulation(
    template: Layout,
    seed: tuple[int, ...],
    *,
    settings: SamplerSettings,
    fitted: Callable[[Layout], Layout] = lambda layout: layout,
) -> dict[str, Any]:
    """Simulate, fit and rank.

    Parameters
    ----------
    template
        The model, and what of its data stays as it is.
    seed
        Of the random numbers of this one task, each 0 or more.
    settings
        Draws, tuning steps and chains of the sampler.
    fitted
        What is fitted where it differs from what is simulated: a fault to be found.

    Returns
    -------
    dict
        ``ranks`` by quantity; ``weights``: per coefficient its true value and verdict;
        ``divergences``.
    """
    rng = np.random.default_rng(list(seed))
    truth_seed, data_seed, noise_seed, other_noise = (int(n) for n in rng.integers(2**31, size=4))
    truth = prior_draws(template, draws=1, seed=truth_seed)
    drawn = simulated(template, truth, seed=data_seed)
    layout = fitted(drawn.layout)
    program = structural_program(layout)
    tree = sample_structural(
        layout, sampler_program(layout), seed=sampler_seed(seed), settings=settings
    )
    posterior = tree["posterior"].to_dataset()
    few = thinned(posterior)
    # the judge of both is the model that is fitted, and their noise is drawn alike
    true = _quantities(layout, program, truth, draws=1, seed=noise_seed)
    found = _quantities(layout, program, few, draws=RANK_DRAWS, seed=other_noise)
    ranks = {name: rank_among(true[name][0], draws, rng) for name, draws in found.items()}
    return {
        "ranks": ranks,
        "weights": _weights(layout, truth, posterior),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
    }


def _quantities(
    layout: Layout, program: Program, parameters: xr.Dataset, *, draws: int, seed: int
) -> dict[str, Floats]:
    found = dict(_parameters(layout, parameters))
    points = unconstrained_draws(layout, parameters)[0]
    found[LOG_DENSITY] = np.array([program.log_density(point)[0] for point in points])
    forward = Forward(layout, parameters, draws=draws, seed=seed)
    for query in layout.data.spec.queries:
        found |= _effects(forward, query.cause, query.effect)
    return found


def _parameters(layout: Layout, parameters: xr.Dataset) -> Iterator[tuple[str, Floats]]:
    """Parameters that are no effect of a single unit or group."""
    for block in layout.blocks:
        if 0 in block.shape or block.name.endswith("_z"):
            continue
        values = parameters[block.name].transpose("chain", "draw", ...).to_numpy()[0]
        labels = next(iter(block.dims.values()))
        for place, label in enumerate(labels):
            yield f"{block.name}[{label}]", values[:, place]


def _effects(forward: Forward, cause: str, effect: str) -> dict[str, Floats]:
    """Total effect of a declared question, and what of it runs through mediators."""
    contrast = _contrast(forward, cause) if _askable(forward, cause, effect) else None
    if contrast is None:
        return {}
    high, low = (forward.world({cause: value}) for value in (contrast.high, contrast.low))
    base = mean_response(forward, low, effect)
    total = averaged(forward, mean_response(forward, high, effect) - base, effect)
    found = {f"total[{cause} -> {effect}]": total}
    spec = forward.data.spec
    through = [
        name
        for name in mediators_between(forward, cause, effect)
        if spec.arrow(name, effect) is not None
    ]
    if through:
        nested = forward.world({cause: contrast.high}, pinned=dict.fromkeys(through, low))
        direct = averaged(forward, mean_response(forward, nested, effect) - base, effect)
        found[f"indirect[{cause} -> {effect}]"] = total - direct
    return found


def _askable(forward: Forward, cause: str, effect: str) -> bool:
    fitted, variables = forward.layout.order, forward.data.spec.variables
    return (
        cause in fitted
        and cause not in forward.data.covariates
        and effect in forward.layout.predictors_of
        and not variables[effect].kind.unordered
    )


def _contrast(forward: Forward, cause: str) -> Contrast | None:
    """A contrast that follows from the data alone, so that truth and draws are asked the same."""
    if cause not in forward.data.columns:
        return Contrast(cause, 0.5, -0.5, "0.5", "-0.5")
    return next(iter(default_contrasts(forward, cause)), None)


def _weights(layout: Layout, truth: xr.Dataset, posterior: xr.Dataset) -> dict[str, Any]:
    values = truth["weight"].to_numpy()[0, 0] if layout.weights else []
    found = {}
    for place, (weight, true) in enumerate(zip(layout.weights, values, strict=True)):
        logit = layout.family(weight.effect).link is Link.LOGIT
        draws = posterior["weight"].to_numpy()[:, :, place].ravel()
        # the true sign is expected, so that "contradicted" is an error
        sign = Sign.PLUS if true > 0 else Sign.MINUS
        found_in = interval(draws, WEIGHT_LEVEL)
        reached = verdict(
            found_in["lower"], found_in["upper"], sign=sign, untestable=None, logit=logit
        )
        found[weight.label] = {"true": float(true), "logit": logit, "verdict": reached.value}
    return found
