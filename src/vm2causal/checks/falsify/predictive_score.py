"""How well a model predicts what it was not fitted to: the tasks behind a comparison of rivals."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from scipy.special import logsumexp

from vm2causal.checks.falsify.log_likelihood import pointwise_log_likelihood, seen
from vm2causal.checks.replicate.new_units import forward_for, some_units
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Column, Floats
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.gauss import log_normal
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_layout import Layout
from vm2causal.refits import sampler_seed

COPIES: Final = 4
"""New units per draw of the posterior over which scores and effects of new units are averaged."""

LOO: Final = f"{__name__}:leave_one_out"
FOLD: Final = f"{__name__}:leave_fold_out"


def leave_one_out(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Fit a model and predict each variable on each unit from all the rest, by PSIS.

    A task of the refits engine; arguments ``data``, ``scored`` (variables), ``settings``.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.

    Returns
    -------
    dict
        ``elpd`` and ``pareto_k``: by variable a value per unit, None where nothing was observed;
        ``lpd``: the same without leaving out.

    References
    ----------
    Vehtari, Gelman, Gabry (2017), Statistics and Computing 27, 1413.
    """
    import arviz as az

    data: StructuralData = arguments["data"]
    fit = _fit(data, arguments["settings"], seed)
    chains, draws = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]
    forward = Forward(fit.layout, fit.posterior, draws=chains * draws, seed=fit.seed)
    scores = scored_log_likelihood(forward, data, arguments["scored"])
    found: dict[str, dict[str, Any]] = {"elpd": {}, "pareto_k": {}, "lpd": {}}
    for name in arguments["scored"]:
        here = seen(data, name)
        values = scores[name].to_numpy()[:, here]
        tree = az.from_dict(
            {"log_likelihood": {name: values.reshape(chains, draws, values.shape[1])}}
        )
        with warnings.catch_warnings():
            # its warning is that some Pareto k are high, which is reported as a number here
            warnings.simplefilter("ignore", UserWarning)
            loo = az.loo(tree, pointwise=True, reff=1.0)
        found["elpd"][name] = _spread(loo.elpd_i.to_numpy(), here)
        found["pareto_k"][name] = _spread(loo.pareto_k.to_numpy(), here)
        found["lpd"][name] = _spread(_mean_of_exp(values), here)
    return found


def leave_fold_out(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Fit a model without a fold of units and predict everything about them, unit by unit.

    A task of the refits engine; arguments as of :func:`leave_one_out` and ``fold``, the units left
    out. Their scores and effects, and those of groups that only they belong to, are averaged over.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.

    Returns
    -------
    dict
        ``elpd``: per unit of the fold, all scored variables together.
    """
    data: StructuralData = arguments["data"]
    left_out = np.isin(np.arange(len(data.units)), arguments["fold"])
    training, test = some_units(data, ~left_out), some_units(data, left_out)
    fit = _fit(training, arguments["settings"], seed)
    forward = forward_for(fit.layout, fit.posterior, test, seed=fit.seed, copies=COPIES)
    scores = scored_log_likelihood(forward, training, arguments["scored"])
    total = np.sum([values.to_numpy() for values in scores.data_vars.values()], axis=0)
    return {"elpd": _mean_of_exp(total).tolist()}


def scored_log_likelihood(
    forward: Forward, known: StructuralData, names: Sequence[str]
) -> xr.Dataset:
    """Log-likelihood of variables, also of those that the model has no equation for.

    Those get a distribution of their own without causes: numbers normal, levels by their shares
    (Dirichlet of one half per level), from the posterior given the known units.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    known
        What such a distribution is fitted to.
    names
        Of the variables that are scored.
    """
    made = [name for name in names if name in forward.layout.predictors_of]
    found = pointwise_log_likelihood(forward, made)
    rng = np.random.default_rng([forward.seed, 2])
    for name in names:
        if name not in made:
            own = _without_causes(known.columns[name], forward.data.columns[name], forward, rng)
            found[name] = (("sample", forward.data.unit), own)
    return found


def _without_causes(
    known: Column, column: Column, forward: Forward, rng: np.random.Generator
) -> Floats:
    kept = ~known.missing
    if known.kind.numeric:
        values = known.standardised[kept]
        freedom = len(values) - 1
        sd = np.sqrt(values.var() * len(values) / rng.chisquare(freedom, (forward.draws, 1)))
        mean = values.mean() + sd / np.sqrt(len(values)) * rng.standard_normal(sd.shape)
        density: Floats = log_normal(column.standardised, mean, sd)
    else:
        ranks = known.values[kept].astype(np.int64)
        counts = np.bincount(ranks, minlength=len(known.levels)) + 0.5
        shares = rng.dirichlet(counts, forward.draws)
        density = np.log(shares[:, np.nan_to_num(column.values).astype(np.int64)])
    return np.where(column.missing, 0.0, density)


def scorable(layout: Layout) -> frozenset[str]:
    """Variables that a model can be scored on: those on the main unit.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    """
    data = layout.data
    return frozenset({*data.columns, *data.items, *data.cells})


def _fit(data: StructuralData, settings: Mapping[str, int], seed: tuple[int, ...]) -> StructuralFit:
    return fit_structural(data, seed=sampler_seed(seed), settings=SamplerSettings(**settings))


def _mean_of_exp(values: Floats) -> Floats:
    found: Floats = logsumexp(values, axis=0) - np.log(len(values))
    return found


def _spread(values: Floats, here: np.ndarray[Any, np.dtype[np.bool_]]) -> list[float | None]:
    spread: list[float | None] = [None] * len(here)
    for place, value in zip(np.flatnonzero(here), values, strict=True):
        spread[place] = float(value)
    return spread
