"""How often experiments stopped, by sector and tranche, partially pooled.

:func:`sector_model` defines the model; :func:`sector_program` is the same density for the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr
from scipy.special import expit

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import SECTORS
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.densities import Density
from vm2causal.model.sampler.sampling import SamplerSettings, sample_density
from vm2causal.model.sampler.tape import Program, Tape
from vm2causal.model.structural_parameters import zero_sum_basis

SECTOR_TRANCHES: Final = ("T1", "T2")
"""Tranches whose status is published by sector (`vijf-jaar-vm2`, table 2.3)."""

TRANCHE_PRIOR: Final = (-0.7, 1.0)
SECTOR_SD_PRIOR: Final = (float(np.log(0.5)), 0.5)
INTERACTION_SD_PRIOR: Final = (float(np.log(0.2)), 0.5)
"""Mean and standard deviation: of log-odds, and of the logarithms of standard deviations.

Scales are bounded away from zero: ten cells cannot rule zero out, and it is a funnel.
"""

_N_TRANCHES, _N_SECTORS = len(SECTOR_TRANCHES), len(SECTORS)
_SD, _RAW = _N_TRANCHES, _N_TRANCHES + 1
_BOTH_SD = _RAW + _N_SECTORS - 1
_BOTH_RAW = _BOTH_SD + 1
SIZE: Final = _BOTH_RAW + _N_TRANCHES * _N_SECTORS
"""Parameters of the program: log-odds of tranches, log sd and contrasts of sectors, log sd and
raw effects of both together."""

_JITTER: Final = 0.3
"""Half-width of the uniform jitter around prior means where chains start."""


def sector_counts(tables: PublishedTables) -> xr.Dataset:
    """Started and stopped experiments, dims (tranche, sector), from table 2.3.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    counts = tables.status.query("table == '2.3-sector' and unit == 'count'")
    wide = counts.pivot_table(index=["tranche", "sector"], columns="status", values="value")
    index = [(tranche, sector) for tranche in SECTOR_TRANCHES for sector in SECTORS]
    wide = wide.reindex(index).fillna(0.0)
    shape = (len(SECTOR_TRANCHES), len(SECTORS))
    return xr.Dataset(
        {
            "stopped": (("tranche", "sector"), wide["gestopt"].to_numpy().reshape(shape)),
            "started": (("tranche", "sector"), wide["totaal"].to_numpy().reshape(shape)),
        },
        coords={"tranche": list(SECTOR_TRANCHES), "sector": list(SECTORS)},
    )


def sector_model(counts: xr.Dataset) -> Any:
    """Build the hierarchical binomial model of stopping.

    ``logit P(stopped) = tranche + sector + tranche × sector``, the sector contrasts summing to
    zero and the interaction shrunk to zero as far as the counts allow.

    Parameters
    ----------
    counts
        Of :func:`sector_counts`.

    Returns
    -------
    pymc.Model
        ``probability`` has dims (tranche, sector).
    """
    import pymc as pm
    import pytensor.tensor as pt

    coords = {"tranche": list(SECTOR_TRANCHES), "sector": list(SECTORS)}
    with pm.Model(coords=coords) as model:
        tranche = pm.Normal("tranche_log_odds", *TRANCHE_PRIOR, dims="tranche")
        sector_sd = pm.LogNormal("sector_sd", *SECTOR_SD_PRIOR)
        sector_raw = pm.ZeroSumNormal("sector_raw", 1.0, dims="sector")
        sector = pm.Deterministic("sector_log_odds", sector_sd * sector_raw, dims="sector")
        both_sd = pm.LogNormal("interaction_sd", *INTERACTION_SD_PRIOR)
        both_raw = pm.Normal("interaction_raw", 0.0, 1.0, dims=("tranche", "sector"))
        log_odds = tranche[:, None] + sector[None, :] + both_sd * both_raw
        pm.Deterministic("probability", pt.sigmoid(log_odds), dims=("tranche", "sector"))
        pm.Binomial(
            "stopped",
            n=np.asarray(counts["started"], dtype=int),
            logit_p=log_odds,
            observed=np.asarray(counts["stopped"], dtype=int),
            dims=("tranche", "sector"),
        )
    return model


def sector_program(counts: xr.Dataset) -> Program:
    """The density of :func:`sector_model` for the kernel, but for a constant.

    Parameters
    ----------
    counts
        From :func:`sector_counts`.
    """
    tape = Tape(SIZE)
    cells = _N_TRANCHES * _N_SECTORS
    one, none = tape.constant(np.ones(1)), tape.room(1)
    raw, sds, log_odds = tape.room(_N_SECTORS), tape.room(2), tape.room(cells)
    basis = zero_sum_basis(_N_SECTORS)
    tape.combine(raw, [(_RAW + k, basis[:, k]) for k in range(_N_SECTORS - 1)])
    tape.do(kernel.EXP, sds, _SD, 1)
    tape.do(kernel.EXP, sds + 1, _BOTH_SD, 1)
    tranches = tape.integers(np.repeat(np.arange(_N_TRANCHES), _N_SECTORS))
    tape.do(kernel.GATHER, log_odds, one, 0, tranches, cells)
    for tranche in range(_N_TRANCHES):
        tape.do(kernel.AXPY, log_odds + tranche * _N_SECTORS, sds, raw, _N_SECTORS)
    tape.do(kernel.AXPY, log_odds, sds + 1, _BOTH_RAW, cells)
    started = np.asarray(counts["started"], dtype=float).ravel()
    stopped = np.asarray(counts["stopped"], dtype=float).ravel()
    every = np.arange(cells)
    ints = tape.integers(every + 1, every, np.zeros(cells, dtype=np.int64))
    tape.do(kernel.BINOMIAL, ints, tape.reals(stopped, started), log_odds, none, cells, cells)
    tape.at_desk(kernel.DESK * cells)
    tape.do(kernel.PRIOR)
    mean, sd = _priors()
    norm = -np.log(sd) - 0.5 * np.log(2 * np.pi)
    return tape.program(np.concatenate([mean, sd**-2, norm]))


def sample_sectors(
    counts: xr.Dataset, *, seed: int, settings: SamplerSettings | None = None
) -> xr.DataTree:
    """Draw from the posterior of stopping; nothing is compiled.

    Parameters
    ----------
    counts
        From :func:`sector_counts`.
    seed
        The same seed gives the same draws.
    settings
        Draws, tuning steps and chains of the sampler.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, variables as the ``pm.Model`` names them, and ``sample_stats``.
    """
    density = Density(
        kernel.log_density_pointer,
        kernel.model_parameters_pointer,
        sector_program(counts).packed(),
        SIZE,
        _starts(),
    )
    return sample_density(density, named_sectors, seed=seed, settings=settings)


def named_sectors(draws: Floats) -> xr.Dataset:
    """Draws of the program's parameters by their names in the ``pm.Model``.

    Parameters
    ----------
    draws
        Shape (chain, draw, :data:`SIZE`).
    """
    before = draws.shape[:-1]
    sector_sd, both_sd = np.exp(draws[..., _SD]), np.exp(draws[..., _BOTH_SD])
    raw = draws[..., _RAW:_BOTH_SD] @ zero_sum_basis(_N_SECTORS).T
    sector = sector_sd[..., np.newaxis] * raw
    both_raw = draws[..., _BOTH_RAW:].reshape(*before, _N_TRANCHES, _N_SECTORS)
    tranche = draws[..., :_N_TRANCHES]
    log_odds = tranche[..., np.newaxis] + sector[..., np.newaxis, :]
    log_odds = log_odds + both_sd[..., np.newaxis, np.newaxis] * both_raw
    dims = ("chain", "draw")
    return xr.Dataset(
        {
            "tranche_log_odds": ((*dims, "tranche"), tranche),
            "sector_sd": (dims, sector_sd),
            "sector_raw": ((*dims, "sector"), raw),
            "sector_log_odds": ((*dims, "sector"), sector),
            "interaction_sd": (dims, both_sd),
            "interaction_raw": ((*dims, "tranche", "sector"), both_raw),
            "probability": ((*dims, "tranche", "sector"), expit(log_odds)),
        },
        {
            "tranche": list(SECTOR_TRANCHES),
            "sector": list(SECTORS),
            "chain": np.arange(before[0]),
            "draw": np.arange(before[1]),
        },
    )


def _priors() -> tuple[Floats, Floats]:
    """Means and standard deviations of the program's parameters."""
    mean, sd = np.zeros(SIZE), np.ones(SIZE)
    mean[:_N_TRANCHES], sd[:_N_TRANCHES] = TRANCHE_PRIOR
    mean[_SD], sd[_SD] = SECTOR_SD_PRIOR
    mean[_BOTH_SD], sd[_BOTH_SD] = INTERACTION_SD_PRIOR
    return mean, sd


def _starts() -> Callable[[Any], Floats]:
    mean, _ = _priors()

    def start(seed: Any = None) -> Floats:
        return mean + np.random.default_rng(seed).uniform(-_JITTER, _JITTER, SIZE)

    return start
