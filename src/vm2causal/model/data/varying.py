"""Let the arrows of a model vary by a group, wherever data can tell.

A model file says it arrow by arrow (``varies``); this says it of all arrows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vm2causal.errors import OptionError
from vm2causal.model.data.idle import why_idle
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec import Arrow, CausalSpec
from vm2causal.spec.refusing import suggestion


@dataclass(frozen=True)
class Varied:
    """Arrows that were let vary.

    Parameters
    ----------
    by
        The group, or the variable with levels.
    arrows
        Pairs (cause, effect), in the order of the model.
    """

    by: str
    arrows: tuple[tuple[str, str], ...]


def let_vary(data: StructuralData, groups: Sequence[str]) -> tuple[CausalSpec, tuple[Varied, ...]]:
    """The model of data in which arrows vary by groups.

    Parameters
    ----------
    data
        Of the fit.
    groups
        Groups of the model, or variables with levels; ``sector: vsv, sk`` for arrows into these
        effects only.

    Returns
    -------
    spec : CausalSpec
        With ``varies`` at every arrow that can, beside what arrows say already.
    varied : tuple of Varied
        What was added. An arrow can vary by a group where data have both ends, the cause describes
        units rather than pupils within them, differs within a level, and is no group itself; by a
        variable where that is a cause of the effect too.

    Raises
    ------
    OptionError
        When the model has no such group or effect, or no arrow can vary by it.
    """
    found = list[Varied]()
    for asked in dict.fromkeys(groups):
        by, effects = _read(asked)
        _require_levels(data, by)
        _require_effects(data.spec, effects)
        able = tuple(arrow.key for arrow in _able(data, by, effects))
        if not able:
            raise OptionError(
                "No arrow of this model can vary by this in these data.",
                value=asked,
                fix=f"What '{by}' changes is what another cause does to an effect of '{by}': draw "
                f"the arrow from '{by}' too."
                if by in data.spec.variables
                else "Name another group.",
            )
        found.append(Varied(by, able))
        arrows = [
            arrow.model_copy(update={"varies": (*arrow.varies, by)}) if arrow.key in able else arrow
            for arrow in data.spec.arrows
        ]
        data = replace(data, spec=data.spec.changed(arrows=arrows))
    return data.spec, tuple(found)


def _read(asked: str) -> tuple[str, tuple[str, ...]]:
    by, _, effects = asked.partition(":")
    return by.strip(), tuple(name.strip() for name in effects.split(",") if name.strip())


def _require_effects(spec: CausalSpec, effects: Sequence[str]) -> None:
    into = dict.fromkeys(arrow.effect for arrow in spec.arrows)
    for name in effects:
        if name not in into:
            raise OptionError(
                "No arrow of the fitted model leads to this.",
                value=name,
                fix=suggestion(name, into, otherwise=f"One of: {', '.join(into)}."),
            )


def _require_levels(data: StructuralData, by: str) -> None:
    if by in data.groups:
        return
    levelled = {name: column for name, column in data.columns.items() if not column.numeric}
    if by not in levelled:
        known = dict.fromkeys([*data.groups, *levelled])
        raise OptionError(
            "Arrows vary by a group of the model or by a variable with levels.",
            value=by,
            fix=f"One of: {', '.join(known) or 'none'}.",
        )
    if levelled[by].missing.any():
        raise OptionError(
            "Arrows vary by what every unit has a level of, and here some are missing.",
            value=by,
            fix="Fill them in, or leave those rows out.",
        )


def _able(data: StructuralData, by: str, effects: Sequence[str]) -> Iterator[Arrow]:
    spec = data.spec
    for arrow in spec.arrows:
        wanted = (not effects or arrow.effect in effects) and by not in {*arrow.key, *arrow.varies}
        ends = all(spec.variables[name].observed for name in arrow.key)
        one_coefficient = arrow.cause not in data.covariates and arrow.cause not in spec.groups
        acts = by not in spec.variables or spec.arrow(by, arrow.effect) is not None
        able = wanted and ends and one_coefficient and acts
        if able and why_idle(data, arrow.cause, by) is None:
            yield arrow
