"""The gate: whether a fit may be reported at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.checks.gate.convergence import convergence, stacked
from vm2causal.model.data.columns import Floats

RHAT_LIMIT: Final = 1.01
"""Vehtari et al. 2021, Bayesian Analysis 16, section 4."""
ESS_LIMIT: Final = 400
"""Bulk and tail, four chains; the same."""
EBFMI_LIMIT: Final = 0.3
"""Betancourt 2016, arXiv:1604.00695."""


@dataclass(frozen=True)
class Diagnostics:
    """Convergence of one fit; ``failures`` names every limit that was crossed.

    Parameters
    ----------
    rhat_max
        Largest R-hat over all parameters; NaN with one chain.
    ess_bulk_min, ess_tail_min
        Smallest effective sample sizes, in draws.
    divergences
        Transitions that diverged after tuning.
    ebfmi_min
        Smallest energy Bayesian fraction of missing information over chains.
    failures
        Names of the limits that were crossed.
    """

    rhat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    ebfmi_min: float
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no limit was crossed."""
        return not self.failures

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, with ``passed``."""
        return asdict(self) | {"failures": list(self.failures), "passed": self.passed}


def diagnose(tree: xr.DataTree) -> Diagnostics:
    """Check a posterior against the limits of the gate.

    Parameters
    ----------
    tree
        Groups ``posterior`` and ``sample_stats``.
    """
    found = convergence(_varying(stacked(tree["posterior"].to_dataset())))
    stats = tree["sample_stats"].to_dataset()
    rhat = float(found.rhat.max())
    bulk, tail = float(found.ess_bulk.min()), float(found.ess_tail.min())
    divergences = int(stats["diverging"].sum())
    ebfmi = float(np.min(_ebfmi(stats["energy"])))
    checks = {
        "rhat_max": rhat <= RHAT_LIMIT,
        "ess_bulk_min": bulk >= ESS_LIMIT,
        "ess_tail_min": tail >= ESS_LIMIT,
        "divergences": divergences == 0,
        "ebfmi_min": ebfmi >= EBFMI_LIMIT,
    }
    failures = tuple(name for name, passed in checks.items() if not passed)
    return Diagnostics(rhat, bulk, tail, divergences, ebfmi, failures)


def worst(diagnostics: list[Diagnostics]) -> Diagnostics:
    """The least favourable value of each check over several fits.

    Parameters
    ----------
    diagnostics
        Of several fits, at least one.
    """
    return Diagnostics(
        max(item.rhat_max for item in diagnostics),
        min(item.ess_bulk_min for item in diagnostics),
        min(item.ess_tail_min for item in diagnostics),
        sum(item.divergences for item in diagnostics),
        min(item.ebfmi_min for item in diagnostics),
        tuple(dict.fromkeys(name for item in diagnostics for name in item.failures)),
    )


def _varying(draws: Floats) -> Floats:
    """Leave out what is constant, such as a start population that is known."""
    # known quantities differ between draws by rounding only
    varies = draws.std(axis=(0, 1)) > 1e-9 * (1 + np.abs(draws.mean(axis=(0, 1))))
    return draws[:, :, varies]


def _ebfmi(energy: xr.DataArray) -> Floats:
    values = energy.transpose("chain", "draw").to_numpy()
    steps: Floats = np.square(np.diff(values, axis=1)).mean(axis=1)
    return steps / values.var(axis=1)
