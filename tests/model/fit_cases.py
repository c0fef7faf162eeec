"""Fits that were not sampled: draws from the prior stand in for a posterior."""

from __future__ import annotations

import numpy as np
import xarray as xr

from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.structural_fit import Backend, StructuralFit
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import Priors

TIMINGS = {"import_s": 0.1, "build_s": 0.2, "compile_s": 0.0, "sample_s": 0.3}


def stand_in_fit(
    data: StructuralData, *, priors: Priors = Priors.NEUTRAL, draws: int = 7
) -> StructuralFit:
    layout = structural_layout(data, priors=priors)
    messages = np.full((1, draws), np.nan, dtype=object)
    stats = xr.Dataset(
        {
            "diverging": (("chain", "draw"), np.zeros((1, draws), dtype=bool)),
            "energy": (("chain", "draw"), np.random.default_rng(1).normal(size=(1, draws))),
            "divergence_message": (("chain", "draw"), messages),
        }
    )
    tree = xr.DataTree.from_dict(
        {"posterior": prior_draws(layout, draws=draws, seed=5), "sample_stats": stats}
    )
    tree.attrs["sampling_seconds"] = TIMINGS["sample_s"]
    return StructuralFit(layout, tree, priors, Backend.KERNEL, 11, TIMINGS)
