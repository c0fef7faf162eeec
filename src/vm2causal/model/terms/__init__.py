"""Contributions to a linear predictor: one module for each kind of term."""

from vm2causal.model.terms.coefficients import Coefficient as Coefficient
from vm2causal.model.terms.context import GroupMean as GroupMean
from vm2causal.model.terms.curve import CurveDeviation as CurveDeviation
from vm2causal.model.terms.groups import GroupEffect as GroupEffect
from vm2causal.model.terms.intercepts import Intercept as Intercept
from vm2causal.model.terms.intercepts import YearIntercepts as YearIntercepts
from vm2causal.model.terms.modifier import Modifier as Modifier
from vm2causal.model.terms.pooled import PooledLevels as PooledLevels
from vm2causal.model.terms.products import ProductCoefficient as ProductCoefficient
from vm2causal.model.terms.pupils import PupilCoefficient as PupilCoefficient
from vm2causal.model.terms.term import Scattered as Scattered
from vm2causal.model.terms.term import Term as Term
from vm2causal.model.terms.units import UnitEffect as UnitEffect
from vm2causal.model.terms.unobserved import UnobservedCause as UnobservedCause
from vm2causal.model.terms.varying import VaryingCoefficient as VaryingCoefficient
