"""Likelihoods: one module for each kind of variable, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vm2causal.model.families.bernoulli import Bernoulli
from vm2causal.model.families.construct import Construct
from vm2causal.model.families.counts import Counts
from vm2causal.model.families.family import Family as Family
from vm2causal.model.families.family import Link as Link
from vm2causal.model.families.family import Observed as Observed
from vm2causal.model.families.family import Shape as Shape
from vm2causal.model.families.negative_binomial import NegativeBinomial
from vm2causal.model.families.nominal import Nominal
from vm2causal.model.families.normal import Normal
from vm2causal.model.families.ordinal import Ordinal
from vm2causal.model.families.student_t import StudentT
from vm2causal.spec.words import Kind

FAMILIES: Final[Mapping[Kind, Family]] = {
    family.kind: family
    for family in (
        Normal(),
        StudentT(),
        Bernoulli(),
        Ordinal(),
        Nominal(),
        Counts(),
        NegativeBinomial(),
        Construct(),
    )
}
"""The family of every kind of variable."""


def every_shape() -> tuple[Shape, ...]:
    """Parameters of likelihoods beside their linear predictors, each once."""
    return tuple(dict.fromkeys(shape for family in FAMILIES.values() for shape in family.shapes))


def family_of(kind: Kind) -> Family:
    """Everything that the package knows of a kind of variable.

    Examples
    --------
    >>> family_of(Kind.BINARY).link
    <Link.LOGIT: 'logit'>
    """
    return FAMILIES[kind]
