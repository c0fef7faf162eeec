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

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vm2causal.api.answers import Answer, Picture
    from vm2causal.api.batches import calibrate, design, simulate
    from vm2causal.api.fit import Fit
    from vm2causal.api.model import Identified, Model
    from vm2causal.api.monitor import Monitor, monitor
    from vm2causal.errors import InputError, Vm2CausalError
    from vm2causal.identify import identify_effect, implied_independences
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.inputs.study.checks import check_study
    from vm2causal.inputs.study.files import read_study
    from vm2causal.inputs.study.template import write_template
    from vm2causal.inputs.tables.choices import Choices
    from vm2causal.model.sampler.sampling import SamplerSettings
    from vm2causal.monitor.replication import replicate_tests
    from vm2causal.report.graph.picture import draw_model
    from vm2causal.simulate import default_truth, simulate_study, write_simulated
    from vm2causal.spec import CausalGraph, CausalSpec, diff_models, list_models, read_model
    from vm2causal.texts import Language
    from vm2causal.workflow import fit_monitor, fit_sectors
    from vm2causal.workflow.effects import all_effects, answer_what_if, effects_of, open_fit
    from vm2causal.workflow.falsification import falsify_fit
    from vm2causal.workflow.structural import fit_study

__all__ = [
    "Answer",
    "CausalGraph",
    "CausalSpec",
    "Choices",
    "Fit",
    "Identified",
    "InputError",
    "Language",
    "Model",
    "Monitor",
    "Picture",
    "SamplerSettings",
    "Vm2CausalError",
    "all_effects",
    "answer_what_if",
    "calibrate",
    "check_study",
    "default_truth",
    "design",
    "diff_models",
    "draw_model",
    "effects_of",
    "falsify_fit",
    "fit_monitor",
    "fit_sectors",
    "fit_study",
    "identify_effect",
    "implied_independences",
    "list_models",
    "monitor",
    "open_fit",
    "read_model",
    "read_published",
    "read_study",
    "replicate_tests",
    "simulate",
    "simulate_study",
    "write_simulated",
    "write_template",
]

_HOME: Final = {
    "Answer": "api.answers",
    "CausalGraph": "spec",
    "CausalSpec": "spec",
    "Choices": "inputs.tables.choices",
    "Fit": "api.fit",
    "Identified": "api.model",
    "InputError": "errors",
    "Language": "texts",
    "Model": "api.model",
    "Monitor": "api.monitor",
    "Picture": "api.answers",
    "SamplerSettings": "model.sampler.sampling",
    "Vm2CausalError": "errors",
    "all_effects": "workflow.effects",
    "answer_what_if": "workflow.effects",
    "calibrate": "api.batches",
    "check_study": "inputs.study.checks",
    "default_truth": "simulate",
    "design": "api.batches",
    "diff_models": "spec",
    "draw_model": "report.graph.picture",
    "effects_of": "workflow.effects",
    "falsify_fit": "workflow.falsification",
    "fit_monitor": "workflow",
    "fit_sectors": "workflow",
    "fit_study": "workflow.structural",
    "identify_effect": "identify",
    "implied_independences": "identify",
    "list_models": "spec",
    "monitor": "api.monitor",
    "open_fit": "workflow.effects",
    "read_model": "spec",
    "read_published": "inputs.published.reading",
    "read_study": "inputs.study.files",
    "replicate_tests": "monitor.replication",
    "simulate": "api.batches",
    "simulate_study": "simulate",
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


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
