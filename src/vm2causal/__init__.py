"""vm2causal: causal effects with honest uncertainty for education research.

The names below load the package behind them when they are first used; importing vm2causal itself
loads neither PyMC nor DoWhy.

Examples
--------
>>> import vm2causal as vm
>>> model = vm.Model("entry -> tutoring -> passed; entry -> passed", binary=["passed"])
>>> model.identify("tutoring", "passed").adjustment_sets
(('entry',),)
>>> vm.Model.read("onderzoeksmodel-2012").identify("samenwerking", "vsv").identifiable
True
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vm2causal.api.answers import Answer, Picture
    from vm2causal.api.batches import calibrate, design, simulate
    from vm2causal.api.fit import Fit
    from vm2causal.api.model import Identified, Model
    from vm2causal.api.monitor import Did, Monitor, did, monitor
    from vm2causal.errors import InputError, Vm2CausalError
    from vm2causal.inputs.study.checks import check_study
    from vm2causal.inputs.study.files import read_study
    from vm2causal.inputs.study.template import write_template
    from vm2causal.inputs.tables.choices import Choices
    from vm2causal.simulate import (
        default_truth,
        simulate_study,
        with_missing_share,
        write_simulated,
    )
    from vm2causal.spec import CausalGraph, CausalSpec, diff_models, list_models
    from vm2causal.texts import Language

__all__ = [
    "Answer",
    "CausalGraph",
    "CausalSpec",
    "Choices",
    "Did",
    "Fit",
    "Identified",
    "InputError",
    "Language",
    "Model",
    "Monitor",
    "Picture",
    "Vm2CausalError",
    "calibrate",
    "check_study",
    "default_truth",
    "design",
    "did",
    "diff_models",
    "list_models",
    "monitor",
    "read_study",
    "simulate",
    "simulate_study",
    "with_missing_share",
    "write_simulated",
    "write_template",
]

_HOME: Final = {
    "Answer": "api.answers",
    "CausalGraph": "spec",
    "CausalSpec": "spec",
    "Choices": "inputs.tables.choices",
    "Did": "api.monitor",
    "Fit": "api.fit",
    "Identified": "api.model",
    "InputError": "errors",
    "Language": "texts",
    "Model": "api.model",
    "Monitor": "api.monitor",
    "Picture": "api.answers",
    "Vm2CausalError": "errors",
    "calibrate": "api.batches",
    "check_study": "inputs.study.checks",
    "default_truth": "simulate",
    "design": "api.batches",
    "did": "api.monitor",
    "diff_models": "spec",
    "list_models": "spec",
    "monitor": "api.monitor",
    "read_study": "inputs.study.files",
    "simulate": "api.batches",
    "simulate_study": "simulate",
    "with_missing_share": "simulate",
    "write_simulated": "simulate",
    "write_template": "inputs.study.template",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    if name == "__version__":
        from importlib.metadata import version

        return version("vm2causal")
    if name not in _HOME:
        raise AttributeError(f"module 'vm2causal' has no attribute {name!r}")
    return getattr(import_module(f"vm2causal.{_HOME[name]}"), name)


class _Package(ModuleType):
    """Keeps ``simulate`` and ``monitor`` functions when the packages of these names are loaded."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in _HOME):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
