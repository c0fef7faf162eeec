"""vm2causal: causal effects with honest uncertainty for education research.

The names below load the package behind them when they are first used; importing vm2causal itself
loads neither PyMC nor DoWhy.

Examples
--------
>>> import vm2causal as vm
>>> model = vm.read_model("onderzoeksmodel-2012")
>>> vm.identify_effect(model.graph, "samenwerking", "vsv").strategy.value
'frontdoor'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vm2causal.effects.replication import replicate_tests
    from vm2causal.errors import InputError, Vm2CausalError
    from vm2causal.identify import identify_effect, implied_independences
    from vm2causal.inputs.published import read_published
    from vm2causal.report.graph_picture import draw_model
    from vm2causal.spec import CausalGraph, CausalSpec, diff_models, list_models, read_model
    from vm2causal.texts import Language
    from vm2causal.workflow import fit_monitor, fit_sectors

__all__ = [
    "CausalGraph",
    "CausalSpec",
    "InputError",
    "Language",
    "Vm2CausalError",
    "diff_models",
    "draw_model",
    "fit_monitor",
    "fit_sectors",
    "identify_effect",
    "implied_independences",
    "list_models",
    "read_model",
    "read_published",
    "replicate_tests",
]

_HOME: Final = {
    "CausalGraph": "spec",
    "CausalSpec": "spec",
    "InputError": "errors",
    "Language": "texts",
    "Vm2CausalError": "errors",
    "diff_models": "spec",
    "draw_model": "report.graph_picture",
    "fit_monitor": "workflow",
    "fit_sectors": "workflow",
    "identify_effect": "identify",
    "implied_independences": "identify",
    "list_models": "spec",
    "read_model": "spec",
    "read_published": "inputs.published",
    "replicate_tests": "effects.replication",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'vm2causal' has no attribute {name!r}")
    return getattr(import_module(f"vm2causal.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
