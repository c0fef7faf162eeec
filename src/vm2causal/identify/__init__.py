"""Which effects a causal graph lets one estimate, from which variables, on which assumptions."""

from vm2causal.identify.documents import identification_document
from vm2causal.identify.independences import (
    ImpliedIndependences,
    Independence,
    IndependenceBasis,
    implied_independences,
)
from vm2causal.identify.limits import Clock, Limits
from vm2causal.identify.query import (
    CausalQuestion,
    arrow_questions,
    identify_effect,
    identify_effects,
)
from vm2causal.identify.result import (
    AdjustmentPair,
    ConditionalFrontdoor,
    Hedge,
    Identification,
    Instrument,
    IntermediateConfounding,
    Population,
    Selection,
    Strategy,
)
from vm2causal.identify.separation import is_separated

__all__ = [
    "AdjustmentPair",
    "CausalQuestion",
    "Clock",
    "ConditionalFrontdoor",
    "Hedge",
    "Identification",
    "ImpliedIndependences",
    "Independence",
    "IndependenceBasis",
    "Instrument",
    "IntermediateConfounding",
    "Limits",
    "Population",
    "Selection",
    "Strategy",
    "arrow_questions",
    "identification_document",
    "identify_effect",
    "identify_effects",
    "implied_independences",
    "is_separated",
]
