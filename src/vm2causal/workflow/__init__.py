"""The whole analysis, one short function per main job.

The names below load their module when they are first used: a command pays for its own job only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vm2causal.workflow.brief import brief_of_fit
    from vm2causal.workflow.main_job import RunOptions, run, run_steps
    from vm2causal.workflow.monitor import (
        DEFAULT_SEED,
        CohortFit,
        MonitorResult,
        SectorResult,
        fit_monitor,
        fit_sectors,
        monitor_document_of,
        monitor_steps,
        starters_of,
    )
    from vm2causal.workflow.reproduction import changed_versions, installed, provenance
    from vm2causal.workflow.structural import (
        FittedStudy,
        PreparedFit,
        fit_prepared,
        fit_study,
        prepare_fit,
    )

__all__ = [
    "DEFAULT_SEED",
    "CohortFit",
    "FittedStudy",
    "MonitorResult",
    "PreparedFit",
    "RunOptions",
    "SectorResult",
    "brief_of_fit",
    "changed_versions",
    "fit_monitor",
    "fit_prepared",
    "fit_sectors",
    "fit_study",
    "installed",
    "monitor_document_of",
    "monitor_steps",
    "prepare_fit",
    "provenance",
    "run",
    "run_steps",
    "starters_of",
]

_HOME: Final = {
    "brief": ("brief_of_fit",),
    "main_job": ("RunOptions", "run", "run_steps"),
    "monitor": (
        "DEFAULT_SEED",
        "CohortFit",
        "MonitorResult",
        "SectorResult",
        "fit_monitor",
        "fit_sectors",
        "monitor_document_of",
        "monitor_steps",
        "starters_of",
    ),
    "reproduction": ("changed_versions", "installed", "provenance"),
    "structural": ("FittedStudy", "PreparedFit", "fit_prepared", "fit_study", "prepare_fit"),
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"vm2causal.workflow.{module}"), name)
    raise AttributeError(f"module 'vm2causal.workflow' has no attribute {name!r}")
