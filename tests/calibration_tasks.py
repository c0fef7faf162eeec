"""Calibrations with a fault in them, as tasks that workers can import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vm2causal.checks.calibrate.calibration_run import simulation
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors


def calibrate_too_narrow(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """A calibration whose fits halve every prior standard deviation."""
    layout = structural_layout(arguments["data"], priors=Priors(arguments["priors"]))
    return simulation(
        layout, seed, settings=SamplerSettings(**arguments["settings"]), fitted=_halved
    )


def _halved(layout: Layout) -> Layout:
    return replace(layout, blocks=tuple(replace(item, sd=item.sd / 2) for item in layout.blocks))
