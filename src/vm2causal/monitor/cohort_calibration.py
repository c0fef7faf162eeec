"""Simulation-based calibration of the cohort model: publications from its prior, fitted again.

Source: Talts et al. 2018, arXiv 1804.06788.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.checks.calibrate.calibration import SETTINGS
from vm2causal.checks.calibrate.ranks import rank_among, thinned
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.cohort_parameters import prior_draw
from vm2causal.monitor.cohort_sampling import sample_cohorts
from vm2causal.monitor.cohorts import model_data
from vm2causal.monitor.effects import POOLED, did_contrasts, pooled_contrast, pooled_years
from vm2causal.monitor.simulated_cohorts import (
    DIGITS,
    can_be,
    cohort_design,
    simulated_publication,
)
from vm2causal.refits import Task, put_json, sampler_seed, spawned_seeds

RUN: Final = "vm2causal.monitor.cohort_calibration:run_cohort_simulation"
NAME: Final = "cohorts"
"""What the model is called in documents."""

_TRIES: Final = 1_000
"""Publications drawn before giving up on one that can be; about one in four cannot."""

_PARAMETERS: Final = (
    "icc",
    "baseline",
    "calendar",
    "site_mean",
    "site_tranche_sd",
    "site",
    "effect_mean",
    "effect_tranche_sd",
    "effect",
)


def cohort_calibration_tasks(
    tables: PublishedTables,
    *,
    folder: Path,
    simulations: int,
    seed: int,
    digits: int = DIGITS,
    settings: SamplerSettings = SETTINGS,
) -> list[Task]:
    """Tasks of a calibration of the cohort model on publications like these.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    folder
        Of the batch.
    simulations
        More of them keep the first ones as they are.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    digits
        Decimals of the simulated percentages.
    settings
        Draws, tuning steps and chains of the sampler.
    """
    # as text: a process recognises by it what it has read
    design = put_json(json.dumps(cohort_design(tables).to_dict()), folder)
    arguments = {"design": design, "digits": digits, "settings": asdict(settings)}
    return [
        Task(f"simulation-{number + 1:04d}", RUN, arguments, own)
        for number, own in enumerate(spawned_seeds(seed, simulations))
    ]


def run_cohort_simulation(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Task of the refits engine: one simulation.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    return cohort_simulation(
        _design(arguments["design"]),
        seed,
        digits=arguments["digits"],
        settings=SamplerSettings(**arguments["settings"]),
    )


def cohort_simulation(
    design: xr.Dataset,
    seed: tuple[int, ...],
    *,
    settings: SamplerSettings,
    digits: int = DIGITS,
    clustered: bool = True,
) -> dict[str, Any]:
    """Simulate, fit and rank.

    Parameters
    ----------
    design
        From :func:`~vm2causal.monitor.simulated_cohorts.cohort_design`.
    seed
        Of the random numbers of this one task, each 0 or more.
    settings
        Draws, tuning steps and chains of the sampler.
    digits
        Decimals to which percentages are rounded in print, 0 or more.
    clustered
        False fits without clusters what was simulated with them: a fault to be found.

    Returns
    -------
    dict
        ``ranks`` by quantity; ``weights``, empty as the monitor gives no verdicts; ``divergences``;
        ``redrawn``: publications that were set aside, see
        :func:`~vm2causal.monitor.simulated_cohorts.can_be`.
    """
    rng = np.random.default_rng(list(seed))
    truth, data, redrawn = _drawn(design, rng, digits)
    tree = sample_cohorts(
        model_data(data, clustered=clustered),
        seed=sampler_seed(seed),
        settings=settings,
    )
    true = dict(_quantities(truth, data))
    found = dict(_quantities(thinned(tree["posterior"].to_dataset()), data))
    return {
        "ranks": {name: rank_among(true[name][0], draws, rng) for name, draws in found.items()},
        "weights": {},
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
        "redrawn": redrawn,
    }


@lru_cache(maxsize=1)
def _design(text: str) -> xr.Dataset:
    return xr.Dataset.from_dict(json.loads(text))


def _drawn(
    design: xr.Dataset, rng: np.random.Generator, digits: int
) -> tuple[xr.Dataset, xr.Dataset, int]:
    values = model_data(design, clustered=True)
    for redrawn in range(_TRIES):
        truth = prior_draw(values, rng)
        data = simulated_publication(design, truth, rng, digits=digits)
        if can_be(data):
            return truth, data, redrawn
    raise ValueError(f"none of {_TRIES} publications from the prior can be fitted")


def _quantities(parameters: xr.Dataset, data: xr.Dataset) -> Iterator[tuple[str, Floats]]:
    """Draws by name, shape (draw,)."""
    yield "site_correlation", parameters["site_correlation"].to_numpy().ravel()
    for name in _PARAMETERS:
        values = parameters[name].transpose("chain", "draw", ...)
        for index, label in enumerate(values[values.dims[-1]].to_numpy()):
            yield f"{name}[{label}]", values.to_numpy()[..., index].ravel()
    yield from _hidden_pupils(parameters["pupils"], data)
    contrasts = did_contrasts(parameters, data)
    for item in contrasts:
        place = f"{item.outcome} {item.tranche} {item.year}"
        yield f"risk_difference[{place}]", item.risk_difference
        yield f"log_odds[{place}]", item.log_odds
    for outcome in OUTCOMES:
        for year in pooled_years(contrasts, outcome):
            pooled = pooled_contrast(contrasts, outcome, year)
            for name in ("risk_difference", "log_odds"):
                yield f"{name}[{outcome} {POOLED} {year}]", pooled[name]


def _hidden_pupils(pupils: xr.DataArray, data: xr.Dataset) -> Iterator[tuple[str, Floats]]:
    hidden = data["pupils_lower"] < data["pupils_upper"]
    for tranche in hidden["tranche"].to_numpy():
        for group in hidden["group"].to_numpy():
            here = {"tranche": tranche, "group": group}
            if bool(hidden.sel(here)):
                yield f"pupils[{tranche} {group}]", pupils.sel(here).to_numpy().ravel()
