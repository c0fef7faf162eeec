"""What must hold of arrows that vary, depend on other causes, bend, or hold within groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vm2causal.spec.objects import MODIFYING
from vm2causal.spec.places import Places
from vm2causal.spec.refusing import refuse, suggestion
from vm2causal.spec.words import ArrowShape, Kind

if TYPE_CHECKING:
    from vm2causal.spec.causal_spec import CausalSpec
    from vm2causal.spec.objects import Arrow, Variable


def hold_modifiers(spec: CausalSpec, places: Places) -> None:
    """Check what arrows say beside one coefficient: varies, depends_on, shape and split.

    Raises
    ------
    ModelFileError
        With the first rule that is broken, the place, the value and the mend.
    """
    products: set[frozenset[str]] = set()
    for position, arrow in enumerate(spec.arrows):
        path = ("arrows", position)
        _hold_observed(spec, places, path, arrow)
        _hold_shape(spec, places, path, arrow)
        _hold_split(spec, places, path, arrow)
        for place, name in enumerate(arrow.varies):
            own = (*path, "varies", place)
            _hold_apart(places, own, arrow, arrow.varies[:place], name)
            _hold_levels(spec, places, own, arrow, name)
        for place, name in enumerate(arrow.depends_on):
            own = (*path, "depends_on", place)
            _hold_apart(places, own, arrow, arrow.depends_on[:place], name)
            _hold_cause(spec, places, own, arrow, name)
            product = frozenset({arrow.cause, name, f"-> {arrow.effect}"})
            if product in products:
                refuse(
                    f"That '{arrow.cause}' and '{name}' depend on each other in what they do to "
                    f"'{arrow.effect}' stands twice.",
                    places,
                    own,
                    name,
                    "Say it at one of the two arrows.",
                )
            products.add(product)


def _hold_observed(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow
) -> None:
    for key in MODIFYING:
        unseen = [end for end in arrow.key if not spec.variables[end].observed]
        if getattr(arrow, key) and unseen:
            refuse(
                f"An arrow with '{key}' needs data on both ends, and '{unseen[0]}' has none.",
                places,
                (*path, key),
                f"{arrow.cause} -> {arrow.effect}",
                f"Remove '{key}'.",
            )


def _hold_shape(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow
) -> None:
    cause = spec.variables[arrow.cause]
    own = (*path, "shape")
    if arrow.shape is ArrowShape.MONOTONE and not (
        cause.kind is Kind.ORDINAL and len(cause.levels) != 2
    ):
        refuse(
            "A monotone arrow steps from level to level, so its cause is ordinal and has three "
            f"levels or more; '{arrow.cause}' is {_said(cause)}.",
            places,
            own,
            arrow.shape.value,
            "Declare it ordinal, with its levels, or say 'shape: smooth'."
            if cause.kind.numeric
            else f"Declare '{arrow.cause}' ordinal, or remove it.",
        )
    if arrow.shape is ArrowShape.SMOOTH and not cause.kind.numeric:
        refuse(
            f"A smooth arrow has a number as its cause; '{arrow.cause}' is {_said(cause)}.",
            places,
            own,
            arrow.shape.value,
            "Say 'shape: monotone', or remove it." if cause.kind is Kind.ORDINAL else "Remove it.",
        )


def _said(variable: Variable) -> str:
    few = variable.kind is Kind.ORDINAL and len(variable.levels) == 2
    return f"{variable.kind.value} with two levels" if few else variable.kind.value


def _hold_split(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow
) -> None:
    if arrow.split is None:
        return
    own = (*path, "split")
    if arrow.split not in spec.groups or arrow.split in spec.variables:
        refuse(
            "An arrow is split by a group that is no variable of the model: it holds within one.",
            places,
            own,
            arrow.split,
            suggestion(arrow.split, spec.groups, otherwise="Declare it under 'groups'."),
        )
    cause = spec.variables[arrow.cause]
    if not cause.kind.takes("column") or cause.kind.unordered or cause.kind.counted:
        refuse(
            f"An arrow is split by the mean of its cause in each group; '{arrow.cause}' is "
            f"{cause.kind.value} and has none.",
            places,
            own,
            arrow.split,
            "Remove it.",
        )
    if arrow.shape is not None:
        refuse(
            "An arrow that is split is straight: the mean of a group goes along with a number, not "
            "with a curve.",
            places,
            own,
            arrow.split,
            "Remove 'split' or 'shape'.",
        )


def _hold_apart(
    places: Places, path: tuple[str | int, ...], arrow: Arrow, before: Sequence[str], name: str
) -> None:
    if name in arrow.key:
        refuse(
            "What an arrow varies by or depends on is another variable than its two ends.",
            places,
            path,
            name,
            "Name another one, or remove it.",
        )
    if name in before:
        refuse("This stands twice.", places, path, name, "Keep one of them.")


def _hold_levels(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow, name: str
) -> None:
    levelled = [one for one, item in spec.variables.items() if item.kind.levelled]
    if name not in spec.groups and name not in levelled:
        known = [*spec.groups, *levelled]
        numeric = name in spec.variables
        refuse(
            "An arrow varies by a group or by a variable with levels.",
            places,
            path,
            name,
            f"Say 'depends_on: {name}' instead."
            if numeric
            else suggestion(name, known, otherwise="Declare it under 'groups'."),
        )
    if name in spec.variables:
        _hold_cause(spec, places, path, arrow, name)


def _hold_cause(
    spec: CausalSpec, places: Places, path: tuple[str | int, ...], arrow: Arrow, name: str
) -> None:
    """What changes what a cause does to an effect is itself a cause of that effect."""
    if name not in spec.variables:
        refuse(
            "This arrow depends on a variable that is not declared.",
            places,
            path,
            name,
            suggestion(name, spec.variables, otherwise="Declare it under 'variables'."),
        )
    if not spec.variables[name].observed:
        refuse(
            f"What an arrow varies by or depends on needs data, and '{name}' has none.",
            places,
            path,
            name,
            "Remove it.",
        )
    if spec.arrow(name, arrow.effect) is None:
        refuse(
            f"'{name}' changes what '{arrow.cause}' does to '{arrow.effect}', so it is a cause of "
            f"'{arrow.effect}' too.",
            places,
            path,
            name,
            f"Add the arrow {name} -> {arrow.effect}.",
        )
