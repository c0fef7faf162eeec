"""Functions that tests of the refits engine run as tasks; they must be importable by workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def draw(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """A number that depends on nothing but arguments and seed; may take its time."""
    time.sleep(arguments.get("seconds", 0.0))
    rng = np.random.default_rng(list(seed))
    return {"x": rng.standard_normal(3) * arguments["scale"], "pi": np.float64(np.pi)}


def fail(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    raise ValueError(f"no root at {arguments['scale']}")


def die(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Kill the worker, as often as the file says."""
    mark = Path(arguments["mark"])
    deaths = int(mark.read_text()) if mark.exists() else 0
    if deaths < arguments["times"]:
        mark.write_text(str(deaths + 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return {"deaths": deaths}


def describe(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """What arrived in place of a reference."""
    data = arguments["data"]
    return {"units": len(data.units), "name": data.spec.name, "weights": data.weights}


def cores(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """How many cores the task may use."""
    from vm2causal.cores import usable_cores

    return {"cores": usable_cores()}
