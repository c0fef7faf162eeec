"""What an effect through the front door becomes where the front door is not shut.

The front door needs two absences: no arrow from cause to effect past the mediators, and no arrow
from what is unobserved to a mediator. Each is put into a model of cause, mediators and effect with
a fixed size, and the model is fitted again; the total effect then includes the new arrow.

Source: Pearl 2009, Causality, section 3.3.2; Bellemare, Bloem, Wexler 2024, The paper of how,
Oxford Bulletin of Economics and Statistics 86, 951 (violations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import atanh
from typing import Any, Final

from vm2causal.checks.refute.refitted_effect import AttackedQuery, effect_draws, estimate_of
from vm2causal.checks.sensitivity.fixed_arrows import with_fixed
from vm2causal.effects.adjustment_choice import usable_graph
from vm2causal.effects.forward import Forward
from vm2causal.effects.outcome_regression import arrangeable
from vm2causal.identify import identify_effect
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.coordinates import sampler_program
from vm2causal.model.sampler.sampling import SamplerSettings, sample_structural
from vm2causal.model.structural_fit import Backend, StructuralFit
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits import sampler_seed
from vm2causal.spec import Arrow, CausalSpec

VIOLATION: Final = "vm2causal.checks.sensitivity.front_door_violations:violated"
DIRECT: Final = (-0.4, -0.2, 0.2, 0.4)
"""Sizes of an arrow past the mediators, link scale per standard deviation of the cause."""
BACK: Final = (-0.5, 0.5)
"""Share of the unexplained differences in a mediator that is the unobserved cause's."""


@dataclass(frozen=True)
class FrontDoor:
    """A question answered through its mediators.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    mediators
        All that the effect is assumed to run through.
    given
        What is adjusted for.
    hidden
        Unobserved common causes that the front door is for.
    """

    query: AttackedQuery
    mediators: tuple[str, ...]
    given: tuple[str, ...]
    hidden: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a task takes them."""
        return {
            "query": self.query.to_dict(),
            "mediators": list(self.mediators),
            "given": list(self.given),
            "hidden": list(self.hidden),
        }


def front_door_of(forward: Forward, query: AttackedQuery) -> FrontDoor | None:
    """The smallest front door of a question that adjustment does not answer; None without one.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    if not query.assumed:
        return None
    data = forward.data
    found = identify_effect(usable_graph(forward), query.cause, query.effect)
    doors: list[tuple[tuple[str, ...], tuple[str, ...]]]
    doors = [(names, ()) for names in found.frontdoor_sets]
    doors += [(item.mediators, item.given) for item in found.conditional_frontdoor_sets]
    hidden = tuple(
        name
        for name in query.assumed
        if data.spec.arrow(name, query.cause) and data.spec.arrow(name, query.effect)
    )
    usable = [door for door in doors if all(name not in data.covariates for name in door[0])]
    if not usable or not hidden:
        return None
    mediators, given = min(usable, key=lambda door: (len(door[0]), len(door[1]), door))
    # the whole of this model responds to the cause, so that the total includes every arrow
    return FrontDoor(replace(query, given=(), assumed=(), full=True), mediators, given, hidden)


def front_door_spec(data: StructuralData, door: FrontDoor, *, direct: bool) -> CausalSpec:
    """The model of cause, mediators and effect, with everything that is given acting on each.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    door
        The question, its mediators and what is given.
    direct
        Whether an arrow past the mediators is in the model.
    """
    cause, effect = door.query.cause, door.query.effect
    keys = [
        (name, target)
        for target in (cause, *door.mediators, effect)
        for name in arrangeable(data, door.given, target)
    ]
    keys += [(cause, name) for name in door.mediators]
    keys += [(name, effect) for name in door.mediators]
    keys += [
        (one, other)
        for one in door.mediators
        for other in door.mediators
        if data.spec.arrow(one, other) is not None
    ]
    keys += [(name, end) for name in door.hidden for end in (cause, *door.mediators, effect)]
    keys += [(cause, effect)] if direct else []
    names = (*door.given, *door.hidden, cause, *door.mediators, effect)
    return CausalSpec(
        name="front-door",
        variables={name: data.spec.variables[name] for name in names},
        arrows=tuple(Arrow.model_validate({"from": one, "to": other}) for one, other in keys),
        groups=tuple(
            name for name in data.groups if name in names or name not in data.spec.variables
        ),
        steps=data.spec.steps,
    )


def violated(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Fit the front door with arrows of given sizes in it: a task of the engine.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    data: StructuralData = arguments["data"]
    plain = arguments["door"]
    door = FrontDoor(
        AttackedQuery.of(plain["query"]),
        tuple(plain["mediators"]),
        tuple(plain["given"]),
        tuple(plain["hidden"]),
    )
    layout = violated_layout(data, door, direct=arguments["direct"], back=arguments["back"])
    number = sampler_seed(seed)
    settings = SamplerSettings(**arguments["settings"])
    tree = sample_structural(layout, sampler_program(layout), seed=number, settings=settings)
    fit = StructuralFit(layout, tree, Priors.NEUTRAL, Backend.KERNEL, number, {})
    return estimate_of(effect_draws(Forward(layout, fit.posterior, seed=number), door.query), fit)


def violated_layout(data: StructuralData, door: FrontDoor, *, direct: float, back: float) -> Layout:
    """The front-door model with both violations held at given sizes; 0 is the front door itself.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    door
        The question, its mediators and what is given.
    direct
        Standardised coefficient of the arrow from cause to effect past the mediators.
    back
        Standardised coefficient of the hidden cause on the mediators.
    """
    spec = front_door_spec(data, door, direct=direct != 0)
    layout = structural_layout(restricted(data, spec))
    for index, weight in enumerate(layout.weights):
        if direct != 0 and (weight.cause, weight.effect) == (door.query.cause, door.query.effect):
            layout = with_fixed(layout, "weight", index, direct)
    for name in door.mediators:
        for item in layout.predictors_of[name]:
            shared = layout.shared_group(item)
            for _, index in item.hidden:
                place, row = layout.hidden_place(index)
                whole = shared is not None and shared[1] == index
                layout = with_fixed(layout, place, row, atanh(back) if whole else back)
    return layout
